from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import zip_address

RECOGNIZER = zip_address.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at 42 Maple Street.", ["42 Maple Street"]),
        ("1200 N. Oak Ave, Apt 4B", ["1200 N. Oak Ave, Apt 4B"]),
        ("PO Box 123", ["PO Box 123"]),
        ("Salem, OR 97301", ["Salem", "97301"]),
        ("zip code 62704", ["62704"]),
        ("near Chicago and New York", ["Chicago", "New York"]),
        ("lives in Dunwoody", ["Dunwoody"]),
        ("by the county of Multnomah.", ["Multnomah"]),
        ("lives in the Mission District", ["the Mission District"]),
        ("Yavapai County", ["Yavapai"]),
        ("lives with Mrs. Ruiz in Crown Heights,", ["Crown Heights"]),
        ("rome memorial, Rome, ga 30161-2930", ["Rome", "30161-2930"]),
        ("meetings in Wicker Park.", ["Wicker Park"]),
        ("the registrar of Licking County said so", ["Licking"]),
    ],
)
def test_finds_zip_address(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "40 mg Lisinopril",
        "St Vincent",
        "Boston criteria",
        "a buffalo hump",
        "5 Drops daily",
        "3 Lesions on the arm",
        "OR 2.5 (1.2-3.4)",
        "Glasgow Coma Scale 15",
        "Medicaid, ID 4DL4-RT3-XD52",
    ],
)
def test_zip_address_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
