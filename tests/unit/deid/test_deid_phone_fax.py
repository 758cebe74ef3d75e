from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import phone_fax

RECOGNIZER = phone_fax.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(212) 555-0143", ["(212) 555-0143"]),
        ("212.555.0143 x12", ["212.555.0143 x12"]),
        ("+44 20 7946 0958", ["+44 20 7946 0958"]),
        ("fax: 2125550143", ["2125550143"]),
        ("call 555-0143", ["555-0143"]),
        ("1-212-555-0143", ["1-212-555-0143"]),
        ("pager 4471", ["4471"]),
        ("office: 212.555.0143x1887-Fax", ["212.555.0143x1887"]),
        ("751-555-0143-Office", ["751-555-0143"]),
        ("not answering at 785 8949", ["785 8949"]),
        ("fax results to 914\n555 0164", ["914\n555 0164"]),
        ("call 414/555-0143", ["414/555-0143"]),
        ("at 1-(246)-555-0148 for", ["1-(246)-555-0148"]),
        ("at 011 52 849 555 0158, for", ["011 52 849 555 0158"]),
        ("fax (624) 555-0100 #118.", ["(624) 555-0100 #118"]),
    ],
)
def test_finds_phone_fax(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "BP 120/80",
        "platelets 150-400",
        "2024-0012",
        "4-6 weeks",
        "HR 72, temp 38.5",
    ],
)
def test_phone_fax_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
