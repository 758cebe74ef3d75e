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
        ("Ja\x00ne", "hidden_character"),
        ("seen by \u041e\u043b\u044c\u0433\u0430", "other_script"),
        ("discussed with Wattanasiri today", "name_behind_cue"),
        ("daughter Ligaya called", "name_behind_cue"),
        ("Dear Drew,", "name_behind_cue"),
        ("Hnin Zaw, RN", "name_before_degree"),
        ("per K. Tsosie", "name_shape"),
        ("Kealoha, Leilani (45)", "name_shape"),
        ("admitted on March 3", "date_shape"),
        ("the 3rd of May", "date_shape"),
        ("until 7/13/21", "date_shape"),
        ("2021-07-13", "date_shape"),
        ("last seen on 12/4", "date_shape"),
        ("around Labor Day", "date_shape"),
        ("is 94 years old", "old_age"),
        ("tel 212\n555 0143", "phone_shape"),
        ("serial C11905-10", "code_shape"),
        ("IMG_3830.jpg", "file_name"),
        ("last four given as 6789", "ssn_shape"),
        ("at 12 Quarry Road", "address_shape"),
        ("at Kestrel Bay Dialysis", "facility_shape"),
        ("lives in Capitol Heights", "place_shape"),
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
        "strength 4/5, reflexes 2/4, 1/2 tablet, may take 3 daily, march 2 blocks",
        "discussed with Cardiology; referred to Physical Therapy; Nurse Practitioner visit",
        "CHA2DS2-VASc 3, COVID-19, T10-T11, SpO2 94%, B12 level, HbA1c 7.2%, NCT trial",
        "lives in Ohio; moved from Germany; from Left Arm to Right Arm; Peritoneal Dialysis",
        "To: Cardiology. Patient: Female. From ICU to Ward. Contact Precautions.",
        "IMPRESSION: NO ACUTE FRACTURE. CONTACT PRECAUTIONS. REFERRED TO CARDIOLOGY.",
    ],
)
def test_clinical_text_is_clean(patient: dict[str, Any], text: str) -> None:
    assert scan(text, known_patient(patient)) == ()


def test_surrogates_are_allowed_and_nothing_matches_across_them(patient: dict[str, Any]) -> None:
    text = "Maria Smith, MRN 8812345."
    assert scan(text, known_patient(patient), [(0, 11), (17, 24)]) == ()
    assert {hit.rule for hit in scan(text, known_patient(patient))} == {"name_list", "digit_run"}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("\ue000\ue000-Sayed came", "Sayed"),
        ("seen by El-\ue000\ue000", "El"),
        ("van der \ue000\ue000", "van der"),
        ("Te \ue000\ue000", "Te"),
        ("\ue000\ue000 Q. Ybarra", "Ybarra"),
        ("Nurse \ue000\ue000 Crohn at noon", "Crohn"),
        ("Xhaka, \ue000\ue000", "Xhaka"),
        ("(248)\n\ue000\ue000", "(248)"),
        ("\ue000\ue000 x33", "x33"),
        ("27th of \ue000\ue000", "7th of"),
        ("serial C\ue000\ue000-10", "C"),
    ],
)
def test_what_touches_a_surrogate_is_seen(patient: dict[str, Any], text: str, left: str) -> None:
    """The private character stands where `scan` puts it: in place of what was replaced."""
    masked = text.replace("\ue000", "x")
    allowed = [(index, index + 1) for index, character in enumerate(text) if character == "\ue000"]
    hits = [hit for hit in scan(masked, known_patient(patient), allowed) if hit.rule == "half_replaced"]
    assert any(left in text[hit.start : hit.end] for hit in hits)


@pytest.mark.parametrize(
    "text",
    [
        "\ue000\ue000 has Crohn disease",
        "DD: \ue000\ue000 DT: \ue000\ue000 Job",
        "DOS \ue000\ue000; ordering physician",
        "called \ue000\ue000 x2, no answer",
        "\ue000\ue000, MD, PhD",
        "MRN \ue000\ue000 Acct # \ue000\ue000",
        "\ue000\ue000's pain, \ue000\ue000. The wound",
        "DOB \ue000\ue000 Sex Female; Metformin \ue000\ue000 Aspirin",
    ],
)
def test_forms_and_plain_words_beside_surrogates_are_clean(patient: dict[str, Any], text: str) -> None:
    allowed = [(index, index + 1) for index, character in enumerate(text) if character == "\ue000"]
    assert scan(text.replace("\ue000", "x"), known_patient(patient), allowed) == ()


def test_the_last_four_of_a_known_social_security_number_are_seen() -> None:
    known = known_patient({"id": "P-1", "ssn": "219-09-4471"})
    assert [hit.rule for hit in scan("ending 4471 on the form", known)] == ["known_value", "ssn_shape"]
    assert [hit.rule for hit in scan("the form shows 4471 at its end", known)] == ["known_value"]
    assert scan("platelets 14471, dose 4.4471", known) == ()
