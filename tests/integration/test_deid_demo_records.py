"""The demo's 96 records through the whole room: identifiers out, findings in, two held back."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from clinical_sdft.deid import SAFE_HARBOR, Deidentifier, DeidResult, NotesNer, deidentify_all
from clinical_sdft.deid.records import record_digest
from clinical_sdft.deid.text import word_set
from clinical_sdft.demo.records import EMAIL_IN_WORDS, WITHOUT_PATIENT_ID, build_records, data_folder
from data_contracts import PatientRecord

KEY = b"d" * 32
FILE = data_folder() / "records.jsonl"
NOT_IDENTIFYING = {"sex"}
COMMON = word_set(
    "hospital clinic medical center health family sister brother daughter son wife husband point st street court "
    "road lane drive avenue dr 555 example"
)
"""Words of structured values that many texts hold."""


@pytest.fixture(scope="module")
def records() -> list[PatientRecord]:
    return [PatientRecord.model_validate_json(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def result() -> DeidResult:
    return deidentify_all(FILE, Deidentifier(NotesNer(), SAFE_HARBOR, KEY))


@pytest.fixture(scope="module")
def facts() -> dict[str, dict[str, Any]]:
    loaded = yaml.safe_load((data_folder() / "new_facts.yaml").read_text(encoding="utf-8"))
    return {diagnosis["name"]: diagnosis for diagnosis in loaded["diagnoses"]}


def released_pairs(records: list[PatientRecord], result: DeidResult) -> Iterator[tuple[PatientRecord, str]]:
    texts = {item.record: item.text for item in result.released}
    for record in records:
        digest = record_digest(record, KEY)
        if digest in texts:
            yield record, texts[digest]


def findings_in(text: str, diagnosis: dict[str, Any]) -> list[str]:
    wordings = [words for finding in diagnosis["findings"] for words in (finding["lay"], finding["clinical"])]
    return [words for words in wordings if words in text]


def pieces(value: str) -> list[str]:
    """Return the parts of a structured value that may not stand in a released text."""
    words = [
        word for word in re.findall(r"[A-Za-z']{3,}", value) if word not in {"Clinic", "Hospital", "Center", "org"}
    ]
    return [value, *words, *re.findall(r"\d{3,}", value)]


def test_the_file_is_what_the_code_writes() -> None:
    lines = [json.dumps(record, ensure_ascii=False) for record in build_records()]
    assert FILE.read_text(encoding="utf-8").splitlines() == lines


def test_twelve_short_records_for_each_diagnosis(
    records: list[PatientRecord], facts: dict[str, dict[str, Any]]
) -> None:
    assert len(records) == 96
    for name, diagnosis in facts.items():
        own = [record for record in records if record.diagnosis == name]
        assert len(own) == 12
        for record in own:
            assert len(record.narrative.split()) <= 50
            assert len(findings_in(record.narrative, diagnosis)) >= 2
            for word in (name, *diagnosis["aliases"]):
                assert not re.search(rf"\b{re.escape(word)}\b", record.narrative, re.IGNORECASE)


def test_exactly_two_are_held_back_for_their_own_reason(records: list[PatientRecord], result: DeidResult) -> None:
    names = {record_digest(record, KEY): record.id for record in records}
    held = {names[item.record]: item.reason for item in result.quarantined}
    assert held == {EMAIL_IN_WORDS: "residual_identifier", WITHOUT_PATIENT_ID: "no_patient_id"}
    assert (result.report.released, result.report.quarantined) == (94, 2)


def test_no_structured_identifier_is_left(records: list[PatientRecord], result: DeidResult) -> None:
    for record, text in released_pairs(records, result):
        for key, value in record.patient.items():
            if key in NOT_IDENTIFYING:
                continue
            allowed = COMMON | ({str(value)[:4]} if key == "birth_date" else set())
            for piece in (piece for piece in pieces(str(value)) if piece.casefold() not in allowed):
                assert not re.search(rf"(?<!\w){re.escape(piece)}(?!\w)", text, re.IGNORECASE), (record.id, key)


def test_findings_survive(records: list[PatientRecord], result: DeidResult, facts: dict[str, dict[str, Any]]) -> None:
    stood = kept = 0
    for record, text in released_pairs(records, result):
        wordings = findings_in(record.narrative, facts[record.diagnosis])
        stood += len(wordings)
        kept += sum(words in text for words in wordings)
    assert stood > 180
    assert kept >= 0.99 * stood


def test_ages_survive(records: list[PatientRecord], result: DeidResult) -> None:
    for record, text in released_pairs(records, result):
        age = re.search(r"(?:aged|I am|I'm) \d\d|\d\d(?:[FM],|-year-old| y/o)", record.narrative)
        assert age is not None and age.group() in text, record.id


def test_the_report_counts_categories(result: DeidResult) -> None:
    counts = {item.category: item.count for item in result.report.replaced}
    assert {"name", "mrn", "date", "phone", "health_plan", "facility", "email", "address"} <= set(counts)
