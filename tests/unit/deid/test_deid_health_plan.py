from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import health_plan

RECOGNIZER = health_plan.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("health plan id HP-8821934", ["HP-8821934"]),
        ("Member ID: 5512 is short; member id 883 112 904", ["5512", "883 112 904"]),
        ("policy number ABC99887766", ["ABC99887766"]),
        ("BCBS XJH123456789", ["XJH123456789"]),
        ("MBI 1EG4-TE5-MK73", ["1EG4-TE5-MK73"]),
        ("insured under 1EG4TE5MK73", ["1EG4TE5MK73"]),
        ("Member ID HP 7947954.", ["HP 7947954"]),
    ],
)
def test_finds_health_plan(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "plan: follow up in 2 weeks",
        "insurance issues with the pharmacy",
        "group of 4 lesions",
        "health plan discussed",
    ],
)
def test_health_plan_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
