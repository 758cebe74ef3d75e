import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from pydantic import ValidationError

import data_contracts as dc
from data_contracts.export_schemas import CONTRACTS, SCHEMA_FOLDER, schema_text


def guideline(**changes):
    fields = {
        "id": "g",
        "title": "t",
        "issuer": "i",
        "version": "1",
        "date": "2026-01-01",
        "licence": "CC0-1.0",
        "document": "Diagnose gout when a toe is hot.",
        "recommendations": [
            {
                "id": "R1",
                "answer": "gout",
                "statement": "Diagnose gout.",
                "quote": "gout when a toe is hot",
                "source": {"title": "t", "publisher": "p", "url": "https://example.org"},
            }
        ],
    }
    return json.dumps(fields | changes)


def test_canonical_bytes_are_rfc8785_and_survive_a_round_trip() -> None:
    read = dc.Guideline.model_validate_json(guideline())
    assert dc.Guideline.from_bytes(read.canonical_bytes()) == read
    assert dc.canonical_json({"b": 1.0, "a": "\u20ac"}) == '{"a":"€","b":1}'.encode()


def test_digest_changes_with_any_field() -> None:
    first = dc.Guideline.model_validate_json(guideline())
    second = dc.Guideline.model_validate_json(guideline(version="2"))
    assert first.digest != second.digest
    assert first.digest == dc.Guideline.model_validate_json(guideline()).digest


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recommendations": []}, "at least 1"),
        ({"surprise": 1}, "Extra inputs"),
        ({"document": "other"}, "quote does not stand"),
        ({"cases": [{"id": "C", "recommendation": "R9", "question": "q", "answer": "a"}]}, "no recommendation R9"),
        ({"id": "../escape"}, "pattern"),
    ],
)
def test_a_guideline_that_does_not_hold_together_is_refused(changes: dict, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        dc.Guideline.model_validate_json(guideline(**changes))


def test_duplicate_recommendation_ids_are_refused() -> None:
    one = json.loads(guideline())["recommendations"][0]
    with pytest.raises(ValidationError, match="duplicate recommendation id: R1"):
        dc.Guideline.model_validate_json(guideline(recommendations=[one, one]))


def test_contracts_are_frozen() -> None:
    policy = dc.GatePolicy(id="p", version="1")
    with pytest.raises(ValidationError):
        policy.margin = 0.5


def test_instants_are_utc_and_need_a_zone() -> None:
    moment = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    event = dc.AuditEvent(seq=0, recorded_at=moment, actor="a", action="b")
    assert json.loads(event.canonical_bytes())["recorded_at"] == "2026-01-01T10:00:00.000000Z"
    with pytest.raises(ValidationError, match="time zone"):
        dc.AuditEvent(seq=0, recorded_at=datetime(2026, 1, 1), actor="a", action="b")  # noqa: DTZ001


def test_exported_schemas_are_current() -> None:
    """A change of a contract shows in its schema file; `python -m data_contracts.export_schemas` writes it."""
    for contract in CONTRACTS:
        assert (SCHEMA_FOLDER / f"{contract.__name__}.json").read_text("utf-8") == schema_text(contract)


def test_contracts_still_read_what_version_1_wrote() -> None:
    """The files in `frozen/` were written by schema version 1 and must be readable, byte for byte, for ever."""
    frozen = sorted((Path(__file__).parent / "frozen").glob("*.json"))
    assert frozen
    for file in frozen:
        contract = getattr(dc, file.stem)
        assert contract.from_bytes(file.read_bytes()).canonical_bytes() == file.read_bytes()
