"""Identifiers that were found in part are covered whole."""

import pytest

from clinical_sdft.deid.categories import Category, Span
from clinical_sdft.deid.widen import widened


@pytest.mark.parametrize(
    ("text", "part", "category", "whole"),
    [
        ("balance on account 4410-2, due now", "4410", Category.ACCOUNT, "4410-2"),
        ("member no.: MSH 300 417 225 02\n", "300 417 225", Category.HEALTH_PLAN, "MSH 300 417 225 02"),
        ("her son Wade Jr. called again", "Wade", Category.NAME, "Wade Jr."),
        ("seen at Lindgren Surgical Waiting Room", "Lindgren", Category.NAME, "Lindgren Surgical Waiting Room"),
        ("accepted by Saginaw Bay Comprehensive, at once", "Saginaw", Category.PLACE, "Saginaw Bay Comprehensive"),
        ("cared for through St. Benedict parish again", "St. Benedict", Category.FACILITY, "St. Benedict parish"),
        ("at 305 Main Street W today", "305 Main Street", Category.ADDRESS, "305 Main Street W"),
        ("from 400 Elm Blvd., Suite C, today", "400 Elm Blvd.", Category.ADDRESS, "400 Elm Blvd., Suite C"),
        ("he comes from RR 2 Box 118", "Box 118", Category.ADDRESS, "RR 2 Box 118"),
    ],
)
def test_the_rest_is_covered(text: str, part: str, category: Category, whole: str) -> None:
    start = text.index(part)
    (grown,) = widened(text, (Span(start, start + len(part), category, 0.8),))
    assert text[grown.start : grown.end] == whole


@pytest.mark.parametrize(
    ("text", "part", "category"),
    [
        ("she flew to Memphis Monday for the visit", "Memphis", Category.PLACE),
        ("he saw Jane Doe. Room 4 was free", "Jane Doe", Category.NAME),
        ("chart 99887 mg was a slip", "99887", Category.MRN),
        ("seen at Mercy Hospital Blood drawn", "Mercy Hospital", Category.FACILITY),
    ],
)
def test_what_belongs_to_nothing_stays(text: str, part: str, category: Category) -> None:
    start = text.index(part)
    (grown,) = widened(text, (Span(start, start + len(part), category, 0.8),))
    assert text[grown.start : grown.end] == part


def test_spans_stay_in_order_and_apart() -> None:
    text = "seen at Saginaw Bay Comprehensive Clinic today"
    spans = (Span(8, 15, Category.PLACE, 0.6), Span(16, 40, Category.FACILITY, 0.7))
    first, second = widened(text, spans)
    assert first.end <= second.start
    assert (first.start, second.end) == (8, 40)
