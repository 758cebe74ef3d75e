"""Licence plates and vehicle identification numbers."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.rules import TO_VALUE, Rule, RuleRecognizer

_LABEL = (
    r"(?i:\b(?:licen[sc]e plates?|number plates?|plates?(?: (?:no|number|#))?|vehicle(?: (?:id"
    r"|reg(?:istration)?|tag))?"
    r"|car reg(?:istration)?|registration|reg|vin|tag))"
)
_PLATE = r"(?<!\w)(?P<id>(?=[A-Z0-9 -]*\d)(?=[\d -]*[A-Z])[A-Z0-9]{1,4}(?:[ -]?[A-Z0-9]{2,4}){1,2})\b"


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "licence_plate_vehicle",
        (
            Rule(rf"{_LABEL}(?i:{TO_VALUE}){_PLATE}", Category.VEHICLE, 0.9, ignore_case=False),
            Rule(
                r"\b(?=[A-HJ-NPR-Z0-9]*\d[A-HJ-NPR-Z0-9]*\d)(?=\d*[A-Z])[A-HJ-NPR-Z0-9]{17}\b",
                Category.VEHICLE,
                0.9,
                ignore_case=False,
            ),
        ),
    )
