from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import licence_certificate

RECOGNIZER = licence_certificate.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("driver's license D1234567", ["D1234567"]),
        ("NPI 1234567893", ["1234567893"]),
        ("DEA# BB1234563", ["BB1234563"]),
        ("passport no. 99887766", ["99887766"]),
        ("badge 44718", ["44718"]),
        ("seen: T 704 365 999 388, WA", ["T 704 365 999 388"]),
    ],
)
def test_finds_licence_certificate(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "HDL 45 mg/dL",
        "LDL 145",
        "licensed nurse",
        "certificate of fitness",
    ],
)
def test_licence_certificate_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
