"""Social security numbers: the 3-2-4 shape without any context, or a label."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.rules import TO_VALUE, Rule, RuleRecognizer

_LABEL = (
    r"\b(?:ssn?|social(?! (?:work|hist|serv|hx|support|situation|determinant))(?: security)?|soc\.? sec|itin|tin)\b"
)
_END = r"(?:(?:last|final)[ -](?:four|4)|end(?:s|ed|ing)?)\b"
"""Words by which only a number's end is written."""
_LAST_FOUR = (
    r"\b(?:last|final)[ -](?:four|4)\b"
    r"(?! (?:days?|weeks?|months?|years?|hours?|visits?|doses?|admissions?|beats|cycles|sessions|values|readings|labs))"
)
_FOUR = r"(?<![\d.,/:$-])(?P<id>\d{4})(?![\d/:%]|[.,-]\d| ?(?:mg|mcg|ml|units?|cc|hours|h)\b)"
"""Four digits on their own, and no quantity."""


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
            Rule(rf"{_LAST_FOUR}[^\d.;\n]{{0,60}}{_FOUR}", Category.SSN, 0.9),
            Rule(rf"{_FOUR}[^\d.;\n]{{0,30}}{_LAST_FOUR}", Category.SSN, 0.9),
            Rule(rf"\b(?:ending|ends|ended)(?: (?:in|with|on))? ?[#:]? ?{_FOUR}", Category.SSN, 0.89),
            Rule(
                rf"\b(?:ending|ends)(?: (?:in|with))? ?\d{{4}}[ ,]{{1,2}}(?:vs\.?|versus|or|and|not"
                rf"|instead of) {_FOUR}",
                Category.SSN,
                0.88,
            ),
            Rule(r"(?<=(?-i:\p{Lu}{2,},\p{Lu}{2,}(?: \p{Lu}+)?) {2,6})(?P<id>\d{4})(?= {2,})", Category.SSN, 0.88),
            Rule(rf"{_LABEL}[^.;\n\d]{{0,45}}{_FOUR}", Category.SSN, 0.88),
            Rule(rf"{_FOUR}[^\d.;\n]{{0,20}}{_LABEL}(?! ?[#:(])", Category.SSN, 0.86),
        ),
    )
