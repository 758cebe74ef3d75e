from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import mrn

RECOGNIZER = mrn.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MRN 44719203", ["44719203"]),
        ("(MRN: ST-998877)", ["ST-998877"]),
        ("mrn#112-45-789, seen", ["112-45-789"]),
        ("under MRN 12345-JS", ["12345-JS"]),
        ("Medical record number is 0012345", ["0012345"]),
        ("Patient ID: AB1234", ["AB1234"]),
        ("MRN 447 192 033 today", ["447 192 033"]),
        ("chart no. 77120", ["77120"]),
    ],
)
def test_finds_mrn(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "MRN pending",
        "Chart reviewed, 3 lesions",
        "patient is 46 years old",
        "MRI 2 weeks ago",
    ],
)
def test_mrn_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
