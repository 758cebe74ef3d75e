"""Telephone and fax numbers: North American, international, local behind a label."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.rules import Rule, RuleRecognizer

_LABEL = (
    r"\b(?:telephone|phone|tel|ph|cell(?:ular)?|mobile|mob|fax|facsimile|pager|beeper|call(?:ed|back)?|contact"
    r"|text(?:ed)?|reach(?:ed|able)?|whatsapp|voicemail|ext(?:ension)?|[tcfmhp])\.?(?: ?(?:no|number|num|#))?"
    r"\.?(?: (?:him|her|them|back|is|at|on|me|us|patient|family|wife|husband))*[ :#.=]*"
)
_EXTENSION = r"(?:,? ?(?:x|ext\.?|extension) ?\d{1,6})?"


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "phone_fax",
        (
            Rule(
                rf"(?<![\w-])(?:\+?1[ .-]?)?(?:\(\d{{3}}\) ?"
                rf"|\d{{3}}[ .-]{{1,3}})\d{{3}}[ .-]{{1,3}}\d{{4}}{_EXTENSION}"
                r"(?![\w-])",
                Category.PHONE,
                0.86,
            ),
            Rule(rf"(?<![\w+])\+\d{{1,3}}(?:[ ().-]{{0,2}}\d){{7,12}}{_EXTENSION}(?!\d)", Category.PHONE, 0.86),
            Rule(rf"(?<![\w/.-])(?!(?:19|20)\d\d-)\d{{3}}-\d{{4}}{_EXTENSION}(?![\w-])", Category.PHONE, 0.8),
            Rule(rf"{_LABEL}(?P<id>\+?\(?\d(?:[ ().-]{{0,2}}\d){{6,13}}{_EXTENSION})(?!\w)", Category.PHONE, 0.89),
            Rule(
                r"\b(?:ext(?:ension)?|pager|beeper)\.?(?: ?(?:no|number|#))?[ :#]*(?P<id>\d{3,6})\b",
                Category.PHONE,
                0.85,
            ),
        ),
    )
