from typing import Any

import pytest

from clinical_sdft.deid.known import known_patient
from clinical_sdft.deid.residual import scan


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("write to jane at example dot org", "email_shape"),
        ("jane (at) example", "email_shape"),
        ("see www.example.org", "url_shape"),
        ("code 48213 on file", "digit_run"),
        ("4 4 7 1 9 2 0 3", "spaced_digits"),
        ("447.19-203 noted", "known_value"),
        ("call 212 555 0143", "phone_shape"),
        ("123-45-6789", "ssn_shape"),
        ("then Maria came", "name_list"),
        ("Dr. Zbrozek agreed", "titled_name"),
        ("doerner jane", "known_value"),
        ("born on 4.3.1978", "known_value"),
        ("in Springfield", "known_value"),
        ("near 42, MAPLE", "known_value"),
        ("Ja\u200bne", "hidden_character"),
    ],
)
def test_finds_what_is_left(patient: dict[str, Any], text: str, rule: str) -> None:
    assert rule in {hit.rule for hit in scan(text, known_patient(patient))}


@pytest.mark.parametrize(
    "text",
    [
        "46-year-old woman with silvery scales on both elbows for six weeks.",
        "WBC 11200, platelets 85000, viral load 120000 copies, heparin 10000 units",
        "Graves disease and Murphy's sign, Wilson disease, Bell's palsy",
        "seen in 2023 at 38.5 degrees, pain 7/10",
        "Dr. [date] agreed",
    ],
)
def test_clinical_text_is_clean(patient: dict[str, Any], text: str) -> None:
    assert scan(text, known_patient(patient)) == ()


def test_surrogates_are_allowed_and_nothing_matches_across_them(patient: dict[str, Any]) -> None:
    text = "Maria Smith, MRN 8812345."
    assert scan(text, known_patient(patient), [(0, 11), (17, 24)]) == ()
    assert {hit.rule for hit in scan(text, known_patient(patient))} == {"name_list", "digit_run"}
