"""Speed and memory beside stock presidio: two processes take turns on the same notes, one thread each."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from statistics import median
from typing import Any

from clinical_sdft.deid.errors import BenchError
from clinical_sdft.deid.quality.choices import Engine

CHARACTERS = 3300
WORK = {
    Engine.OWN: "found, replaced, and scanned a second time",
    Engine.STOCK_PRESIDIO: "found only",
}
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class _Runner:
    """A process that holds one engine and times it whenever it is asked."""

    def __init__(self, engine: Engine, notes: int) -> None:
        """Start the process; its standard error is dropped, since a library may quote the text there."""
        environment = os.environ | dict.fromkeys(_THREADS, "1")
        command = [sys.executable, "-m", "clinical_sdft.deid.quality.bench_worker", str(engine), str(notes)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        self.name = str(engine)

    def round(self) -> dict[str, Any]:
        """Run all notes once and return seconds by the clock, seconds of the processor, and peak bytes so far.

        Raises:
            BenchError: the process ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write("run\n")
            self._process.stdin.flush()
            return dict(json.loads(self._process.stdout.readline()))
        except (BrokenPipeError, ValueError):
            raise BenchError(f"the process of {self.name} ended before its time: is the model installed?") from None

    def close(self) -> None:
        """End the process."""
        with suppress(BrokenPipeError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._process.terminate()
        self._process.wait()


def bench(notes: int, rounds: int, heard: Callable[[int, int], None] = lambda done, total: None) -> dict[str, Any]:
    """Time both engines by turns.

    Args:
        notes: notes of `CHARACTERS` characters in a round.
        rounds: rounds of each engine; the median of them is reported. One more, first, warms up and is dropped.
        heard: called with how many rounds are done, of how many.

    Raises:
        BenchError: a process ended before its time.
    """
    engines = tuple(Engine)
    times: dict[Engine, list[dict[str, Any]]] = {engine: [] for engine in engines}
    with ExitStack() as stack:
        runners = {engine: _Runner(engine, notes) for engine in engines}
        for runner in runners.values():
            stack.callback(runner.close)
        for number in range(rounds + 1):
            for engine in engines:
                times[engine].append(runners[engine].round())
            heard(number + 1, rounds + 1)
    rows = {str(engine): _row(engine, notes, times[engine]) for engine in engines}
    own, stock = (rows[str(engine)]["notes_per_cpu_second"] for engine in (Engine.OWN, Engine.STOCK_PRESIDIO))
    return {
        "characters": CHARACTERS,
        "notes": notes,
        "rounds": rounds,
        "engines": rows,
        "own_to_stock": own / stock,
    }


def _row(engine: Engine, notes: int, measured: list[dict[str, Any]]) -> dict[str, Any]:
    timed = measured[1:]
    return {
        "work": WORK[engine],
        "notes_per_cpu_second": notes / median(one["cpu_seconds"] for one in timed),
        "notes_per_second": notes / median(one["seconds"] for one in timed),
        "cpu_seconds": [one["cpu_seconds"] for one in timed],
        "peak_megabytes": measured[-1]["peak_bytes"] / 1e6,
    }
