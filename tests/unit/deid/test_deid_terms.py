"""Names of people in terms of medicine: found by their first word, told by what stands beside them."""

import pytest

from clinical_sdft.deid.terms import eponym_spans, term_spans


def terms(text: str) -> set[str]:
    return {text[start:end] for start, end in (*eponym_spans(text), *term_spans(text))}


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("Homans neg, calf soft", "Homans neg"),
        ("diverticulitis, Hinchey Ib, no air", "Hinchey Ib"),
        ("Murphy, Courvoisier and Cullen are asked", "Murphy"),
        ("the circle of Willis is open", "circle of Willis"),
        ("hx Ogilvie's, doing fine", "Ogilvie's"),
        ("Smith-Petersen interval was used", "Smith-Petersen"),
        ("Crohn disease in remission", "Crohn disease"),
    ],
)
def test_a_term_is_found(text: str, term: str) -> None:
    assert any(term in found for found in terms(text))


@pytest.mark.parametrize(
    "text", ["Dr. Murphy saw her", "daughter Marisol cell 253", "Baker present at bedside", "Foreman Chepe saw it"]
)
def test_a_person_is_none(text: str) -> None:
    assert terms(text) == set()
