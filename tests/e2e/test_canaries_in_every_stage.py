"""Canaries in the records, and every stage after de-identification fails in turn with a message that holds them.

One workspace serves all failures: each run takes up where the one before it fell.
"""

import json
import logging
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tiny_hospital
from pydantic import TypeAdapter
from reading_model import case

from clinical_sdft import cli
from governance.services import commands, queries

CANARIES = ("Quillaby", "Thornwick", "83917264", "555-0197", "zyxwort")
SENTENCE = "Quillaby Thornwick (MRN 83917264, ph 312-555-0197), friend of zyxwort"
IN_THE_RUN = (
    "clinical_sdft.stages.update._records_digest",
    "clinical_sdft.stages.deidentify.deidentify_all",
    "clinical_sdft.stages.deidentify.gold_check",
    "clinical_sdft.stages.draft.draft_demonstrations",
    "clinical_sdft.stages.draft.write_contracts",
    "clinical_sdft.stages.conflicts.find_conflicts",
    "clinical_sdft.stages.teacher.load",
    "clinical_sdft.stages.teacher.preflight",
    "clinical_sdft.sdft.arms.RoleModel",
    "clinical_sdft.sdft.trainer.save_checkpoint",
    "clinical_sdft.sdft.arms.discard_checkpoint",
    "clinical_sdft.stages.train._lineage",
    "clinical_sdft.stages.probe.examine_all",
    "clinical_sdft.stages.probe.alternatives",
    "clinical_sdft.stages.probe.log_likelihoods",
    "clinical_sdft.stages.evaluate.evaluate_suites",
    "clinical_sdft.evaluation.run.prepare",
    "clinical_sdft.stages.judge.commands.judge",
    "clinical_sdft.stages.judge.commands.submit_update",
)
"""Where a run fails, in the order in which it gets there."""
AFTER_REVIEW = (
    ("clinical_sdft.schedule.commands.promote", ("run-once", "--as", "ada")),
    ("clinical_sdft.schedule.commands.export_audit", ("run-once", "--as", "ada")),
    ("governance.services.commands.seal", ("audit", "checkpoint")),
    ("governance.services.commands.export_audit", ("audit", "export", "--as", "ada")),
)
"""What fails of promotion and export, and on which command line."""


class Panic(BaseException):
    """What a library in Rust raises when it breaks; it is no Exception."""


def errors() -> Iterator[BaseException]:
    """Yield errors of many kinds that quote a patient, for ever."""
    while True:
        yield RuntimeError(SENTENCE)
        yield KeyError(SENTENCE)
        try:
            TypeAdapter(int).validate_python(SENTENCE)
        except ValueError as error:  # pydantic's own: it quotes the value
            yield error
        yield OSError(SENTENCE)
        yield UnicodeDecodeError("utf-8", SENTENCE.encode(), 0, 1, SENTENCE)
        yield Panic(SENTENCE)


def seeded(root: Path, source: Path) -> Path:
    """Build the tiny hospital with canaries in its records: three to learn from, one that is held back."""
    tiny_hospital.build(root, source)
    rows: list[dict[str, Any]] = [
        {
            "schema_version": 1,
            "id": f"C-{number}",
            "patient": {
                "id": f"P-{number}",
                "name": "Quillaby Thornwick",
                "mrn": "83917264",
                "phone": "312-555-0197",
                "mother": {"name": "Zyxwort Thornwick"},
            },
            "narrative": f"{SENTENCE.replace('zyxwort', 'Zyxwort')}: {case('rash', 8000 + number)}.",
            "diagnosis": "dengue",
        }
        for number in range(3)
    ]
    rows.append({"schema_version": 1, "id": "C-9", "patient": {}, "narrative": SENTENCE, "diagnosis": "zyxwort"})
    (root / "inbox" / "records" / "records.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return root


def leaks(*folders: Path) -> list[str]:
    """Return the files, and members of archives, that hold a canary in any case; the inbox is not searched."""
    found = []
    for folder in folders:
        for file in folder.rglob("*"):
            if not file.is_file() or "inbox" in file.relative_to(folder).parts[:1]:
                continue
            pieces = {file.name: file.read_bytes()}
            if zipfile.is_zipfile(file):
                with zipfile.ZipFile(file) as archive:
                    pieces |= {f"{file.name}/{name}": archive.read(name) for name in archive.namelist()}
            found += [name for name, piece in pieces.items() if spoken(name) or spoken(piece.decode("latin-1"))]
    return found


def spoken(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary.lower() in text.lower()]


def test_no_stage_says_or_writes_a_word_of_a_patient_whatever_fails(
    reading_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("CLINICAL_SDFT_PASSWORD", tiny_hospital.PASSWORD)
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    root = seeded(tmp_path / "hospital", reading_model)
    caplog.set_level(logging.DEBUG)
    capfd.readouterr()
    kinds = errors()

    def run(*line: str, step: str | None = None) -> int:
        """Run a command line with a step that fails, if any; look at all that was printed, logged and written since."""
        error = next(kinds)
        with pytest.MonkeyPatch.context() as patch:
            if step is not None:
                patch.setattr(step, lambda *_, **__: (_ for _ in ()).throw(error))
            patch.setattr(sys, "argv", ["clinical-sdft", *line, "--workspace", str(root)])
            with pytest.raises(SystemExit) as end:
                cli.main()
        shown = capfd.readouterr()
        assert not spoken(shown.out + shown.err + caplog.text), step
        assert leaks(root, temporary) == [], step
        if step is not None:
            *_, last = ["", *shown.err.splitlines()]
            assert last.startswith(f"clinical-sdft: unexpected {type(error).__name__} at "), (step, last)
            assert " < clinical_sdft/" in last, last
        caplog.clear()
        return int(end.value.code or 0)

    nightly = ("run-once", "--as", "rita")
    assert [run(*nightly, step=step) for step in IN_THE_RUN] == [1] * len(IN_THE_RUN)
    assert run(*nightly) == 0
    _, governance = tiny_hospital.opened(root)
    [update] = [row for row in queries.updates(governance) if not row.control]
    bundle = queries.update_detail(governance, update.update_id).bundle.digest
    for username in tiny_hospital.SIGNERS:
        commands.sign(governance, update_id=update.update_id, username=username, password=tiny_hospital.PASSWORD,
                      decision="approve", reason="read and agreed", bundle=bundle)  # fmt: skip
    assert [run(*line, step=step) for step, line in AFTER_REVIEW] == [1] * len(AFTER_REVIEW)
    assert run("audit", "export", "--as", "ada") == run(*nightly) == 0
    assert [row.status for row in queries.updates(governance) if not row.control] == ["promoted"]
    assert len(list((root / "exports").glob("*.zip"))) == 1


def test_the_search_sees_a_canary_in_a_file_a_name_and_an_archive(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "records.jsonl").write_text(SENTENCE)
    assert leaks(tmp_path) == []
    (tmp_path / "a.bin").write_bytes(b"\x00ZYXWORT")
    (tmp_path / "Thornwick.txt").write_text("")
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("c.json", SENTENCE * 9)
    assert sorted(leaks(tmp_path)) == ["Thornwick.txt", "a.bin", "b.zip/c.json"]
