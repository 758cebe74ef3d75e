"""Social security numbers: the 3-2-4 shape without any context, or a label."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.rules import TO_VALUE, Rule, RuleRecognizer

_LABEL = r"\b(?:ssn?|social security|soc\.? sec|itin|tin)"


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "ssn",
        (
            Rule(r"(?<![\w-])\d{3}([- ./])\d{2}\1\d{4}(?![\w-])", Category.SSN, 0.93),
            Rule(rf"{_LABEL}{TO_VALUE}(?P<id>\d{{3}}[ .-]?\d{{2}}[ .-]?\d{{4}})\b", Category.SSN, 0.95),
            Rule(
                rf"{_LABEL}{TO_VALUE}(?:(?:last (?:four|4)"
                rf"|ending)(?: digits)?[ :]*(?:in )?)?(?P<id>[\dx*-]*\d{{4}})\b",
                Category.SSN,
                0.94,
            ),
            Rule(r"(?<!\w)[x*]{3}-?[x*]{2}-?(?P<id>\d{4})\b", Category.SSN, 0.93),
            Rule(r"\blast (?:four|4)(?: digits)?(?: of)?(?: ssn?)?[ :]*(?P<id>\d{4})\b", Category.SSN, 0.9),
        ),
    )
