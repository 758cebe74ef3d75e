import json
from collections.abc import Callable
from pathlib import Path

import pytest

from clinical_sdft.deid import Deidentifier, NerSpan, deidentify_all
from clinical_sdft.deid import deidentify as module
from clinical_sdft.deid.policy import SAFE_HARBOR
from data_contracts import DeidentifiedRecord, PatientRecord, QuarantinedRecord

KEY = b"k" * 32
Make = Callable[..., PatientRecord]


class BrokenNer:
    """Fails on every text, and its message holds the text."""

    name = "broken"
    digest = "sha256:" + "0" * 64

    def analyze(self, text: str) -> tuple[NerSpan, ...]:
        raise ValueError(f"cannot read {text}")


def released(outcome: DeidentifiedRecord | QuarantinedRecord) -> DeidentifiedRecord:
    assert isinstance(outcome, DeidentifiedRecord), outcome
    return outcome


def test_identifiers_go_and_the_clinical_sentence_stays(deidentifier: Deidentifier, make_record: Make) -> None:
    clinical = "46-year-old woman with silvery scales on both elbows and nail pitting for six weeks."
    text = f"DOERNER, JANE (MRN 447-19-203), seen 4/9 at Riverside Clinic: {clinical} Dr. Kaczmarek, ph 212.555.0143."
    outcome = released(deidentifier.deidentify(make_record(text)))
    assert clinical in outcome.text
    for value in ("DOERNER", "JANE", "447", "4/9", "Riverside", "Kaczmarek", "0143"):
        assert value not in outcome.text
    assert {item.category: item.count for item in outcome.replaced} == {
        "name": 2, "mrn": 1, "date": 1, "facility": 1, "phone": 1,
    }  # fmt: skip


def test_the_same_record_gives_the_same_result(deidentifier: Deidentifier, make_record: Make) -> None:
    record = make_record("Jane Doerner, 46F, called on 3/4/2024.")
    again = Deidentifier(deidentifier.ner, SAFE_HARBOR, KEY)
    assert deidentifier.deidentify(record) == again.deidentify(record)


def test_patients_keep_their_digest_across_records(deidentifier: Deidentifier, make_record: Make) -> None:
    one, two = (released(deidentifier.deidentify(make_record(text))) for text in ("A rash.", "A cough."))
    assert one.patient == two.patient and one.record != two.record


def test_a_left_over_identifier_holds_the_record_back_with_its_place(
    deidentifier: Deidentifier, make_record: Make
) -> None:
    text = "Jane Doerner, 46F with a rash. Code 48213 on file."
    outcome = deidentifier.deidentify(make_record(text))
    assert isinstance(outcome, QuarantinedRecord) and outcome.reason == "residual_identifier"
    assert [(text[span.start : span.end], span.rule) for span in outcome.spans] == [("48213", "digit_run")]
    assert "48213" not in outcome.detail


def test_an_identifier_in_the_diagnosis_field_holds_the_record_back(
    deidentifier: Deidentifier, make_record: Make
) -> None:
    outcome = deidentifier.deidentify(make_record("A rash.", diagnosis="psoriasis (Doerner)"))
    assert isinstance(outcome, QuarantinedRecord) and outcome.reason == "residual_identifier"


def test_a_record_without_a_patient_id_is_held_back(deidentifier: Deidentifier, make_record: Make) -> None:
    outcome = deidentifier.deidentify(make_record("A rash.", patient={"name": "Jane"}))
    assert isinstance(outcome, QuarantinedRecord) and outcome.reason == "no_patient_id"


def test_a_failing_model_releases_nothing_and_tells_nothing(make_record: Make) -> None:
    outcome = Deidentifier(BrokenNer(), SAFE_HARBOR, KEY).deidentify(make_record("Jane has a rash."))
    assert isinstance(outcome, QuarantinedRecord)
    assert (outcome.reason, outcome.detail) == ("engine_failure", "the engine stopped with ValueError")


def test_a_pattern_without_end_releases_nothing(
    deidentifier: Deidentifier, make_record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinical_sdft.deid.text.PATTERN_SECONDS", 1e-9)
    outcome = deidentifier.deidentify(make_record("Jane has a rash. " * 500))
    assert isinstance(outcome, QuarantinedRecord)
    assert outcome.detail == "the engine stopped with PatternTimeoutError"


def test_a_failing_second_scan_releases_nothing(
    deidentifier: Deidentifier, make_record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("Jane")

    monkeypatch.setattr(module.residual, "scan", fail)
    outcome = deidentifier.deidentify(make_record("A rash."))
    assert isinstance(outcome, QuarantinedRecord) and outcome.detail == "the engine stopped with RuntimeError"


def test_an_import_counts_what_it_did(deidentifier: Deidentifier, make_record: Make, tmp_path: Path) -> None:
    good = make_record("Jane, 46F with a rash.").model_dump()
    path = tmp_path / "records.jsonl"
    path.write_text(f"{json.dumps(good)}\nnonsense\n")
    result = deidentify_all(path, deidentifier)
    assert (
        (result.report.released, result.report.quarantined) == (len(result.released), len(result.quarantined)) == (1, 1)
    )
    assert result.report.ner_digest == deidentifier.ner.digest
    assert [(item.category, item.count) for item in result.report.replaced] == [("name", 1)]
