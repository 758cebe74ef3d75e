from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import role_name

RECOGNIZER = role_name.recognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the night of my cousin Peanut's cookout at home", ["Peanut"]),
        ("driven in by her driver Tater and seen at once", ["Tater"]),
        ("given report by RN Precious A. before she left the unit", ["Precious A."]),
        ("written refusal signed, witness CO Grubbs was there", ["Grubbs"]),
        ("ask for Skip at the desk when the drug is ready", ["Skip"]),
        ("please call Obi on 920 555 0108 about the result", ["Obi"]),
        ('surgeon Oluwaseun "Shay" Bright saw her before the case', ['Oluwaseun "Shay" Bright']),
        ('now 81 years old, Ming-Zhu "May" was seen here', ["May"]),
        ("ortho (Young) aware and will see her tonight", ["Young"]),
        ("PAT: ZAWADZKI^DELPHINE^R was seen for pain", ["ZAWADZKI^DELPHINE^R"]),
        ("dictating on Mr Sampson, S-A-M-P-S-O-N, for the record", ["S-A-M-P-S-O-N"]),
        ("he lives with his children Sumaya 11, Ayaan 8, and a dog", ["Ayaan"]),
        ("signed by Wm. Oduya on behalf of the team", ["Wm. Oduya"]),
        ("CALLED AND READ BACK BY SUNNY BALES RN AT ONCE", ["SUNNY BALES"]),
    ],
)
def test_finds_people_by_what_they_are_called(
    found: Callable[[Any, str], list[str]], text: str, expected: list[str]
) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "the patient Denies chest pain and says so again",
        "RN Notified of the fall at once, and a check was done",
        "PT Eval was done, walks with one person beside her",
        "her wife is here and her son was called again",
        "Abbott (Confirm) was read at the clinic without trouble",
        "her labs are Hct 41, Cr 2 and she feels well",
        "PATIENT DENIES PAIN. NURSE NOTIFIED. WIFE PRESENT AT BEDSIDE.",
    ],
)
def test_leaves_what_is_no_name(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
