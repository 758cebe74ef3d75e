from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import sign_off

RECOGNIZER = sign_off.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thank you for this consult.\nRFO/jl\n", ["RFO/jl"]),
        ("Final 01/08/2025 //pdg//", ["pdg"]),
        ("Scribe: tpk", ["tpk"]),
        ("read back by KTM at once", ["KTM"]),
        ("D: 11/12/2024 T: 11/13/2024 wh", ["wh"]),
        ("1:15 PM BNH: viewed, call her back", ["BNH"]),
        ("seen and agree.\nLR", ["LR"]),
        ("chlorine negative x2 KW/dm  pH 7.2", ["KW/dm"]),
        ("report faxed by user tmullins", ["tmullins"]),
        ("reviewed by jhofmeister", ["jhofmeister"]),
        ("0700 KA MD at bedside", ["KA"]),
    ],
)
def test_finds_who_signed(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "given per MAR and checked by pharmacy",
        "T 98.4, sats 88% with walking",
        "cellulitis of the left leg, read by radiology",
        "brought in by EMS, seen by PT",
        "portal login from home failed",
        "Hgb 11 g/dl\nBP/HR stable",
    ],
)
def test_leaves_abbreviations(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
