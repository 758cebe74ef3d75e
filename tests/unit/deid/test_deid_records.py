import json
from pathlib import Path
from typing import Any

import pytest

from clinical_sdft.deid import RecordSourceError, read_records
from clinical_sdft.deid.records import record_digest
from data_contracts import PatientRecord, QuarantinedRecord

KEY = b"k" * 32


def record(number: int = 1, **changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": f"R-{number}",
        "patient": {"id": f"P-{number}"},
        "narrative": "a rash",
        "diagnosis": "gout",
    }
    return fields | changes


def kinds(path: Path) -> list[str]:
    return [entry.reason if isinstance(entry, QuarantinedRecord) else entry.id for entry in read_records(path, KEY)]


def test_reads_one_a_list_and_lines(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(record(1)))
    (tmp_path / "b.json").write_text(json.dumps([record(2), record(3)]))
    (tmp_path / "c.jsonl").write_text(f"{json.dumps(record(4))}\n\n{json.dumps(record(5))}\n")
    (tmp_path / "notes.txt").write_text("not read")
    assert kinds(tmp_path) == ["R-1", "R-2", "R-3", "R-4", "R-5"]
    assert kinds(tmp_path / "b.json") == ["R-2", "R-3"]


def test_what_cannot_be_read_is_held_back_alone(tmp_path: Path) -> None:
    lines = [
        b"{broken",
        b"\xff\xfe",
        json.dumps(record(3)).encode(),
        json.dumps(record(4, patient={})).encode(),
        json.dumps(record(5, patient={"id": "  "})).encode(),
        json.dumps(record(6, narrative="")).encode(),
        json.dumps({"id": "R-7"}).encode(),
        json.dumps(record(8, surprise=1)).encode(),
        b"[" * 100_000,
        b'{"id": "R-9", "patient": {"id": "P", "n": 123456789012345678901}, "narrative": "a", "diagnosis": "b"}',
        json.dumps(record(10)).encode(),
    ]
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"\n".join(lines))
    bad = ["unreadable"] * 2
    assert kinds(path) == [*bad, "R-3", "no_patient_id", "no_patient_id", *["unreadable"] * 5, "R-10"]


def test_a_reason_says_where_but_not_what(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(f'{{"id": "SECRET\n{json.dumps(record(2, narrative=7, SECRET=1))}')
    entries = list(read_records(path, KEY))
    assert [entry.detail for entry in entries if isinstance(entry, QuarantinedRecord)] == [
        "line 1: not JSON",
        "line 2: not a patient record (narrative)",
    ]


def test_digest_needs_the_key() -> None:
    one = PatientRecord.model_validate(record(1))
    assert record_digest(one, KEY).startswith("sha256:")
    assert record_digest(one, KEY) == record_digest(one, KEY)
    assert record_digest(one, KEY) != record_digest(one, b"x" * 32)
    assert record_digest(one, KEY) != one.digest


def test_a_wrong_place_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.json", tmp_path / "x.csv"):
        with pytest.raises(RecordSourceError):
            list(read_records(path, KEY))
