"""Fixtures of the de-identification tests; the people in these texts are invented."""

from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid import SAFE_HARBOR, Deidentifier, NotesNer
from data_contracts import PatientRecord

KEY = b"k" * 32


@pytest.fixture(scope="session")
def ner() -> NotesNer:
    return NotesNer()


@pytest.fixture(scope="session")
def deidentifier(ner: NotesNer) -> Deidentifier:
    return Deidentifier(ner, SAFE_HARBOR, KEY)


@pytest.fixture(scope="session")
def found() -> Callable[[Any, str], list[str]]:
    """Return what a recognizer finds in a text, in the text's order."""

    def find(recognizer: Any, text: str) -> list[str]:
        spans = sorted({(r.start, r.end) for r in recognizer.analyze(text, [])})
        widest = [s for s in spans if not any(o != s and o[0] <= s[0] and s[1] <= o[1] for o in spans)]
        return [text[start:end] for start, end in widest]

    return find


@pytest.fixture(scope="session")
def patient() -> dict[str, Any]:
    return {
        "id": "P-001",
        "sex": "F",
        "name": "Jane Quill Doerner",
        "mrn": "44719203",
        "birth_date": "1978-03-04",
        "phone": "(212) 555-0143",
        "email": "jq.doerner@example.org",
        "address": "42 Maple Street, Springfield, IL 62704",
        "relative": "Anna Doerner (sister)",
        "physician": "Dr. Wilhelm Kaczmarek",
        "facility": "Riverside Clinic",
        "health_plan": "HP-8821934",
    }


@pytest.fixture(scope="session")
def make_record(patient: dict[str, Any]) -> Callable[..., PatientRecord]:
    def make(narrative: str, **changes: Any) -> PatientRecord:
        fields = {"id": "R-001", "patient": patient, "narrative": narrative, "diagnosis": "psoriasis"}
        return PatientRecord.model_validate(fields | changes)

    return make
