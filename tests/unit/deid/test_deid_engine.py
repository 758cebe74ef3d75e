from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from clinical_sdft.deid import SAFE_HARBOR, NerSpan, NotesNer
from clinical_sdft.deid.engine import MAX_CHARACTERS, DetectionEngine
from clinical_sdft.deid.known import known_patient
from clinical_sdft.demo.records import data_folder


@pytest.fixture(scope="module")
def detect(ner: NotesNer) -> Callable[[str], list[tuple[str, str]]]:
    engine = DetectionEngine(ner, SAFE_HARBOR)

    def run(text: str) -> list[tuple[str, str]]:
        return [(str(s.category), text[s.start : s.end]) for s in engine.detect(text, known_patient({"id": "P-1"}))]

    return run


def test_overlaps_become_one_span_of_the_surest_category(detect: Callable[[str], list[tuple[str, str]]]) -> None:
    text = "Mr. Kowalski (MRN 123-45-6789) was seen at Mercy Hospital Boston on 4/12/2023."
    assert detect(text) == [
        ("name", "Mr. Kowalski"),
        ("ssn", "123-45-6789"),
        ("facility", "Mercy Hospital Boston"),
        ("date", "4/12/2023"),
    ]


def test_a_name_inside_does_not_break_a_wider_place(detect: Callable[[str], list[tuple[str, str]]]) -> None:
    text = "A prescription was sent to Fenwick University Hospital in Sheridan. The patient did well and went home."
    assert detect(text) == [("facility", "Fenwick University Hospital in Sheridan")]


@pytest.mark.parametrize(
    "text",
    [
        "60-year-old man on Lisinopril 20 mg, Foley catheter in place, L4/L5 disc herniation.",
        "Graves disease, Murphy's sign positive, Crohn's flare, Parkinson disease, Babinski negative.",
        "BP 120/80, HR 72, WBC 11200, platelets 85000, glucose 110 mg/dL, HbA1c 7.2%, SpO2 94%.",
        "Pain 7/10, strength 5/5, two tablets every 6 hours for 10 days, 1/2 tablet at night.",
        "Denies fever. Presented with Koebner phenomenon and a positive Auspitz sign. Mantoux 18 mm.",
        "Returned from Thailand and Southeast Asia; lives in Texas; African American woman, 46F.",
        "Diagnosed in 2019 with Stevens-Johnson syndrome, Bell's palsy and Hodgkin lymphoma.",
    ],
)
def test_clinical_facts_survive(detect: Callable[[str], list[tuple[str, str]]], text: str) -> None:
    assert detect(text) == []


@pytest.mark.parametrize("name", ["prior_facts.yaml", "new_facts.yaml"])
def test_no_finding_of_the_demo_is_touched(detect: Callable[[str], list[tuple[str, str]]], name: str) -> None:
    facts = yaml.safe_load(Path(data_folder() / name).read_text(encoding="utf-8"))
    for diagnosis in facts["diagnoses"]:
        for finding in diagnosis["findings"]:
            for words in (finding["lay"], finding["clinical"]):
                for text in (f"46-year-old woman with {words} for six weeks.", f"{words[0].upper()}{words[1:]}."):
                    assert detect(text) == [], text


def test_too_long_a_text_is_refused(ner: NotesNer) -> None:
    with pytest.raises(ValueError, match="too long"):
        DetectionEngine(ner, SAFE_HARBOR).detect("a " * MAX_CHARACTERS, known_patient({"id": "1"}))


def test_nothing_of_a_text_is_logged(
    detect: Callable[[str], list[tuple[str, Any]]], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(0):
        detect("Mr. Zwiebelfisch called from 212-555-0143.")
    assert "Zwiebelfisch" not in caplog.text and "0143" not in caplog.text


@dataclass(frozen=True)
class Reader:
    """A recognition model that reads what it is told to, and is sure of it or not."""

    read: tuple[tuple[str, str], ...]
    sure: bool
    name: str = "reader"
    digest: str = "sha256:" + "0" * 64

    def analyze(self, text: str) -> tuple[NerSpan, ...]:
        places = ((text.index(words), words, label) for words, label in self.read)
        return tuple(NerSpan(start, start + len(words), label, self.sure) for start, words, label in places)


def _left(text: str, sure: bool, *read: tuple[str, str]) -> str:
    spans = DetectionEngine(Reader(read, sure), SAFE_HARBOR).detect(text, known_patient({"id": "P-1"}))
    for span in reversed(spans):
        text = text[: span.start] + "_" + text[span.end :]
    return text


def test_what_a_model_that_knows_notes_is_sure_of_stands_and_a_guess_asks_the_safe_list() -> None:
    text = "Was seen with Sorrow, tag qx7-11, and tacos."
    read = (("Sorrow", "PERSON"), ("qx7-11", "device"), ("tacos", "PERSON"))
    assert _left(text, True, *read) == "Was seen with _, tag _, and tacos."
    assert _left(text, False, *read) == text


def test_a_name_that_only_a_list_tells_is_none_where_the_model_reads_a_term() -> None:
    text = "No Kowalczyk on exam. Mr. Kowalczyk agrees."
    assert _left(text, True) == "No _ on exam. Mr. _ agrees."
    assert _left("No Kowalczyk on exam.", True, ("Kowalczyk", "TERM")) == "No Kowalczyk on exam."
    assert _left("Mr. Kowalczyk agrees.", True, ("Kowalczyk", "TERM")) == "Mr. _ agrees."
