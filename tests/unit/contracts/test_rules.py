"""Contracts of executable rules: what holds together is read, the rest is refused with its place."""

import json

import pytest
from pydantic import ValidationError

import data_contracts as dc

FIELD = {"name": "sbp", "type": "number", "unit": "mm[Hg]", "label": "systolic pressure"}
RULE = {
    "id": "high",
    "recommendation": "R1",
    "condition": "sbp >= 130.0",
    "answer": "hypertension",
    "quote": "130 or more",
}


def guideline(**changes):
    fields = {
        "id": "g",
        "title": "t",
        "issuer": "i",
        "version": "1",
        "date": "2026-01-01",
        "licence": "CC0-1.0",
        "document": "Hypertension is 130 or more.",
        "recommendations": [
            {
                "id": "R1",
                "answer": "hypertension",
                "statement": "s",
                "quote": "130 or more",
                "source": {"title": "t", "publisher": "p", "url": "https://example.org"},
            }
        ],
    }
    return dc.Guideline.model_validate_json(json.dumps(fields | changes))


def test_a_guideline_with_rules_survives_its_canonical_bytes() -> None:
    read = guideline(fields=[FIELD], rules=[RULE])
    assert dc.Guideline.from_bytes(read.canonical_bytes()) == read
    assert read.rules[0].language == "cel" and read.fields[0].title == "systolic pressure"


def test_a_guideline_without_rules_keeps_the_bytes_it_always_had() -> None:
    written = guideline().canonical_bytes()
    assert b"rules" not in written and b"fields" not in written


@pytest.mark.parametrize(
    ("fields", "rules", "message"),
    [
        ([FIELD], [RULE | {"quote": "140 or more"}], "rule high: its quote does not stand"),
        ([FIELD], [RULE | {"recommendation": "R9"}], "rule high: there is no recommendation R9"),
        ([FIELD], [RULE, RULE], "duplicate rule id: high"),
        ([FIELD, FIELD], [RULE], "duplicate field id: sbp"),
        ([], [RULE], "rules read `fields`"),
        ([FIELD | {"unit": None}], [RULE], "field sbp: a number needs a unit"),
        ([{"name": "sex", "type": "text", "unit": "1"}], [RULE], "only a number has a unit"),
        ([FIELD | {"values": ["a"]}], [RULE], "only a text has a list"),
        ([FIELD], [RULE | {"language": "python"}], "'cel' or 'fhirpath'"),
        ([FIELD], [RULE | {"condition": "x" * 4001}], "at most 4000"),
        ([FIELD | {"name": "Systolic BP"}], [RULE], "pattern"),
    ],
)
def test_rules_that_do_not_hold_together_are_refused(fields: list, rules: list, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        guideline(fields=fields, rules=rules)


def test_typed_values_keep_their_kind() -> None:
    rows = [{"name": "a", "value": 5, "unit": "1"}, {"name": "b", "value": True}, {"name": "c", "value": "5"}]
    read = [dc.FieldValue.model_validate_json(json.dumps(row)) for row in rows]
    again = [dc.FieldValue.from_bytes(value.canonical_bytes()) for value in read]
    assert [value.value for value in again] == [5.0, True, "5"]
    assert [type(value.value) for value in again] == [float, bool, str]
