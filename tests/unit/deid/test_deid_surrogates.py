from datetime import date
from typing import Any

import pytest

from clinical_sdft.deid import EXPERT_ASSIST, SAFE_HARBOR, DeidPolicy
from clinical_sdft.deid.categories import Category, Span
from clinical_sdft.deid.dates import as_day, find_dates, rewrite
from clinical_sdft.deid.known import known_patient
from clinical_sdft.deid.surrogates import Surrogates


def surrogates(patient: dict[str, Any], policy: DeidPolicy = SAFE_HARBOR, key: bytes = b"k" * 32) -> Surrogates:
    return Surrogates(key, policy, known_patient(patient))


def test_one_person_keeps_one_surrogate_in_every_form(patient: dict[str, Any]) -> None:
    writer = surrogates(patient)
    given, middle, family = writer.write("Jane Quill Doerner", Category.NAME).split()
    assert writer.write("DOERNER, JANE", Category.NAME) == f"{family.upper()}, {given.upper()}"
    assert writer.write("J. Doerner", Category.NAME) == f"{given[0]}. {family}"
    assert writer.write("Dorner", Category.NAME) == family
    assert writer.write("jane doerner", Category.NAME) == f"{given} {family}".lower()
    assert {given, middle, family}.isdisjoint({"Jane", "Quill", "Doerner"})
    assert given[0] != "J" and family[0] != "D"


def test_another_key_or_patient_gives_other_numbers(patient: dict[str, Any]) -> None:
    first = surrogates(patient).write("44719203", Category.MRN)
    assert first == surrogates(patient).write("44719203", Category.MRN)
    assert first != surrogates(patient, key=b"x" * 32).write("44719203", Category.MRN)
    assert first != surrogates(patient | {"id": "P-002"}).write("44719203", Category.MRN)


@pytest.mark.parametrize(
    ("category", "value", "shape"),
    [
        (Category.MRN, "447-19-203", r"\d{3}-\d\d-\d{3}"),
        (Category.HEALTH_PLAN, "HP-8821934", r"[A-Z]{2}-\d{7}"),
        (Category.SSN, "123-45-6789", r"\d{3}-\d\d-\d{4}"),
        (Category.PHONE, "(212) 555-0143", r"\(\d{3}\) 555-01\d\d"),
        (Category.EMAIL, "jane@hospital.org", r"[a-z]{2}\d\d@example\.org"),
        (Category.URL, "https://a.org/x", r"https://example\.org/\w{4}"),
        (Category.IP, "10.0.0.7", r"192\.0\.2\.\d{1,3}"),
        (Category.AGE, "93", r"90\+"),
        (Category.FACILITY, "MERCY HOSPITAL", r"[A-Z]+ HOSPITAL"),
        (Category.ADDRESS, "42 Maple Street", r"\d{1,2} \w+ St"),
    ],
)
def test_form_is_kept(patient: dict[str, Any], category: Category, value: str, shape: str) -> None:
    import re

    written = surrogates(patient).write(value, category)
    assert re.fullmatch(shape, written) and written != value


@pytest.mark.parametrize(("code", "kept"), [("62704", "627"), ("03601", "000"), ("20500", "000")])
def test_zip_keeps_three_digits_or_none(patient: dict[str, Any], code: str, kept: str) -> None:
    assert surrogates(patient).write(code, Category.ZIP) == kept


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("April 12, 2023", "2023"),
        ("3/4/78", "1978"),
        ("4/9", "[date]"),
        ("05/06/1931", "[date]"),
        ("1931", "[date]"),
    ],
)
def test_safe_harbor_keeps_the_year_alone(patient: dict[str, Any], value: str, kept: str) -> None:
    assert surrogates(patient).write(value, Category.DATE) == kept


def test_shifted_dates_keep_their_distance_and_form(patient: dict[str, Any]) -> None:
    writer = surrogates(patient, EXPERT_ASSIST)
    one, two = (writer.write(value, Category.DATE) for value in ("April 12, 2023", "04/22/2023"))
    days = [as_day(find_dates(text)[0]) for text in (one, two)]
    assert isinstance(days[0], date) and isinstance(days[1], date)
    assert (days[1] - days[0]).days == 10
    assert days[0] != date(2023, 4, 12)
    assert abs((days[0] - date(2023, 4, 12)).days) <= EXPERT_ASSIST.max_shift_days


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("April 12th, 2023", "November 3rd, 2021"),
        ("12-APR-2023", "3-NOV-2021"),
        ("04/12/23", "11/03/21"),
        ("4/12/2023", "11/3/2021"),
        ("2023-04-12", "2021-11-03"),
        ("20230412", "20211103"),
    ],
)
def test_a_date_is_rewritten_in_its_own_form(text: str, expected: str) -> None:
    assert rewrite(text, find_dates(text)[0], date(2021, 11, 3)) == expected


def test_replacements_say_where_they_stand(patient: dict[str, Any]) -> None:
    text = "Jane, MRN 44719203."
    spans = [Span(0, 4, Category.NAME, 1.0), Span(10, 18, Category.MRN, 1.0)]
    new, replaced = surrogates(patient).replace_all(text, spans)
    assert [text[item.start : item.end] for item in replaced] == ["Jane", "44719203"]
    name, number = (new[item.new_start : item.new_end] for item in replaced)
    assert new == f"{name}, MRN {number}."


def test_a_surrogate_is_no_identifier_of_the_record() -> None:
    writer = surrogates({"id": "1", "name": "Jane Doerner", "relative": "Ann Eve Ida Joan Kay Lena Mia Nora Ruth"})
    for number in range(40):
        written = writer.write(f"Name{chr(97 + number % 26)}x{chr(97 + number // 26)} Q", Category.NAME)
        assert written.split()[0].casefold() not in {
            "ann",
            "eve",
            "ida",
            "joan",
            "kay",
            "lena",
            "mia",
            "nora",
            "ruth",
        }
