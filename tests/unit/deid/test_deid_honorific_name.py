from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import honorific_name

RECOGNIZER = honorific_name.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr. Kaczmarek", ["Kaczmarek"]),
        ("Mrs Jane Doerner", ["Jane Doerner"]),
        ("Ann Lee, RN", ["Ann Lee"]),
        ("Mr. O'Neil", ["O'Neil"]),
        ("MR. DOE", ["DOE"]),
        ("nurse Kelly", ["Kelly"]),
        ("RN Winter notified", ["Winter"]),
        ("Dr.\nCushing came", ["Cushing"]),
        ("Ululani Good Voice, RN", ["Ululani Good Voice"]),
        ("with dr. many horses, today", ["many horses"]),
        ("Nurse Flint was there when it happened", ["Flint"]),
        ("Dr. Bernadette Gram saw the patient again", ["Bernadette Gram"]),
        ("Attorney Bland wrote to us", ["Bland"]),
    ],
)
def test_finds_honorific_name(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "the doctor said",
        "nurse practitioner",
        "dry cough",
        "MD note",
        "RN Station 4",
    ],
)
def test_honorific_name_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
