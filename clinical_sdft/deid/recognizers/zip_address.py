"""Street addresses, post boxes, places before a state, and ZIP codes."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.lexicon import lexicon, stem
from clinical_sdft.deid.recognizers.rules import Rule, RuleRecognizer

_SUFFIX = (
    r"(?i:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|terrace|ter"
    r"|way|circle|cir"
    r"|parkway|pkwy|highway|hwy|square|sq|crescent|close|row|walk|trail|trl|alley|loop|path|pike|plaza)\b"
)
_UNIT = r"(?:,? (?i:apt|apartment|unit|suite|ste|flat|floor|fl|room|rm|#)\.? ?#?[A-Z0-9-]{1,6}\b)?"
_WORD = r"(?:\p{Lu}[\p{L}'.-]*|\d{1,3}(?i:st|nd|rd|th))"
_LINE_BEGIN = r"(?<![\w.,/-])\d{1,6}[A-Z]?(?:-\d+)? (?:(?:[NSEW]{1,2}\.?|North|South|East|West) )?"


def _is_city(text: str, start: int, end: int) -> bool:
    """Tell Chicago from Buffalo, Mobile and the Boston criteria."""
    head = text[end : end + 20].split()[:1]
    told = lexicon().is_common(text[start:end]) or any(stem(word) in lexicon().eponym_heads for word in head)
    return not told and text[start].isupper()


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    codes = "|".join(lexicon().state_codes)
    names = "|".join(name.title() for name in sorted(lexicon().states, key=len, reverse=True))
    cities = "|".join(city.replace(".", "\\.") for city in sorted(lexicon().cities, key=len, reverse=True))
    state = rf"(?:(?:{codes})\b|(?:{names}))"
    return RuleRecognizer(
        "zip_address",
        (
            Rule(rf"{_LINE_BEGIN}(?:{_WORD} ){{1,3}}{_SUFFIX}{_UNIT}", Category.ADDRESS, 0.88, ignore_case=False),
            Rule(r"\bp\.? ?o\.? ?box \d+\b", Category.ADDRESS, 0.88),
            Rule(
                rf"(?<!\w)(?P<id>\p{{Lu}}[\p{{L}}'.-]+(?: \p{{Lu}}[\p{{L}}'.-]+){{0,2}}),? {state}(?=[ ,.;)]|$)",
                Category.PLACE,
                0.72,
                ignore_case=False,
                guess=True,
            ),
            Rule(rf"\b(?:{cities})\b", Category.PLACE, 0.68, accept=_is_city),
            Rule(rf"{state},? (?P<id>\d{{5}}(?:-\d{{4}})?)\b", Category.ZIP, 0.9, ignore_case=False),
            Rule(r"\b(?:zip|postal)(?: ?code)?[ :#]*(?:is )?(?P<id>\d{5}(?:-\d{4})?)\b", Category.ZIP, 0.9),
            Rule(r"(?<![\w-])\d{5}-\d{4}(?![\w-])", Category.ZIP, 0.85),
            Rule(
                r"\b(?:(?:lives?|resid(?:es|ing|ent)|living|comes|moved|native|from|travell?(?:ed"
                r"|ing))(?: (?:in|at|of|from|to|near))?)"
                r" (?P<id>(?-i:\p{Lu}[\p{Ll}'.]+(?: \p{Lu}[\p{Ll}'.]+){0,2}))",
                Category.PLACE,
                0.65,
                guess=True,
            ),
        ),
    )
