"""What the scorer counts, with a detector that finds exactly what a test says."""

import pytest

from clinical_sdft.deid import SAFE_HARBOR
from clinical_sdft.deid.categories import Category, Span
from clinical_sdft.deid.known import KnownPatient
from clinical_sdft.deid.quality.bounds import Rate
from clinical_sdft.deid.quality.detectors import Engines
from clinical_sdft.deid.quality.exempt import exempt
from clinical_sdft.deid.quality.score import Score, score
from data_contracts import GoldDocument, GoldSpan, KeptSpan


class Finds:
    """A detector that finds given words."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def detect(self, text: str, known: KnownPatient) -> list[Span]:
        found = [Span(text.index(w), text.index(w) + len(w), Category.NAME, 1.0) for w in self.words if w in text]
        return sorted(found, key=lambda span: span.start)


def document(text: str, *spans: tuple[str, str], keep: str = "", patient: dict | None = None) -> GoldDocument:
    return GoldDocument(
        id=f"d-{len(text)}",
        text=text,
        spans=tuple(GoldSpan(start=text.index(w), end=text.index(w) + len(w), category=c) for w, c in spans),
        keep=(KeptSpan(start=text.index(keep), end=text.index(keep) + len(keep), kind="dose"),) if keep else (),
        patient=patient,
    )


def scored(gold: list[GoldDocument], *words: str, strict: bool = False) -> Score:
    return score(gold, Engines(Finds(*words), SAFE_HARBOR), strict=strict)


TEXT = "Seen: Dr. Ann Lee, MRN 99887, took 5 mg on 3/4/2021"
SPANS = (("Dr. Ann Lee", "name"), ("99887", "mrn"), ("3/4/2021", "date"))


def test_shares_are_counted_by_span_token_and_document() -> None:
    gold = [document(TEXT, *SPANS, keep="5 mg"), document("No identifier, aspirin 100")]
    result = scored(gold, "Ann Lee", "3/4", "took 5", "aspirin")
    assert (result.spans[Category.NAME], result.spans[Category.MRN]) == (Rate(1, 1), Rate(0, 1))
    assert result.spans[Category.DATE] == Rate(1, 1), "a year may stay"
    assert result.span_full_recall == Rate(2, 3)
    assert result.token_recall == Rate(4, 5)
    assert result.token_precision == Rate(4, 7), "took, 5 and aspirin are no identifiers"
    assert (result.leaking, result.anything_left) == (Rate(1, 1), Rate(1, 1))
    assert result.hard_negatives_touched == Rate(1, 1)
    assert result.facts_touched == {"dose": Rate(1, 1)}
    assert [(m.category, m.shape, m.left) for m in result.misses] == [(Category.MRN, "99999", ((23, 28),))]


def test_strict_counts_titles_and_years() -> None:
    result = scored([document(TEXT, *SPANS)], "Ann Lee", "99887", "3/4", strict=True)
    assert result.span_full_recall == Rate(1, 3)
    assert {miss.shape for miss in result.misses} == {"Aa. Aaa Aaa", "9/9/9999"}


def test_a_miss_shows_no_text() -> None:
    shown = repr(scored([document("Ann Lee came", ("Ann Lee", "name"))], "Ann").misses)
    assert "Lee" not in shown
    assert "Aaa Aaa" in shown


def test_only_dates_places_and_the_like_left_is_no_direct_leak() -> None:
    result = scored([document(TEXT, *SPANS)], "Ann Lee", "99887")
    assert (result.leaking, result.anything_left) == (Rate(0, 1), Rate(1, 1))


def test_known_values_in_released_text_are_counted() -> None:
    patient = {"id": "p-1", "sex": "female", "language": "German", "employer": "Nine Oaks", "phone": "(212) 555-0143"}
    text = "a female, speaks German, digits 2125550143 at nine  oaks"
    engines = Engines(Finds(), SAFE_HARBOR)
    from clinical_sdft.deid.quality.measure import known_left

    assert known_left(text, document(text, patient=patient)) == 2
    assert score([document(text, patient=patient)], engines).known_left == 0, "the second scan holds it back"
    assert score([document(text, patient=patient)], engines).held_back == Rate(1, 1)


def test_json_carries_the_promised_names_as_numbers() -> None:
    value = scored([document(TEXT, *SPANS), document("plain")], "Ann Lee").as_json()
    names = (
        "span_full_recall",
        "token_recall",
        "token_precision",
        "documents_leaking_rate",
        "hard_negatives_touched_rate",
    )
    assert [value[name] for name in names] == [pytest.approx(1 / 3), pytest.approx(2 / 5), 1.0, 1.0, 0.0]
    assert set(value["categories"]) == {"name", "mrn", "date"}
    for name in names:
        bound = value["bounds"][name]
        assert bound["lower"] <= bound["value"] <= bound["upper"]


def test_nothing_to_count_is_null() -> None:
    value = scored([document("plain")]).as_json()
    assert (value["span_full_recall"], value["documents_leaking_rate"]) == (None, None)
    assert value["hard_negatives_touched_rate"] == 0.0


@pytest.mark.parametrize(
    ("count", "total", "bounds"),
    [(0, 10, (0.0, 0.3085)), (10, 10, (0.6915, 1.0)), (7, 10, (0.3475, 0.9333))],
)
def test_bounds_are_the_tabled_ones(count: int, total: int, bounds: tuple[float, float]) -> None:
    """Exact two-sided 95% limits of a binomial proportion, as printed in tables."""
    assert Rate(count, total).bounds == pytest.approx(bounds, abs=1e-4)


@pytest.mark.parametrize(
    ("value", "category", "left"),
    [
        ("Dr. Sarah P.", Category.NAME, "SarahP"),
        ("Lee, MD", Category.NAME, "Lee"),
        ("Patient ID: ABCD1234", Category.OTHER_ID, "ABCD1234"),
        ("#AB-1", Category.MRN, "AB1"),
        ("Austin, TX", Category.PLACE, "Austin"),
        ("12 Elm St, Lyon, France 69001", Category.ADDRESS, "12ElmStLyon69001"),
        ("Georgia Street", Category.PLACE, "GeorgiaStreet"),
        ("April 12, 2023", Category.DATE, "April12"),
        ("3/4/1921", Category.DATE, "341921"),
        ("2021-03-04", Category.DATE, "0304"),
    ],
)
def test_what_may_stay_inside_an_identifier(value: str, category: Category, left: str) -> None:
    free = exempt(value, category)
    assert "".join(c for i, c in enumerate(value) if c.isalnum() and i not in free) == left
