from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import address_block

RECOGNIZER = address_block.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            ("Address: 3065 Five Points Way, Apt 4C, Chillicothe, OH 45601"),
            "3065 Five Points Way, Apt 4C, Chillicothe, OH 45601",
        ),
        ("12 rue de la Paix\nLyon\nFrance 69002", "12 rue de la Paix\nLyon\nFrance 69002"),
        ("home: Lindenstrasse 14, 10969 Berlin", "Lindenstrasse 14, 10969 Berlin"),
        ("ul. Karpacka 69, Bydgoszcz", "ul. Karpacka 69, Bydgoszcz"),
        ("letter to P.O. Box 255", "P.O. Box 255"),
        ("PSC 7580, Box 2412\nAPO AP 11949", "PSC 7580, Box 2412\nAPO AP 11949"),
        ("at 540B Route 9 today", "540B Route 9"),
        ("found on the corner of Elm Street and Oak Avenue", "the corner of Elm Street and Oak Avenue"),
        ("4568 Hwy 64 W #45, Elmira", "4568 Hwy 64 W #45, Elmira"),
    ],
)
def test_finds_whole_addresses(found: Callable[[Any, str], list[str]], text: str, expected: str) -> None:
    assert expected in found(RECOGNIZER, text)


@pytest.mark.parametrize(
    "text",
    [
        "51 YEAR OLD. CT OF THE HEAD NEGATIVE",
        "takes 2 tablets by mouth, 3 times a day",
        "given 4 units via NG tube",
        "pain 7/10 in the lower back",
        "WBC 11200, platelets 85000",
        "in place of gabapentin 300 mg if",
        "sent via wheelchair van. Alk phos 146",
        "pain is 6 out of 10, no rubs",
    ],
)
def test_address_block_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
