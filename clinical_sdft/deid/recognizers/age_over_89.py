"""Ages over 89, in digits and in words, and years of birth that show one."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.policy import DeidPolicy
from clinical_sdft.deid.recognizers.rules import Rule, RuleRecognizer

_NUMBER = r"(?:9\d|1[0-2]\d)"
_AGE = rf"(?P<id>{_NUMBER})"
_UNIT = r"(?:-| )?(?:year|yr|y)s?(?:[- /]?(?:old|o)|/o)?\b(?! (?:ago|later|history))"
_WORDS = (
    r"(?P<id>ninety(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?"
    r"|(?:one |a )?hundred(?: and)?(?:[- ](?:one|two|three|four|five|six|seven|eight|nine|ten))?)"
)


def _of_age() -> tuple[Rule, ...]:
    """Return rules for an age with its unit, sex or a word for age."""
    return (
        Rule(rf"(?<![\w./])(?P<id>{_NUMBER}{_UNIT})", Category.AGE, 0.87),
        Rule(
            rf"(?<![\w./]|[<>=≥≤] ?|\bt |(?:fever|temp|temperature|tmax) (?:of |to |above |over )?){_AGE} ?(?:-"
            rf"|/)?(?:[mf]|male|female|man|woman|lady|gentleman)\b",
            Category.AGE,
            0.87,
        ),
        Rule(
            rf"\b(?:aged?|turned|turning|age[: ]+(?:of|is)?|age at [a-z]+:?)[: ]+{_AGE}(?![\w/]|[.%]\d)",
            Category.AGE,
            0.87,
        ),
        Rule(rf"{_AGE}(?=(?:st|nd|rd|th) (?:birthday|b-?day|year))", Category.AGE, 0.84),
        Rule(rf"\b(?:Sr|Jr)\.?, {_AGE}(?=[,;.])", Category.AGE, 0.82),
        Rule(rf"\bturn(?:s|ed|ing)? {_AGE}(?![\w/%:-]|[.,]\d| ?(?:mg|ml|degrees))", Category.AGE, 0.82),
        Rule(rf"(?<![\w./]){_AGE}(?= years of age)", Category.AGE, 0.87),
    )


def _in_sentences() -> tuple[Rule, ...]:
    """Return rules for an age that the sentence tells."""
    return (
        Rule(
            rf"\b(?:i am|i'm|he is|she is|he's|she's|patient is|is now) {_AGE}(?=[ ,.;]*(?:$|and"
            rf"|with|who|years|yo))",
            Category.AGE,
            0.8,
        ),
        Rule(
            rf"\b(?:pt|patient|he|she|mother|father|mom|dad|husband|wife|grandmother|grandfather|who)"
            rf"(?: is| was|'s| will be| turns| turned) (?:now )?{_AGE}(?=[,;.](?!\d)| and\b| now\b)",
            Category.AGE,
            0.8,
        ),
        Rule(
            rf"\b(?:is|at) {_AGE}(?= (?:and (?:does|is|has|lives|wants|still|remains)|memory|she|he|still"
            rf"|carries|lives|\p{{L}}+ still)\b)",
            Category.AGE,
            0.8,
        ),
        Rule(
            rf"\b(?:surgery|chemo(?:therapy)?|treatment|anesthesia|transplant|dialysis) at {_AGE}(?![\w/%]|[.]\d)",
            Category.AGE,
            0.8,
        ),
        Rule(
            rf"\b(?:celebrat\w+|reached) (?:number |the age of |birthday )?{_AGE}(?![\w/%]|[.]\d)",
            Category.AGE,
            0.8,
        ),
        Rule(rf"\boldest\b[^.;\n]{{0,60}}\bat {_AGE}(?![\w/%]|[.]\d)", Category.AGE, 0.8),
        Rule(
            rf"\b(?:grand(?:mother|father|ma|pa)|mother|father|mom|dad|aunt|uncle|sister|brother|wife|husband"
            rf"|spouse|neighbor|in-law|friend)"
            rf"\b[^.;\n\d]{{0,40}}?(?:, |\(| / ){_AGE}(?=\)|,| /|\.|;)",
            Category.AGE,
            0.82,
        ),
        Rule(rf"\b(?:he|she|they|him|her)\b[^.;\n\d]{{0,40}}?\bat {_AGE}(?=[.,;](?!\d)|$)", Category.AGE, 0.8),
    )


def _in_words() -> tuple[Rule, ...]:
    """Return rules for an age in words."""
    return (
        Rule(rf"\b{_WORDS}[- ](?:year|yr)s?[- ](?:old|of age)", Category.AGE, 0.87),
        Rule(rf"\b(?:aged?|turned) {_WORDS}\b", Category.AGE, 0.85),
    )


def recognizer(policy: DeidPolicy) -> RuleRecognizer:
    """Return the recognizer; the policy says which years of birth show an age over 89."""

    def is_old(text: str, start: int, end: int) -> bool:
        return int(text[start:end]) < policy.oldest_open_year

    return RuleRecognizer(
        "age_over_89",
        (
            *_of_age(),
            *_in_sentences(),
            *_in_words(),
            Rule(
                r"\b(?:born|birth|dob|b\.|yob|birthday|since|in|of|from)[ :]+(?:in )?(?P<id>(?:18"
                r"|19)\d\d)(?![\w/-])",
                Category.DATE,
                0.85,
                accept=is_old,
            ),
        ),
    )
