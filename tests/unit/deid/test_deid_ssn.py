from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import ssn

RECOGNIZER = ssn.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("123-45-6789", ["123-45-6789"]),
        ("123 45 6789 stands here", ["123 45 6789"]),
        ("SSN 123456789", ["123456789"]),
        ("SSN: last four 6789", ["6789"]),
        ("XXX-XX-6789", ["6789"]),
        ("SSN (last 4): 6789", ["6789"]),
        ("her SSN ends in 6789", ["6789"]),
        ("last four digits of the social security number are 6789", ["6789"]),
        ("last 4 of SSN 6789", ["6789"]),
        ("SS# 163-46-5017 (last 4 given as 5017)", ["163-46-5017", "5017"]),
        ("card ending in 5017", ["5017"]),
        ("the last-four on file read 5017", ["5017"]),
        ("5017 are the last four", ["5017"]),
        ("Soc Sec on the old chart 5017", ["5017"]),
    ],
)
def test_finds_ssn(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "120-80 mmHg",
        "555-0143",
        "1234-56-7890",
        "ss 2 weeks",
        "the last 4 weeks, 1500 mL a day",
        "last four visits 2019",
        "social worker paged at 0630",
        "ssn pending, 2 of 4",
        "ends at 1430 hours",
    ],
)
def test_ssn_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
