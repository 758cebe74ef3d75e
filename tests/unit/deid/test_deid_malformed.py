"""Whatever a file of records holds, the batch goes on: the bad record is held back alone and nothing of it is shown."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clinical_sdft.deid import Deidentifier, DeidResult, deidentify_all
from data_contracts import PatientRecord, QuarantinedRecord

CANARY = "Zubrowskivic"
GOOD = {"id": "R-1", "patient": {"id": "P-1", "name": "Ann Lee"}, "narrative": "Ann has a cough.", "diagnosis": "flu"}


def bad(**changes: Any) -> dict[str, Any]:
    return GOOD | {"id": "R-2", "patient": {"id": "P-2", "name": CANARY}} | changes


def nested(depth: int) -> Any:
    value: Any = CANARY
    for _ in range(depth):
        value = {"contained": [value]}
    return value


FHIR = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {
            "resource": {
                "resourceType": "Observation",
                "contained": [
                    {
                        "resourceType": "Patient",
                        "id": "p",
                        "name": [{"family": CANARY}],
                        "contained": [{"resourceType": "Practitioner", "name": [{"family": CANARY}]}],
                    }
                ],
                "subject": {"reference": "#p"},
                "note": [{"text": f"{CANARY} coughs"}],
            }
        }
    ],
}

FILES: dict[str, bytes] = {
    "truncated": json.dumps(bad()).encode()[:-9],
    "empty": b"",
    "null": b"null",
    "number": b"7",
    "list of lists": json.dumps([[CANARY], {}]).encode(),
    "utf-16": json.dumps(bad()).encode("utf-16"),
    "latin-1": json.dumps(bad(narrative=f"{CANARY} é"), ensure_ascii=False).encode("latin-1"),
    "nul bytes": b"\0" * 4096,
    "lone surrogate": json.dumps(bad(narrative=CANARY)).replace(CANARY, "\\ud800", 1).encode(),
    "not a number": json.dumps(bad(patient={"id": "P-2", "weight": float("nan")})).encode(),
    "huge integer": b'{"id": ' + b"9" * 6000 + b"}",
    "deep": json.dumps(bad(patient={"id": "P-2", "x": nested(400)})).encode(),
    "deeper than any stack": b"[" * 200_000,
    "wrong types": json.dumps(bad(narrative=[CANARY], diagnosis=None)).encode(),
    "no patient id": json.dumps(bad(patient={"name": CANARY})).encode(),
    "nested FHIR contained resources": json.dumps(FHIR).encode(),
    "control characters": json.dumps(bad(narrative=f"{CANARY[:5]}\x00{CANARY[5:]} came \x07 \x1b[31m")).encode(),
    "right-to-left marks": json.dumps(bad(narrative=f"seen \u202e{CANARY[::-1]}\u202c today")).encode(),
    "ten megabytes": json.dumps(bad(narrative=f"{CANARY} coughs. " * 460_000)).encode(),
    "ten megabytes of digits": json.dumps(bad(narrative="1" * 10_000_000)).encode(),
    "a diagnosis of ten megabytes": json.dumps(bad(diagnosis=f"{CANARY} coughs. " * 460_000)).encode(),
    "a structured record of ten megabytes": json.dumps(bad(patient={"id": "P", "x": [CANARY] * 700_000})).encode(),
}


def imported(folder: Path, deidentifier: Deidentifier, content: bytes) -> DeidResult:
    (folder / "a-bad.json").write_bytes(content)
    (folder / "b-good.json").write_text(json.dumps(GOOD))
    return deidentify_all(folder, deidentifier)


@pytest.mark.parametrize("name", FILES)
def test_the_good_record_goes_on_and_nothing_bad_is_released(
    tmp_path: Path, deidentifier: Deidentifier, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = imported(tmp_path, deidentifier, FILES[name])
    assert any("has a cough" in record.text for record in result.released)
    written = "".join(record.model_dump_json() for record in (*result.released, *result.quarantined))
    printed = capsys.readouterr()
    for text in (written, printed.out, printed.err):
        assert CANARY.casefold() not in text.casefold()
        assert CANARY[::-1].casefold() not in text.casefold()


@pytest.mark.parametrize(
    "name", sorted(set(FILES) - {"empty", "deep", "not a number", "nested FHIR contained resources"})
)
def test_the_bad_record_is_held_back(tmp_path: Path, deidentifier: Deidentifier, name: str) -> None:
    result = imported(tmp_path, deidentifier, FILES[name])
    assert len(result.released) == 1
    assert len(result.quarantined) >= 1


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("ten megabytes", "the narrative"),
        ("a diagnosis of ten megabytes", "the diagnosis"),
        ("a structured record of ten megabytes", "the structured record"),
    ],
)
def test_what_would_take_minutes_is_refused_by_its_length(
    deidentifier: Deidentifier, monkeypatch: pytest.MonkeyPatch, name: str, part: str
) -> None:
    monkeypatch.setattr(deidentifier, "_engine", None)
    outcome = deidentifier.deidentify(PatientRecord.model_validate_json(FILES[name]))
    assert isinstance(outcome, QuarantinedRecord)
    assert outcome.detail == f"{part} is too long to be read"


@pytest.mark.parametrize(
    "narrative",
    [
        "Patient \u0645\u062d\u0645\u062f \u0627\u0644\u0641\u0627\u0631\u0633\u064a was seen.",
        "Patient \u05e9\u05e8\u05d4 \u05db\u05d4\u05df was seen.",
        "Seen with \u5c0f\u6797\u82b1\u5b50 today.",
        "Accompanied by \u041e\u043b\u044c\u0433\u0430 \u041f\u0435\u0442\u0440\u043e\u0432\u0430.",
        "Called \u03a0\u03b1\u03c0\u03b1\u03b4\u03cc\u03c0\u03bf\u03c5\u03bb\u03bf\u03c2 at noon.",
    ],
)
def test_a_name_in_another_script_never_passes(
    deidentifier: Deidentifier, make_record: Callable[..., PatientRecord], narrative: str
) -> None:
    outcome = deidentifier.deidentify(make_record(narrative))
    foreign = [word for word in narrative.split() if not word.isascii()]
    assert isinstance(outcome, QuarantinedRecord) or not any(word.strip(".") in outcome.text for word in foreign)


def test_greek_letters_of_medicine_pass(deidentifier: Deidentifier, make_record: Callable[..., PatientRecord]) -> None:
    outcome = deidentifier.deidentify(
        make_record("5 \u00b5g, \u03b2-blocker, \u03b1-fetoprotein, TNF-\u03b1, \u0394 of 3.")
    )
    assert not isinstance(outcome, QuarantinedRecord)
