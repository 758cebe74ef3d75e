"""The process behind one engine of the benchmark: `python -m clinical_sdft.deid.quality.bench_worker ENGINE NOTES`.

It answers each line on standard input with one line of JSON.
"""

import json
import sys
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from clinical_sdft.deid import SAFE_HARBOR
from clinical_sdft.deid.quality.bench import CHARACTERS
from clinical_sdft.deid.quality.choices import Engine, Split
from clinical_sdft.deid.quality.notes.compose import notes
from data_contracts import GoldDocument, PatientRecord


def records(count: int) -> list[PatientRecord]:
    """Return notes of exactly `CHARACTERS` characters, joined from the tuning notes, with the first one's record."""
    written: list[PatientRecord] = []
    stream = chain.from_iterable(notes(Split.TUNING, 10_000, seed) for seed in range(1, 1000))
    with_record = (note for note in stream if note.patient is not None)
    for number in range(count):
        parts: list[GoldDocument] = [next(with_record)]
        while sum(len(part.text.lstrip()) for part in parts) < CHARACTERS:
            parts.append(next(with_record))
        text = "".join(part.text.lstrip() for part in parts)[: CHARACTERS - 1] + "."
        fields = {"id": f"bench-{number}", "patient": parts[0].patient, "narrative": text, "diagnosis": "none"}
        written.append(PatientRecord.model_validate(fields))
    return written


def work_of(engine: Engine) -> Callable[[PatientRecord], object]:
    """Return what is timed on each note."""
    if engine == Engine.STOCK_PRESIDIO:
        from clinical_sdft.deid.known import known_patient
        from clinical_sdft.deid.quality.detectors import StockPresidio

        stock, nobody = StockPresidio(), known_patient({"id": "none"})
        return lambda record: stock.detect(record.narrative, nobody)
    from clinical_sdft.deid.deidentify import Deidentifier
    from clinical_sdft.deid.ner import NotesNer

    return Deidentifier(NotesNer(), SAFE_HARBOR, b"a key for the benchmark, 32 bytes").deidentify


def peak_bytes() -> int:
    """Return the most memory this process has had resident; a parent's does not count."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Answer until standard input ends."""
    todo, work = records(int(sys.argv[2])), work_of(Engine(sys.argv[1]))
    for _ in sys.stdin:
        clock, processor = time.perf_counter(), time.process_time()
        for record in todo:
            work(record)
        seconds, cpu_seconds = time.perf_counter() - clock, time.process_time() - processor
        print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_bytes": peak_bytes()}), flush=True)


if __name__ == "__main__":
    main()
