"""Canaries in the records: de-identification fails at each of its steps, with a message that holds them, in silence."""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
from held_clinic import Run

from clinical_sdft.stages.deidentify import deidentify_trial
from clinical_sdft.workspace import Workspace

CANARIES = ("Quillaby", "Thornwick", "83917264", "555-0197", "zyxwort")
ROW = {
    "id": "C-1",
    "patient": {"id": "P-C", "name": "Quillaby Thornwick", "mrn": "83917264", "phone": "(312) 555-0197"},
    "narrative": "Quillaby Thornwick (MRN 83917264, ph 312-555-0197) ate zyxwort.",
    "diagnosis": "dengue",
}
STEPS = (
    "clinical_sdft.deid.records.is_fhir",
    "clinical_sdft.deid.deidentify.known_patient",
    "clinical_sdft.deid.engine.DetectionEngine.detect",
    "clinical_sdft.deid.engine.merge",
    "clinical_sdft.deid.deidentify.with_marks",
    "clinical_sdft.deid.surrogates.Surrogates.replace_all",
    "clinical_sdft.deid.residual.scan",
    "clinical_sdft.deid.deidentify.DeidentifiedRecord",
)


@pytest.mark.parametrize("step", STEPS)
def test_a_failing_step_says_nothing_of_the_record(
    step: str,
    held_workspace: Path,
    tmp_path: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError(" ".join(CANARIES))

    root = shutil.copytree(held_workspace, tmp_path / "hospital")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    source = tmp_path / "source.jsonl"
    source.write_text(json.dumps(ROW) + "\n")
    monkeypatch.setattr(step, fail)
    with caplog.at_level(logging.DEBUG):
        code, shown = run(root, "records", "import", str(source))
        result = deidentify_trial(Workspace(root), source)
    assert code == 4 and "1 in quarantine" in shown and result.released == ()
    said = shown + caplog.text + "".join(held.model_dump_json() for held in result.quarantined)
    assert not [canary for canary in CANARIES if canary in said]
    inbox = root / "inbox" / "records"
    files = [file for top in (root, temporary) for file in top.rglob("*") if file.is_file() and file.parent != inbox]
    assert files
    assert not [file for file in files if any(canary.encode() in file.read_bytes() for canary in CANARIES)]
