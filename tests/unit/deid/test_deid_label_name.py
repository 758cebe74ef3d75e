from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import label_name

RECOGNIZER = label_name.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Patient: Jane Doerner", ["Jane Doerner"]),
        ("seen by Ann Kowalska", ["Ann Kowalska"]),
        ("her sister Anna called", ["Anna"]),
        ("emergency contact: Bo Lindqvist", ["Bo Lindqvist"]),
        ("signed J. Doerner", ["J. Doerner"]),
        ("T: 10/3 J. Yamaguchi/L.\nKrishnamurthy", ["J. Yamaguchi", "L.\nKrishnamurthy"]),
        ("B. de Villepin wrote", ["B. de Villepin"]),
        ("cc: Jung-Samaras, Ji-hye", ["Jung-Samaras, Ji-hye"]),
        ("report to L. 't Hooft today", ["L. 't Hooft"]),
        ("tape by SELF,POPPY; not", ["SELF,POPPY"]),
        ("set up by Young-ho in billing", ["Young-ho"]),
        ("in hall w/ Hung, pain less", ["Hung"]),
        ("Cosign: TO, RATTANA  License", ["TO, RATTANA"]),
        ("Dr. Polat / Serenity / 23 June", ["Serenity"]),
        ("<given>Fa'amalosi</given>", ["Fa'amalosi"]),
        ("COORDINATOR SERENITY, (332)", ["SERENITY"]),
    ],
)
def test_finds_label_name(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "patient has a rash",
        "seen by the team",
        "RESULTS: normal",
        "sister with asthma",
        "called back",
        "T 38.4 C. Family history",
        "hepatitis C. Young adults",
        "NEEDS CUEING",
        "on 2 L. Will continue",
        "walks in hall, Braden 14.",
        "gave Tylenol,Advil today",
        "CBC,BMP drawn",
        "w/ Pain, fever",
    ],
)
def test_label_name_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
