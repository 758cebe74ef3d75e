from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import facility

RECOGNIZER = facility.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seen at Riverside Clinic", ["Riverside Clinic"]),
        ("at MERCY HOSPITAL", ["MERCY HOSPITAL"]),
        ("Stanford Hospital", ["Stanford Hospital"]),
        ("last seen at Cedar Crest on", ["Cedar Crest"]),
        ("St. Vincent's", ["St. Vincent's"]),
    ],
)
def test_finds_facility(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Dermatology Clinic",
        "the hospital",
        "Emergency Department",
        "admitted to ICU",
        "pain clinic",
        "treated in Thailand",
        "seen in Clinic",
    ],
)
def test_facility_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
