from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import licence_plate_vehicle

RECOGNIZER = licence_plate_vehicle.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("license plate ABC-1234", ["ABC-1234"]),
        ("plate 7XYZ123", ["7XYZ123"]),
        ("VIN 1HGCM82633A004352", ["1HGCM82633A004352"]),
        ("vehicle registration KL 4471", ["KL 4471"]),
        ("vehicle license plate 870-qpx noted", ["870-qpx"]),
        ("tag no. ffg1737, towed", ["ffg1737"]),
        ("plate go98umi", ["go98umi"]),
        ("license plate 921 5947", ["921 5947"]),
        ("by van bearing 695KME; their", ["695KME"]),
        ("by van bearing 48-3123; their", ["48-3123"]),
        ("security ran 8954 BIP, belongs", ["8954 BIP"]),
        ("plate VFN28 6, towed", ["VFN28 6"]),
    ],
)
def test_finds_licence_plate_vehicle(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "growth plate intact",
        "plates and screws",
        "platelets 85",
        "registration desk",
        "plate at 45 degrees",
        "enrolled at registration. SSN pending",
        "the plate was 5 mm thick",
    ],
)
def test_licence_plate_vehicle_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
