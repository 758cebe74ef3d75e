from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import device_serial

RECOGNIZER = device_serial.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pacemaker serial no. PM-44718", ["PM-44718"]),
        ("S/N 99887766", ["99887766"]),
        ("lot 4471A2", ["4471A2"]),
        ("00:1B:44:11:3A:B7", ["00:1B:44:11:3A:B7"]),
        ("(01)00844588003288", ["(01)00844588003288"]),
        ("RV lead serial 8D4Y7M", ["8D4Y7M"]),
        ("UDI +B895L0669340/$$3528721IS2772", ["+B895L0669340/$$3528721IS2772"]),
        ("scanned (01) 02205891249793 (17) 290629 (21) Y3702655.", ["(01) 02205891249793 (17) 290629 (21) Y3702655"]),
        ("UDI =/W1445ICJ012T6339=,000449=>020535 on", ["=/W1445ICJ012T6339=,000449=>020535"]),
        ("old pump DPF50G mailed", ["DPF50G"]),
    ],
)
def test_finds_device_serial(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "serial troponins 12 and 14",
        "device working",
        "a lot better",
        "stent patent",
        "pump working; lot of pain",
    ],
)
def test_device_serial_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
