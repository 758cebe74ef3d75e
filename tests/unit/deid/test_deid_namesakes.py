from collections.abc import Callable

import pytest

from clinical_sdft.deid import SAFE_HARBOR, NotesNer
from clinical_sdft.deid.engine import DetectionEngine
from clinical_sdft.deid.known import known_patient
from clinical_sdft.deid.text import fold, unwrap
from clinical_sdft.deid.words import is_flat, is_small, with_capitals, words_of


@pytest.fixture(scope="module")
def left(ner: NotesNer) -> Callable[[str], str]:
    """Return a text without what the engine finds in it."""
    engine = DetectionEngine(ner, SAFE_HARBOR)

    def cut(text: str) -> str:
        for span in reversed(engine.detect(text, known_patient({"id": "P-1"}))):
            text = text[: span.start] + text[span.end :]
        return text

    return cut


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Mr. Savage was seen. Consent from A. Savage.", "Savage"),
        ("Nurse Olive Crohn called. Today Olive has slept.", "Olive"),
        ("Ms. Zzyzx came in. Later Zzyzx felt better.", "Zzyzx"),
        ("FALEAFA,TALLULAH was seen; Ms Faleafa slept.", "aleafa"),
        ("Dr. von Hohenberg called; paged von Hohenberg twice.", "ohenberg"),
        ("dr. kristoffersen saw her; kristoffersen will call.", "kristoffersen"),
        ("Lives in Capitol Heights; ride home to Capitol Heights.", "Capitol"),
    ],
)
def test_a_name_found_once_goes_everywhere(left: Callable[[str], str], text: str, gone: str) -> None:
    assert gone.casefold() not in left(text).casefold()


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Graves has Graves disease.",
        "Dr. Cushing treats Cushing's syndrome.",
    ],
)
def test_the_disease_of_a_namesake_stays(left: Callable[[str], str], text: str) -> None:
    assert any(kept in left(text) for kept in ("Graves disease", "Cushing's syndrome"))


def test_a_text_without_capital_letters_gets_them_for_names_only() -> None:
    text = "seen by maria lopez-garcia at harbor point hospital on 3 may 2022; denies pain, blood pressure normal"
    capital = with_capitals(text)
    assert len(capital) == len(text) and is_small(words_of(text))
    assert "Maria Lopez-Garcia" in capital and "Harbor Point" in capital and "3 May 2022" in capital
    assert " pain," in capital and " at " in capital
    assert with_capitals("Seen by Maria Lopez at noon.") == "Seen by Maria Lopez at noon."
    assert is_flat(words_of("PATIENT MARIA LOPEZ WAS SENT FROM HARBOR POINT HOSPITAL YESTERDAY"))


def test_a_filled_line_goes_on_and_a_table_does_not() -> None:
    text = "She was seen in the emergency department by Dr. Jane\nDoe and went home.\n\nPlan:\n- rest\n| a | b |"
    plain = unwrap(fold(text))
    assert "Jane Doe" in plain and "Plan:\n- rest\n| a" in plain and len(plain) == len(text)
