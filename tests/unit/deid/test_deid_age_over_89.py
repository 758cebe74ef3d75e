from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid import SAFE_HARBOR
from clinical_sdft.deid.recognizers import age_over_89

RECOGNIZER = age_over_89.recognizer(SAFE_HARBOR)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("92-year-old", ["92-year-old"]),
        ("aged 93.", ["93"]),
        ("101 y/o woman", ["101 y/o"]),
        ("94F with", ["94"]),
        ("ninety-four-year-old", ["ninety-four"]),
        ("turned 90", ["90"]),
        ("born in 1931", ["1931"]),
        ("age: 95", ["95"]),
        ("Pt is 97, still plays cards", ["97"]),
        ("Oldest resident of the home at 101, per son", ["101"]),
        ("Surgery at 101 carries risk", ["101"]),
        ("Ann is 98 and does not want it", ["98"]),
    ],
)
def test_finds_age_over_89(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "89-year-old",
        "46F",
        "aged 60",
        "92 mg",
        "HR 92",
        "born in 1950",
        "SpO2 94%",
        "since 2019",
        "90 years ago",
        "in 1990",
        "SpO2 was 92, pulse 98.",
        "sat is 98 on room air",
        "pulse at 92 today",
    ],
)
def test_age_over_89_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
