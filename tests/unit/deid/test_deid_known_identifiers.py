from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.known import known_patient, name_tokens
from clinical_sdft.deid.recognizers.known_identifiers import KnownIdentifiersRecognizer
from clinical_sdft.deid.recognizers.known_patterns import one_edit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jane Quill Doerner came", ["Jane", "Quill", "Doerner"]),
        ("DOERNER, JANE Q.", ["DOERNER", "JANE", "Q"]),
        ("J. Doerner called", ["J", "Doerner"]),
        ("initials J.D. only", ["J.D."]),
        ("jane doerner in lower case", ["jane", "doerner"]),
        ("misspelt Dorner and Doernner and Deorner", ["Dorner", "Doernner", "Deorner"]),
        ("Doerner's sister Anna", ["Doerner", "Anna"]),
        ("Dr Kaczmarek, W. Kaczmarek", ["Kaczmarek", "W", "Kaczmarek"]),
        ("number 4471-92 03", ["4471-92 03"]),
        ("447 192 03", ["447 192 03"]),
        ("phone 212/555/0143 or 555 0143", ["212/555/0143", "555 0143"]),
        ("born 4 March 1978", ["4 March 1978"]),
        ("DOB 3/4 this year", ["3/4"]),
        ("DOB 19780304", ["19780304"]),
        ("42 Maple St, Springfield", ["42 Maple St", "Springfield"]),
        ("at 42 Maple", ["42 Maple"]),
        ("near RIVERSIDE", ["RIVERSIDE"]),
        ("riverside clinic", ["riverside clinic"]),
        ("plan hp 8821934", ["hp 8821934"]),
        ("mail JQ.Doerner@Example.org", ["JQ.Doerner@Example.org"]),
        ("zip 62704", ["62704"]),
    ],
)
def test_finds_known_values(
    found: Callable[[Any, str], list[str]], patient: dict[str, Any], text: str, expected: list[str]
) -> None:
    assert found(KnownIdentifiersRecognizer(known_patient(patient, "R-001")), text) == expected


@pytest.mark.parametrize(
    "text", ["a quill of hair", "maple syrup urine disease", "female, 46", "sister with psoriasis"]
)
def test_leaves_words_that_only_resemble_known_values(
    found: Callable[[Any, str], list[str]], patient: dict[str, Any], text: str
) -> None:
    plain = patient | {"name": "Jane Brown"}
    assert found(KnownIdentifiersRecognizer(known_patient(plain, "R-001")), text.replace("quill", "brown patch")) == []


def test_a_lower_case_name_that_is_also_a_word_counts_beside_its_other_half(
    found: Callable[[Any, str], list[str]],
) -> None:
    recognizer = KnownIdentifiersRecognizer(known_patient({"id": "1", "name": "Rose Brown"}))
    assert found(recognizer, "pt rose brown with a brown rash") == ["rose", "brown"]


def test_reads_nested_records_and_skips_what_identifies_nobody() -> None:
    known = known_patient(
        {
            "id": "P-9",
            "sex": "male",
            "birth_place": "Evanston",
            "contacts": [{"name": "Petra Novak", "relation": "mother", "phone": "555-0101"}],
            "occupation": "teacher",
        }
    )
    assert {(str(value.category), value.text) for value in known.values} == {
        ("other_id", "P-9"),
        ("place", "Evanston"),
        ("name", "Petra Novak"),
        ("phone", "555-0101"),
    }


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Jane Q. Doerner", "doerner"),
        ("Doerner, Jane", "doerner"),
        ("Jane Doerner, MD", "doerner"),
        ("Doerner", "doerner"),
    ],
)
def test_family_name_is_told_from_given_names(name: str, family: str) -> None:
    assert [token.text for token in name_tokens(name) if token.family] == [family]


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [("abcde", "abde", True), ("abcde", "abxde", True), ("abcde", "bacde", True), ("abcde", "abcdef", True),
     ("abcde", "abxye", False), ("abcde", "edcba", False)],
)  # fmt: skip
def test_one_edit(left: str, right: str, same: bool) -> None:
    assert one_edit(left, right) is same


@pytest.mark.parametrize("relation", ["daughter-in-law", "stepson", "girlfriend", "ex-wife"])
def test_a_relation_in_a_name_is_no_name(relation: str) -> None:
    known = known_patient({"relative": f"Aino Hidayat ({relation})"})
    assert set(known.tokens) == {"aino", "hidayat"}
