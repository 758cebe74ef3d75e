from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import facility

RECOGNIZER = facility.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seen at Riverside Clinic", ["Riverside Clinic"]),
        ("at MERCY HOSPITAL", ["MERCY HOSPITAL"]),
        ("Stanford Hospital", ["Stanford Hospital"]),
        ("last seen at Cedar Crest on", ["Cedar Crest"]),
        ("St. Vincent's", ["St. Vincent's"]),
        ("to Blue Ridge for records. seen at Chinook Regional by phone", ["Blue Ridge", "Chinook Regional"]),
        ("hospitalized from May to June at Bluewater Imaging", ["Bluewater Imaging"]),
        ("ADMITTED FROM ST ANNE'S", ["ST ANNE'S"]),
        ("she is employed by Solar Census as a clerk", ["Solar Census"]),
        ("retired from Amber Mills Paper in May", ["Amber Mills Paper"]),
        ("placement at The Birches.", ["The Birches"]),
        ("Rx to Hometown Drugs today", ["Hometown Drugs"]),
        ("seen at Allegra Women's Health under care", ["Allegra Women's Health"]),
        ("seen at Providence of the Pines.", ["Providence of the Pines"]),
        ("transferred from Summit Ridge radiology where", ["Summit Ridge radiology"]),
        ("Lantern Hospice of the Ozarks called", ["Lantern Hospice of the Ozarks"]),
        ("Prior study Norwood General, 2021", ["Norwood General"]),
        ("admitted to LCRMC overnight", ["LCRMC"]),
        ("flown to Kids in Motion Therapy, stable, and then home", ["Kids in Motion Therapy"]),
        ("Referred by SaveRight Pharmacy #112 for it", ["SaveRight Pharmacy #112"]),
        ("seen at The Lodge at Cedar Fork;", ["The Lodge at Cedar Fork"]),
        ("brought to Children's of the High Plains at night", ["Children's of the High Plains"]),
        ("We meet at Esri, 64 Oak Street", ["Esri"]),
    ],
)
def test_finds_facility(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Dermatology Clinic",
        "the hospital",
        "Emergency Department",
        "admitted to ICU",
        "pain clinic",
        "treated in Thailand",
        "seen in Clinic",
        "T 38.4 C. Labs showed",
        "with a rolling walker. Labs",
        "ST ELEVATION",
        "PATIENT UNDERWENT SURGERY",
        "sent for Brain Imaging",
        "enrolled at registration",
        "works with Dr. Bell",
        "retired from France",
        "employer: none",
        "no ST changes, QTc 441",
        "WAS IN THE USUAL STATE OF HEALTH UNTIL MAY",
        "seborrhoea of the forehead",
        "Sonographic Murphy sign not elicited. Surgical history",
        "sent to Physical Therapy and called the office again today",
        "Tooth #19 was out, and he was well again",
    ],
)
def test_facility_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
