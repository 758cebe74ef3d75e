"""Medical terms that hold a name, known ones and ones that only their form gives away, and slips of the pen."""

from collections.abc import Callable

import pytest

from clinical_sdft.deid import Deidentifier
from clinical_sdft.deid.lexicon import is_slip
from clinical_sdft.deid.safe import term_spans
from data_contracts import DeidentifiedRecord, PatientRecord


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("a Quimby sign was seen", "Quimby sign"),
        ("positive Osterhaus-Meller maneuver", "Osterhaus-Meller maneuver"),
        ("the Quimby's syndrome", "Quimby's syndrome"),
        ("gait with a rolling walker", "rolling walker"),
        ("pressure Goldmann 24, full", "Goldmann 24"),
        ("a Humphrey field was full", "Humphrey field"),
        ("the Brandmark grade II lesion", "Brandmark grade"),
        ("her foster mother came", "foster"),
        ("<streetAddressLine>4 Elm", "<streetAddressLine"),
    ],
)
def test_a_word_of_medicine_makes_a_term(text: str, term: str) -> None:
    assert [text[start:end] for start, end in term_spans(text)] == [term]


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Quimby's disease",
        "Dr. Quimby test",
        "Jane Quimby syndrome",
        "J. Quimby sign",
        "patient Quimby score",
        "seen by Goldmann 24 days ago",
    ],
)
def test_a_person_before_a_word_of_medicine_stays_a_person(text: str) -> None:
    assert term_spans(text) == ()


@pytest.mark.parametrize("word", ["patietn", "suurgical", "abdomne", "familyy"])
def test_a_slip_is_a_clinical_word_with_a_letter_wrong(word: str) -> None:
    assert is_slip(word)


@pytest.mark.parametrize("word", ["kowalski", "patient", "quimby", "martin", "denis"])
def test_names_and_words_are_no_slips(word: str) -> None:
    assert not is_slip(word)


@pytest.mark.parametrize(
    "sentence",
    [
        "Glasgow Coma Scale 15 on arrival.",
        "Patietn is alert and oriented.",
        "T 38.4 C. Family history of diabetes.",
        "WALKS WITH A ROLLING WALKER. LABS SHOWED SODIUM 138.",
        "Negative Quimby test and Osterhaus sign.",
        "Von Hippel-Lindau disease in the father.",
        "Neuro intact, Braden 18, Romberg absent; Mallampati class II.",
        "Shoulder: Neer and Jobe positive. Wrist: positive Finkelstein, negative Watson shift.",
        "Labs today: NT-proBNP 2310, TSH 3.45. Hold Norco until renal function recovers.",
        "Port accessed with 20g Huber needle. Miami J collar in place; Ottawa rules not met.",
    ],
)
def test_sentences_without_identifiers_stay(
    deidentifier: Deidentifier, make_record: Callable[..., PatientRecord], sentence: str
) -> None:
    outcome = deidentifier.deidentify(make_record(sentence))
    assert isinstance(outcome, DeidentifiedRecord)
    assert outcome.text == sentence


def test_a_name_told_in_the_note_is_taken_out_before_a_word_of_medicine(
    deidentifier: Deidentifier, make_record: Callable[..., PatientRecord]
) -> None:
    outcome = deidentifier.deidentify(make_record("Seen by Dr. Osterhaus. Osterhaus sign was negative."))
    text = outcome.text if isinstance(outcome, DeidentifiedRecord) else ""
    assert "Osterhaus" not in text
