"""Social security numbers: the 3-2-4 shape without any context, or a label."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.rules import TO_VALUE, Rule, RuleRecognizer

_LABEL = r"\b(?:ssn?|social(?: security)?|soc\.? sec|itin|tin)\b"
_END = r"(?:last (?:four|4)|end(?:s|ed|ing)?)\b"
"""Words by which only a number's end is written."""


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "ssn",
        (
            Rule(r"(?<![\w-])\d{3}([- ./])\d{2}\1\d{4}(?![\w-])", Category.SSN, 0.93),
            Rule(rf"{_LABEL}{TO_VALUE}(?P<id>\d{{3}}[ .-]?\d{{2}}[ .-]?\d{{4}})\b", Category.SSN, 0.95),
            Rule(rf"{_LABEL}{TO_VALUE}(?P<id>[\dx*-]*\d{{4}})\b", Category.SSN, 0.94),
            Rule(rf"{_LABEL}[^\d\n]{{0,20}}\b{_END}[^\d\n]{{0,20}}(?P<id>\d{{4}})\b", Category.SSN, 0.94),
            Rule(rf"\b{_END}[^\d\n]{{0,20}}{_LABEL}[^\d\n]{{0,20}}(?P<id>\d{{4}})\b", Category.SSN, 0.94),
            Rule(r"(?<!\w)[x*.]{2,3}-?[x*.]{2}-?(?P<id>\d{4})\b", Category.SSN, 0.93),
            Rule(r"\blast (?:four|4)(?: digits)?[ :]*(?P<id>\d{4})\b", Category.SSN, 0.9),
        ),
    )
