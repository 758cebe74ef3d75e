from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import biometric

RECOGNIZER = biometric.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("face stored as IMG_383088.jpg.", ["IMG_383088.jpg"]),
        ("photo-ZA360710.png", ["photo-ZA360710.png"]),
        ("Retina scan ID BIO-XD3390", ["BIO-XD3390"]),
        ("Voiceprint BIO-SM1336-2 on file", ["BIO-SM1336-2"]),
        ("fingerprint template no. 4471-AB", ["4471-AB"]),
        ("photo wound 20 39 8448.heic", ["photo wound 20 39 8448.heic"]),
        ("(Screenshot 2024-09-20.png)", ["Screenshot 2024-09-20.png"]),
        ("photo jane_before_after.jpg stored", ["jane_before_after.jpg"]),
        ("WhatsApp Image 2024-05-14 at 4.19.31 PM.jpeg", ["WhatsApp Image 2024-05-14 at 4.19.31 PM.jpeg"]),
    ],
)
def test_finds_biometric(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text", [("iris normal, 3 mm pupils"), "gait steady", "fingerprints taken", "retinal scan clear"]
)
def test_biometric_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
