from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import name_list

RECOGNIZER = name_list.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("visited by Kowalczyk yesterday", ["Kowalczyk"]),
        ("children: Malon, Mark and Kaylee", ["Malon", "Mark", "Kaylee"]),
        ("the Becker-Shaffer family", ["Becker-Shaffer"]),
        ("Winona de Jong called", ["Winona", "de", "Jong"]),
        ("seen with jennifer today", ["jennifer"]),
        ("Grace has cut down on salt", ["Grace"]),
        ("then Babajide slept well", ["Babajide"]),
        ("Dawn Savage gave consent", ["Dawn", "Savage"]),
    ],
)
def test_finds_names_of_the_lists(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Graves disease, Parkinson tremor, Babinski negative",
        "She is on Trizivir and Lisinopril 20 mg daily",
        "Follow-Up in two weeks, Chest X-Ray clear",
        "Foley catheter in place; Hodgkin lymphoma",
        "L4/L5 disc herniation, C. difficile toxin negative",
        "the rash is may be grace under pressure",
    ],
)
def test_name_list_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
