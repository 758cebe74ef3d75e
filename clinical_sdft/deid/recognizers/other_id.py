"""Any other unique number: what a note calls an id or a reference, and long codes without a label."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.rules import CODE, LONG_CODE, TO_VALUE, Rule, RuleRecognizer
from clinical_sdft.deid.safe import is_clinical_number

_LABEL = r"\b(?:ids?|identifier|identification|ref(?:erence)?|file|record|study|subject|participant|case|room|bed)"
_SURE = r"\b(?:ids?|identifier|identification)"


def _is_identifier(text: str, start: int, end: int) -> bool:
    return not is_clinical_number(text, start, end)


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "other_id",
        (
            Rule(rf"{_SURE}{TO_VALUE}{CODE}", Category.OTHER_ID, 0.7),
            Rule(rf"{_LABEL}{TO_VALUE}{LONG_CODE}", Category.OTHER_ID, 0.7),
            Rule(r"(?<![\w.,/-])#[ ]?(?P<id>[A-Z0-9-]*\d{4,}[A-Z0-9-]*)", Category.OTHER_ID, 0.7),
            Rule(r"(?<![\w.,/-])\d{6,}(?![\w/]|[.,]\d)", Category.OTHER_ID, 0.6, accept=_is_identifier),
            Rule(
                r"(?<![\w.,/-])(?=[A-Z0-9-]*[A-Z])(?=(?:[A-Z0-9-]*?\d){5})[A-Z0-9]+(?:-[A-Z0-9]+)*(?![\w/]|[.,]\d)",
                Category.OTHER_ID,
                0.6,
                accept=_is_identifier,
            ),
            Rule(r"(?<![\w.,/-])\d{5,}(?:-\d{2,})+(?![\w/]|[.,]\d)", Category.OTHER_ID, 0.6),
            Rule(r"(?<![\w.,/-])\d{2,4}(?:-\d{2,6}){2,4}(?![\w/]|[.,]\d)", Category.OTHER_ID, 0.55),
        ),
    )
