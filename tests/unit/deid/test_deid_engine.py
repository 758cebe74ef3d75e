from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from clinical_sdft.deid import SAFE_HARBOR, SpacyNer
from clinical_sdft.deid.engine import MAX_CHARACTERS, DetectionEngine
from clinical_sdft.deid.known import known_patient
from clinical_sdft.demo.records import data_folder


@pytest.fixture(scope="module")
def detect(ner: SpacyNer) -> Callable[[str], list[tuple[str, str]]]:
    engine = DetectionEngine(ner, SAFE_HARBOR)

    def run(text: str) -> list[tuple[str, str]]:
        return [(str(s.category), text[s.start : s.end]) for s in engine.detect(text, known_patient({"id": "P-1"}))]

    return run


def test_overlaps_become_one_span_of_the_surest_category(detect: Callable[[str], list[tuple[str, str]]]) -> None:
    text = "Mr. Kowalski (MRN 123-45-6789) was seen at Mercy Hospital Boston on 4/12/2023."
    assert detect(text) == [
        ("name", "Kowalski"),
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


def test_too_long_a_text_is_refused(ner: SpacyNer) -> None:
    with pytest.raises(ValueError, match="too long"):
        DetectionEngine(ner, SAFE_HARBOR).detect("a " * MAX_CHARACTERS, known_patient({"id": "1"}))


def test_nothing_of_a_text_is_logged(
    detect: Callable[[str], list[tuple[str, Any]]], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(0):
        detect("Mr. Zwiebelfisch called from 212-555-0143.")
    assert "Zwiebelfisch" not in caplog.text and "0143" not in caplog.text
