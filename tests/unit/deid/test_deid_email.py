from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import email

RECOGNIZER = email.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jane.d@example.org.", ["jane.d@example.org"]),
        ("write to J_D+x@mail.hospital.local", ["J_D+x@mail.hospital.local"]),
        ("<a@b.co>", ["a@b.co"]),
    ],
)
def test_finds_email(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "seen @ noon",
        "T 38 @ home",
        "BP @ 120",
    ],
)
def test_email_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
