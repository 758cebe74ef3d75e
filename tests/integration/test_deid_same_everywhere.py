"""What is found depends on the text and the record alone, not on the order in which a process keeps its sets."""

import os
import subprocess
import sys

FIND = """
from clinical_sdft.deid import SAFE_HARBOR
from clinical_sdft.deid.known import known_patient
from clinical_sdft.deid.quality.choices import Split
from clinical_sdft.deid.quality.detectors import own_engine
from clinical_sdft.deid.quality.notes.compose import notes
detector = own_engine(SAFE_HARBOR).detector
for note in notes(Split.TUNING, 20):
    spans = detector.detect(note.text, known_patient(note.patient or {"id": note.id}))
    print(note.id, [(span.start, span.end, str(span.category)) for span in spans])
"""


def test_two_processes_find_the_same() -> None:
    found = [
        subprocess.run(
            [sys.executable, "-c", FIND],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert found[0] == found[1] != ""
