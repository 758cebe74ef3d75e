from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import account

RECOGNIZER = account.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("account no. 99-887766", ["99-887766"]),
        ("Acct#: GRM-998877", ["GRM-998877"]),
        ("card 4111 1111 1111 1111", ["4111 1111 1111 1111"]),
        ("encounter 5567001", ["5567001"]),
        ("invoice number 2024-0012", ["2024-0012"]),
    ],
)
def test_finds_account(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "bill discussed",
        "visit at noon",
        "second visit, 3 lesions",
        "in order to treat",
    ],
)
def test_account_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
