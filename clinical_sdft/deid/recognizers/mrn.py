"""Medical record numbers: a label and a code."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.rules import CODE, TO_VALUE, Rule, RuleRecognizer

_LABEL = r"\b(?:mrn|m\.r\.n|mr ?#|urn|emr|med(?:ical)?\.? ?rec(?:ord)?s?)"
_NEEDS_WORD = r"(?:chart|hospital|patient|unit|epic|case|nhs|ur|pt) ?(?:ids?\b|no\b|num\b|number|identifier|#)"


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "mrn",
        (
            Rule(rf"{_LABEL}{TO_VALUE}{CODE}", Category.MRN, 0.92),
            Rule(r"\bmr-\d{5,}\b", Category.MRN, 0.9),
            Rule(rf"\b{_NEEDS_WORD}{TO_VALUE}{CODE}", Category.MRN, 0.9),
        ),
    )
