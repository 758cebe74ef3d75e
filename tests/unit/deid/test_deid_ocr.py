"""A second reading of texts that a scanner has misread."""

from clinical_sdft.deid import SAFE_HARBOR, NotesNer
from clinical_sdft.deid.engine import DetectionEngine
from clinical_sdft.deid.known import known_patient
from clinical_sdft.deid.ocr import reread

SCANNED = "CL1NIC N0TE  Tel (5O5) 2l9-6O42  seen l0/06/2O24 and l/14/20, took 5l of water, B12 normal"


def test_slips_are_put_right_and_the_length_stays() -> None:
    right = reread(SCANNED)
    assert right == "CLINIC NOTE  Tel (505) 219-6042  seen 10/06/2024 and 1/14/20, took 5l of water, B12 normal"
    assert len(right) == len(SCANNED)


def test_a_text_with_one_slip_or_none_is_left_alone() -> None:
    for text in ("B12 and T10, O2 94%, 5l a day", "seen at 1O2 Elm once"):
        assert reread(text) == text


def test_misread_numbers_and_dates_are_found(ner: NotesNer) -> None:
    spans = DetectionEngine(ner, SAFE_HARBOR).detect(SCANNED, known_patient({"id": "P-1"}))
    covered = {index for span in spans for index in range(span.start, span.end)}
    for value in ("5O5) 2l9-6O42", "l0/06", "l/14"):
        start = SCANNED.index(value)
        assert set(range(start, start + len(value))) <= covered
