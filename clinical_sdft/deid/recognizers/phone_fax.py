"""Telephone and fax numbers: North American, international, local behind a label."""

import phonenumbers

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.rules import Rule, RuleRecognizer
from clinical_sdft.deid.text import matches

_LABEL = (
    r"\b(?:telephone|phone|tel|ph|cell(?:ular)?|mobile|mob|fax|facsimile|pager|beeper|call(?:ed|back)?|contact"
    r"|text(?:ed)?|reach(?:ed|able)?|whatsapp|voicemail|ext(?:ension)?|[tcfmhp](?=[ .:]))\.?(?: ?(?:no|number|num|#))?"
    r"\.?(?: (?:him|her|them|back|is|at|on|me|us|patient|family|wife|husband))*[ :#.=]*"
)
_EXTENSION = r"(?:[, \n]{0,2}(?:x[ \n]?\d{2,6}|(?:ext\.?|extension|#)[ \n]?\d{1,6}))?"


_NUMBER_ENDS = r"(?:(?![\w-])|(?=-(?:fax|office|mobile|cell|home|work|direct|desk|main|tel|phone|pager)\b))"
_GROUPS = r"(?<![\w.+/-])(?:\+|00)?\(?\d{1,5}\)?(?:[ .-]{1,2}\(?\d{1,8}\)?){1,5}(?![\w/-]|[.,]\d)"
_KIND_AFTER = r"(?=[ ,(:-]{0,3}(?:office|fax|mobile|cell|home|work|direct|desk|main|landline|voice|tel|phone|pager)\b)"
_REGIONS = (
    "US",
    "GB",
    "IE",
    "AU",
    "NZ",
    "IN",
    "DE",
    "FR",
    "IT",
    "ES",
    "NL",
    "SE",
    "DK",
    "NO",
    "PL",
    "BR",
    "MX",
    "ZA",
    "JP",
)
"""Where people's numbers come from; a number without a country code must be valid in one of them."""


def _is_phone(text: str, start: int, end: int) -> bool:
    """Tell `078 6657 2626` from `120 80 72`: three groups or a bracket, and valid somewhere."""
    value = text[start:end]
    digits = sum(character.isdigit() for character in value)
    groups = [group for group in value.replace("(", " ").replace(")", " ").replace("-", " ").replace(".", " ").split()]
    telling = value[0] in "+(" or value.startswith("0")
    if not 8 <= digits <= 15 or len(groups) < (2 if telling else 3) or not telling:
        return False
    return any(_is_valid(value, region) for region in _REGIONS)


def _is_valid(value: str, region: str) -> bool:
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(value, region)))
    except phonenumbers.NumberParseException:
        return False


def _is_extension(text: str, start: int, end: int) -> bool:
    """Tell `Litha x 4471` from `Vicryl x 4000 units`."""
    after = any(
        matches(r"^ ?(?:mg|ml|units?|u|days?|weeks?|min|reps|sets|mcg|iu|cells|steps|feet|ft)\b", text[end : end + 8])
    )
    return not after and end - start > 3


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "phone_fax",
        (
            Rule(
                rf"(?<![\w-])(?:(?:\+|00)?1[ .-]?)?(?:[({{\[]\d{{3}}[)\]}}][\s.-]{{0,2}}"
                rf"|\d{{3}}[\s.-]{{1,3}})\d{{3}}[\s.-]{{1,3}}\d{{4}}{_EXTENSION}"
                rf"{_NUMBER_ENDS}",
                Category.PHONE,
                0.86,
            ),
            Rule(rf"(?<![\w+.-])011[ -]\d{{1,3}}(?:[ ().-]{{0,2}}\d){{7,12}}{_EXTENSION}(?!\d)", Category.PHONE, 0.87),
            Rule(rf"(?<![\w+])\+\d{{1,3}}(?:[ ().-]{{0,2}}\d){{7,12}}{_EXTENSION}(?!\d)", Category.PHONE, 0.86),
            Rule(rf"(?<![\w/.-])(?!(?:19|20)\d\d-)\d{{3}}-\d{{4}}{_EXTENSION}(?![\w-])", Category.PHONE, 0.8),
            Rule(
                rf"(?<![\w.+-])\(?\d{{3}}\)?[/.-]{{1,2}}\d{{3}}[.-]\d{{4}}{_EXTENSION}{_NUMBER_ENDS}",
                Category.PHONE,
                0.86,
            ),
            Rule(
                r"\b(?:answering at|number is|numbers? (?:are|was)|line is|dial(?:ed|ing)?|rang|ring"
                r"|calling from|reached? (?:at|on))"
                rf" (?P<id>\+?\(?\d(?:[ ().-]{{0,2}}\d){{5,13}}{_EXTENSION})(?!\w)",
                Category.PHONE,
                0.86,
            ),
            Rule(rf"{_LABEL}(?P<id>\+?\(?\d(?:[ ().-]{{0,2}}\d){{6,13}}{_EXTENSION})(?!\w)", Category.PHONE, 0.89),
            Rule(rf"(?<![\w/.-])\d{{3}}/\d{{3}}/\d{{4}}{_EXTENSION}(?![\w/-])", Category.PHONE, 0.87),
            Rule(
                r"\b(?:fax|phone|tel|call(?:ed|s)?|reach(?:ed)?)\b[^.;\n\d]{0,28}[ ,](?P<id>\d{3}[ \n]\d{4})(?![\w/-]"
                r"|[.,]\d)",
                Category.PHONE,
                0.85,
            ),
            Rule(_GROUPS, Category.PHONE, 0.83, accept=_is_phone),
            Rule(rf"(?<![\w.,/-])\(?\+?\d(?:[ ().-]{{0,2}}\d){{5,13}}{_EXTENSION}{_KIND_AFTER}", Category.PHONE, 0.88),
            Rule(
                r"(?<=\d{4}[^\d\n]{1,16})\b(?:f|fax|t|tel|c|cell|h|w|alt|or)[ :.]{1,3}(?P<id>-?\d{4})(?![\w-]|[.,]\d)",
                Category.PHONE,
                0.87,
            ),
            Rule(
                r"\b(?:p(?= \d\d-\d{4}\b)|pgr|pager|beeper|bpr|page|spectralink|vocera|asc?om|desk|intercom"
                r"|line)\.?[ :#]{1,3}"
                r"(?P<id>\d{1,2}[- ]\d{3,4}|\d{4,7})(?![\w-]|[.,]\d)",
                Category.PHONE,
                0.86,
            ),
            Rule(r"(?<=\p{L}\)? )x ?(?P<id>\d{3,6})(?![\w/%-]|[.,]\d)", Category.PHONE, 0.8, accept=_is_extension),
            Rule(
                r"\b(?:ext(?:ension)?|pager|beeper)\.?(?: ?(?:no|number|#))?[ :#]*(?P<id>\d{3,6}|\d-\d{4})\b",
                Category.PHONE,
                0.85,
            ),
        ),
    )
