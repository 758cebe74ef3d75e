"""A worker that does many jobs, one after the other, under the limits that the sandbox gives to one.

Starting a process for each job takes most of a job's time. For thousands of jobs one process is confined once, as the
sandbox confines its own, with one gigabyte for all jobs together and the same time for each step. When a job ends it,
that is told as the sandbox tells it, and another one is started. A worker goes after `INPUTS` inputs: libraries keep
something of each job, and are made for a process that ends with it.
"""

import importlib.util
import json
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

MEMORY, INPUTS = 1 << 30, 250


class OneWorker:
    """Takes the place of `sandbox._answer`."""

    def __init__(self, page: Path, seconds: float) -> None:
        self.page = page
        self.seconds = seconds
        """Processor time of a step."""
        self.ended: list[str] = []
        """What was said of jobs that ended the worker."""
        self.longest = 0.0
        """Most processor time of a job that did not, seconds."""
        self.most = 0
        """Most memory that a worker held after a job, KiB."""
        self._process: subprocess.Popen[bytes] | None = None
        self._inputs = 0

    def ready(self) -> None:
        """See that there is a worker before a process is forked that will need one, and that it is not worn."""
        from clinical_sdft.ingest.rules import sandbox

        self._inputs += 1
        if self._inputs % INPUTS == 0:
            self.close()
        if self._process is None:
            line = [sys.executable, "-I", __file__, sandbox.worker.__file__, str(self.page), str(self.seconds)]
            self._process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}, cwd="/")

    def answer(self, job: dict[str, Any], page: Path, limits: Any) -> dict[str, Any]:
        from clinical_sdft.ingest.rules import sandbox

        if self._process is None:
            self.ready()
        process = self._process
        assert process and process.stdin and process.stdout
        process.stdin.write(json.dumps(job).encode() + b"\n")
        process.stdin.flush()
        said = process.stdout.readline()
        if said:
            answer, took, held = json.loads(said)
            self.longest, self.most = max(self.longest, took), max(self.most, held)
            return dict(answer)
        self._process = None
        told = sandbox.after_its_end(process.wait(), self.page, limits)
        self.ended.append(told["error"]["message"])
        return told

    def close(self) -> None:
        if self._process and self._process.stdin:
            self._process.stdin.close()
            self._process.wait()
            self._process = None


def serve(worker_file: str, page: str, seconds: float) -> None:
    """Do jobs until there are no more; say of each its answer, its processor time and the memory that is held."""
    spec = importlib.util.spec_from_file_location("worker", worker_file)
    assert spec and spec.loader
    worker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(worker)
    for language in worker.LANGUAGES.values():
        language({})
    at = worker.confine(page, MEMORY, seconds)
    for line in sys.stdin.buffer:
        job, start = json.loads(line), time.process_time()
        answer = worker.work(job, at)
        signal.setitimer(signal.ITIMER_PROF, 0)
        told = [answer, time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], float(sys.argv[3]))
