from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import url_ip

RECOGNIZER = url_ip.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://portal.example.org/p/12.", ["https://portal.example.org/p/12"]),
        ("www.example.org/jane", ["www.example.org/jane"]),
        ("on example.com daily", ["example.com"]),
        ("from 10.0.12.7 at noon", ["10.0.12.7"]),
        ("2001:db8::8a2e:370:7334", ["2001:db8::8a2e:370:7334"]),
        ("twitter @jane_doe78", ["@jane_doe78"]),
        ("join at ehr.example.org:8443/chart/M7 now", ["ehr.example.org:8443/chart/M7"]),
    ],
)
def test_finds_url_ip(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "version 1.2.3",
        "pH 7.35.",
        "at 12:30:15",
        "e.g. rash",
        "pain.Then better",
        "ratio 1.2.300.4000",
    ],
)
def test_url_ip_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
