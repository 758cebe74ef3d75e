"""Street addresses, post boxes, places before a state, and ZIP codes."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.dates import find_dates
from clinical_sdft.deid.lexicon import (
    is_function_word,
    is_listed_name,
    is_noun_only,
    is_vocabulary,
    lexicon,
    plain_letters,
    stem,
)
from clinical_sdft.deid.recognizers.address_block import is_street
from clinical_sdft.deid.recognizers.rules import Rule, RuleRecognizer
from clinical_sdft.deid.text import matches
from clinical_sdft.deid.words import flat_text, term_words

_SUFFIX = (
    r"(?i:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|terrace|ter|way|circle|cir"
    r"|parkway|pkwy|highway|hwy|square|sq|crescent|close|row|walk|trail|trl|alley|loop|path|pike|plaza)\b"
)
_UNIT = r"(?:,? (?i:apt|apartment|unit|suite|ste|flat|floor|fl|room|rm|#)\.? ?#?[A-Z0-9-]{1,6}\b)?"
_WORD = r"(?:\p{Lu}[\p{L}'.-]*|\d{1,3}(?i:st|nd|rd|th))"
_HOME = (
    r"\b(?:lives? (?:alone )?in|living (?:alone )?in|grew up in|moved here (?:from|to)|born (?:and raised )?in"
    r"|church in|(?:he|she|they|family|who|patient) (?:recently )?moved (?:from|to)|resid(?:es|ing) in|resident of"
    r"|native of|home in|hometown of|home city(?: of)?|(?:he|she|i)(?:'m| am| is| was) in|visiting|trip to"
    r"|vacation in|meetings? in|apartment in|wandering in|rents? an? \w+ in|pantry in|walks in|church is in"
    r"|shelter in|house in|teacher from|is from|are from|comes from|came from|originally from|hometown:?|retired to) "
)
_HOME_WITH = (
    r"\b(?:lives?|living|stays|staying|resid(?:es|ing)) (?:alone|with)\s(?:[^.;]|\b(?:Mrs?|Ms"
    r"|Dr)\.){0,60}?\b(?:in|near|outside)\s"
)
_STOP = r"(?!(?:in|with|and|on|at|for|since|as|by|who|the|from|to|is|was)\b)"
_TOWN = (
    rf"(?-i:\p{{Lu}}[\p{{L}}']+(?:(?<=\b\p{{L}}{{1,3}})\.)?)"
    rf"(?:[ -](?:(?:the|of|on|del|de|la)[ -])?{_STOP}(?-i:\p{{Lu}}[\p{{L}}']+)){{0,2}}"
)
_LINE_BEGIN = r"(?<![\w.,/-])\d{1,6}[A-Z]?(?:-\d+)? (?:(?:[NSEW]{1,2}\.?|North|South|East|West) )?"


def _is_city(text: str, start: int, end: int) -> bool:
    """Tell Chicago from Buffalo, Mobile, the Boston criteria and the Glasgow Coma Scale."""
    if start in term_words(text):
        return False
    head = text[end : end + 20].split()[:1]
    told = lexicon().is_common(text[start:end]) or any(stem(word) in lexicon().eponym_heads for word in head)
    return not told and text[start].isupper()


def _is_line(text: str, start: int, end: int) -> bool:
    return is_street(text[start:end])


def _is_home(text: str, start: int, end: int) -> bool:
    """Tell `lives in Old Town` from `lives in Texas` and `moved here in March`."""
    phrase, known = text[start:end], lexicon()
    words = [stem(word) for word in phrase.removeprefix("the ").split()]
    low = plain_letters(phrase)
    open_place = {low, low.removeprefix("the ")} & (known.states | known.regions) or phrase in known.state_codes
    plain = (known.clinical - {"lower", "upper"}) | {"the", "a"}
    return not open_place and words[0] not in plain and not find_dates(phrase)


def _is_before_state(text: str, start: int, end: int) -> bool:
    """Tell `Hickory, NC` from `Chest Pain, MI`."""
    words, known = [stem(word) for word in text[start:end].split()], lexicon()
    return not any(word in known.clinical | known.departments or not is_noun_only(word) for word in words)


def _is_county(text: str, start: int, end: int) -> bool:
    """Tell `Kern County` from `The County` and `Local Parish`: it must not be an adjective or a clinical word."""
    words, known = [stem(word) for word in text[start:end].split()], lexicon()
    plain = known.clinical | known.departments | known.states | known.regions
    last = words[-1]
    named = is_noun_only(last) or is_listed_name(last) or not is_vocabulary(last) or not flat_text(text)
    return named and not plain & set(words) and not is_function_word(words[0])


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer("zip_address", (*_streets(), *_before_state(), *_places(), *_postal_codes()))


def _codes() -> tuple[str, str]:
    """Return the states' two letters, as they are, and such that `ID` is Idaho and not a number's label."""
    codes = "|".join(lexicon().state_codes)
    return codes, codes.replace("|ID|", "|ID(?![ \\n:#]*[A-Z0-9-]*\\d[A-Z0-9-]*\\d)|")


def _state() -> str:
    names = "|".join(name.title() for name in sorted(lexicon().states, key=len, reverse=True))
    return rf"(?:(?:{_codes()[1]})\b|(?:{names}))"


_ROAD = (
    r"(?-i:(?:[NSEW]\.? )?(?:(?:\p{Lu}[\p{L}'-]+|\d{1,3}(?:st|nd|rd|th)) ){1,3}(?:Street|St|Road|Rd|Avenue|Ave"
    r"|Boulevard|Blvd|Drive|Dr(?!\.? \p{Lu})|Lane|Ln|Highway|Hwy|Pike|Parkway|Pkwy|Court|Ct|Circle|Cir|Trail|Trl"
    r"|Terrace|Ter|Turnpike|Alley|Extension|Ext)\b\.?(?: (?:[NSEW]{1,2}|North|South|East"
    r"|West)\b)?)(?!(?: \p{L}+)? (?i:home|clinic|hospital|house|center|care|school|church|pharmacy|practice|medical"
    r"|health|jail|surgery))"
)
"""A street without a house number; the words before it tell that somebody lives or was found there."""


def _is_road(text: str, start: int, end: int) -> bool:
    """Tell `on Rooster Bridge Rd` from `at Discharge Dr` and `on Second Ave` of a heading."""
    words = [stem(match.group()) for match in matches(r"\p{L}[\p{L}'-]*", text[start:end])][:-1]
    known = lexicon()
    told = [word for word in words if word not in ("n", "s", "e", "w")]
    return bool(told) and not any(word in known.clinical or is_function_word(word) for word in told)


def _streets() -> tuple[Rule, ...]:
    return (
        Rule(
            (
                rf"{_LINE_BEGIN}(?:{_WORD} "
                rf"){{1,3}}{_SUFFIX}{_UNIT}"
            ),
            Category.ADDRESS,
            0.88,
            ignore_case=False,
            accept=_is_line,
        ),
        Rule(r"\bp\.? ?o\.? ?box \d+\b", Category.ADDRESS, 0.88),
        Rule(
            rf"\b(?:on|off|at|from|near|of|down|along|to|and|&|up|behind|via|corner of|around) (?:the "
            rf"|old )?(?P<id>{_ROAD})(?![\w'-])",
            Category.ADDRESS,
            0.78,
            accept=_is_road,
        ),
        Rule(
            r"\b(?:on|off|at|from|near|of|down|along|to) (?:the )?(?P<id>(?:county|state|farm|forest|fm|old|rural|us"
            r"|u\.s\.)? ?(?:rd|road|hwy|highway|route|rte|rt|cr|sr|fm)\.? \d{1,4}[A-Z]?)(?![\w/-]|[.,]\d| ?(?:mg|ml))",
            Category.ADDRESS,
            0.78,
        ),
    )


def _before_state() -> tuple[Rule, ...]:
    """Towns before a state, with its postal code or without."""
    (codes, sure), state = _codes(), _state()
    return (
        Rule(
            rf"(?<!\w)(?P<id>\p{{Lu}}[\p{{L}}'.-]+(?: \p{{Lu}}[\p{{L}}'.-]+){{0,2}}),? {state}(?=[ ,.;)]|$)",
            Category.PLACE,
            0.72,
            ignore_case=False,
            guess=True,
        ),
        Rule(
            rf"(?<!\w)(?P<id>{_STOP}(?-i:\p{{Lu}}[\p{{L}}'.-]+)(?: (?-i:\p{{Lu}}[\p{{L}}'.-]+)){{0,2}}),?"
            rf" (?:{codes}),?[ \n]{{1,2}}\d{{5}}(?![\w/])",
            Category.PLACE,
            0.74,
        ),
        Rule(
            rf"(?<!\w)(?P<id>\p{{Lu}}[\p{{L}}'.-]+(?: \p{{Lu}}[\p{{L}}'.-]+){{0,2}}), (?:{sure})(?=[ ,.;)\n]|$)",
            Category.PLACE,
            0.73,
            ignore_case=False,
            accept=_is_before_state,
        ),
    )


def _places() -> tuple[Rule, ...]:
    """Towns and counties by name, by their kind, and behind what is said of a home."""
    cities = "|".join(city.replace(".", "\\.") for city in sorted(lexicon().cities, key=len, reverse=True))
    return (
        Rule(
            rf"\b(?:county|city|town|township|village|parish|borough|municipality) of (?:the )?(?P<id>{_TOWN})",
            Category.PLACE,
            0.67,
            accept=_is_home,
        ),
        Rule(
            rf"(?<!\w)(?P<id>{_STOP}(?-i:\p{{Lu}}[\p{{L}}'.-]+)(?: (?-i:\p{{Lu}}[\p{{L}}'.-]+)){{0,2}})"
            r" (?-i:County|COUNTY|Parish|PARISH|Township|TOWNSHIP|Borough|BOROUGH)\b",
            Category.PLACE,
            0.67,
            accept=_is_county,
            anywhere=True,
        ),
        Rule(rf"\b(?:{cities})\b", Category.PLACE, 0.68, accept=_is_city),
        Rule(rf"{_HOME}(?P<id>(?:the )?{_TOWN})", Category.PLACE, 0.66, accept=_is_home),
        Rule(rf"{_HOME_WITH}(?P<id>(?:the )?{_TOWN})", Category.PLACE, 0.66, accept=_is_home),
        Rule(rf"{_HOME}{_TOWN}, (?P<id>{_TOWN})(?=[;.\n]|$)", Category.PLACE, 0.66, accept=_is_home),
        Rule(
            r"\b(?:(?:lives?|resid(?:es|ing|ent)|living|comes|moved|native|from|travell?(?:ed|ing))(?: (?:in|at|of"
            r"|from|to|near))?) (?P<id>(?-i:\p{Lu}[\p{Ll}'.]+(?: \p{Lu}[\p{Ll}'.]+){0,2}))",
            Category.PLACE,
            0.65,
            guess=True,
        ),
    )


def _postal_codes() -> tuple[Rule, ...]:
    state = _state()
    return (
        Rule(rf"{state},?[ \n\t]{{1,4}}(?P<id>\d{{5}}(?:-\d{{4}})?)(?![\w-])", Category.ZIP, 0.9, ignore_case=False),
        Rule(r"\b(?:zip|postal)(?: ?code)?[ :#]*(?:is )?(?P<id>\d{5}(?:-\d{4})?)\b", Category.ZIP, 0.9),
        Rule(r"(?<![\w-])\d{5}-\d{4}(?![\w-])", Category.ZIP, 0.85),
    )
