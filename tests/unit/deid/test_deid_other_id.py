from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import other_id

RECOGNIZER = other_id.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ID: 987654321", ["987654321"]),
        ("(ID AB12)", ["AB12"]),
        ("reference 2024/5567", ["2024/5567"]),
        ("code TX-44718-9 noted", ["TX-44718-9"]),
        ("8812345 on file", ["8812345"]),
        ("#44718", ["44718"]),
        ("Job #: 2014-592028", ["2014-592028"]),
        ("police report 66-89718 filed", ["66-89718"]),
        ("band number 71-8449", ["71-8449"]),
        ("Donor unit W5804 61 290794 hung", ["W5804 61 290794"]),
        ("Court case XJGY715", ["XJGY715"]),
        ("Study ID 77016-U, arm B", ["77016-U"]),
        ("unit A139 652 655 valid", ["A139 652 655"]),
        ("case 2:27-cv-48932 pending", ["2:27-cv-48932"]),
        ("cytology 78:73292 adequate", ["78:73292"]),
        ("member M34086786*01;", ["M34086786*01"]),
        ("tag BME 801409, pump", ["BME 801409"]),
        ("token WDLCTIW365RB again", ["WDLCTIW365RB"]),
        ("order 562964/62309815 sent", ["562964/62309815"]),
    ],
)
def test_finds_other_id(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "platelets 850000",
        "WBC 112000 cells",
        "viral load 1200000 copies",
        "250,000",
        "ID consulted",
        "4-6-8 weeks",
        "heparin 100000 units",
        "ID: BNP 1240, afebrile",
        "given per order AT 0915",
        "titrate 5000-10000 units",
        "T10-T11 laminectomy",
        "bolus 1500ML given",
        "PLT 210000 today",
        "G5P3014 at term",
        "fracture of Tooth #19",
    ],
)
def test_other_id_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
