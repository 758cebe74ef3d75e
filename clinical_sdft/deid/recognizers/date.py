"""Dates in all forms, as `clinical_sdft.deid.dates` finds them."""

from typing import Any

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.dates import find_dates
from clinical_sdft.deid.presidio import EntityRecognizer
from clinical_sdft.deid.recognizers.rules import result
from clinical_sdft.deid.text import fold

SCORE = 0.84


class DateRecognizer(EntityRecognizer):  # type: ignore[misc]
    """Finds dates that state more than a year."""

    def __init__(self) -> None:
        """Declare the one category."""
        super().__init__(supported_entities=[str(Category.DATE)], name="date")

    def load(self) -> None:
        """Nothing has to be loaded."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
        """Return presidio results."""
        return [result(Category.DATE, span.start, span.end, SCORE) for span in find_dates(fold(text))]
