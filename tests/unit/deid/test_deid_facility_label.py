from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import facility_label

RECOGNIZER = facility_label.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dept: Platte Bend Family Med today", ["Platte Bend Family Med"]),
        ("Pharm = Hometown Drug on 2nd, and she knows", ["Hometown Drug on 2nd"]),
        ("she works for the Hatch Flats Municipal Schools as a cook", ["Hatch Flats Municipal Schools"]),
        ("he fixes trucks and drives for Faribault Taxi at night", ["Faribault Taxi"]),
        ("the infirmary of Our Lady of the Ridge is open", ["Our Lady of the Ridge"]),
        ("we sent the form to Skin Clinic of Halcott again", ["Skin Clinic of Halcott"]),
        ("the pharmacy is Sav-Mor #4 by the bridge", ["Sav-Mor #4"]),
    ],
)
def test_finds_facilities_by_where_they_stand(
    found: Callable[[Any, str], list[str]], text: str, expected: list[str]
) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Disposition: Home with family today",
        "Insurance: Medicare and nothing else",
        "seen for Coronary Heart disease in the past",
        "Tooth #4 was drilled and closed again",
        "Dept: Cardiology, and she was seen there",
    ],
)
def test_leaves_departments_and_terms(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
