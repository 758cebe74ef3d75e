from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import other_script

RECOGNIZER = other_script.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("wife Λουτράκι said", ["Λουτράκι"]),
        ("name: Иван Петров", ["Иван", "Петров"]),
        ("called 東京 twice", ["東京"]),
        ("in ΛΕΜΕΣΟΣ now", ["ΛΕΜΕΣΟΣ"]),
    ],
)
def test_finds_words_of_other_scripts(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize("text", ["an α-blocker and 5 µg of T3", "β2 agonist", "ΔF508 mutation", "Ménière and Sjögren"])
def test_other_script_leaves_greek_letters(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
