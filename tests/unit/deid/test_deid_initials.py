"""The initials of the people and facilities of a note."""

from clinical_sdft.deid.categories import Category, Span
from clinical_sdft.deid.initials import initials


def found(text: str, *names: tuple[str, Category]) -> list[str]:
    spans = [Span(text.index(name), text.index(name) + len(name), category, 0.8) for name, category in names]
    return [text[span.start : span.end] for span in initials(text, spans)]


def test_three_letters_are_somebodys() -> None:
    text = "Provider: Blessing Nwosu-Hart\nlater BNH saw it, and so did XYZ"
    assert found(text, ("Blessing Nwosu-Hart", Category.NAME)) == ["BNH"]


def test_two_letters_only_where_one_signs() -> None:
    text = "Vikram Rangan saw her. Ignore the alarm per VR. The VR was 90."
    assert found(text, ("Vikram Rangan", Category.NAME)) == ["VR"]


def test_a_facility_of_three_words_is_called_by_its_letters() -> None:
    text = "Sierra Meridian Health\nseen again at SMH today; EKG normal"
    assert found(text, ("Sierra Meridian Health", Category.FACILITY)) == ["SMH"]


def test_a_name_in_capitals_or_of_one_word_has_none() -> None:
    text = "DOE, JANE and Mercy were here; DJ and M too"
    assert found(text, ("DOE, JANE", Category.NAME), ("Mercy", Category.FACILITY)) == []
