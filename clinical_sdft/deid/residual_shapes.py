"""The second reader's shapes: words beside a surrogate, names behind a cue, dates, codes, addresses, places.

They are written apart from the recognizers' patterns and are stricter: a hit costs a person's look, a miss a patient's
privacy. Surrogates stand in the text as runs of one private character, so that what is left of a half-replaced
identifier is seen by what it touches.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from clinical_sdft.deid.lexicon import is_english, lexicon, stem
from clinical_sdft.deid.text import matches, word_set

MASK = "\ue000"
"""Stands for each character of a surrogate, so that nothing matches across one."""

_UP = r"\p{Lu}[\p{L}'’]*"
_UPS = rf"(?-i:{_UP})(?:[ ,-]+(?-i:{_UP}))*"
_PARTICLE = r"(?:de|del|de la|della|da|do|dos|das|di|du|la|van|van de|van den|van der|von|ten|ter|el|bin|binti|ibn|te)"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_CUE = (
    r"(?:\b(?:attn|attention|cc|dear|from|to|re|name|patient|pt|author|surgeon|attending|provider|performer|physician"
    r"|nurse|paged|contact|called|per|signed(?: by)?|dictated by|seen by|performed by|reviewed by|discussed with"
    r"|spoke with|obtained from|reached|ask for|daughter|son|wife|husband|sister|brother|mother|father|aunt|uncle|niece"
    r"|nephew|friend|neighbou?r|grand(?:mother|father|son|daughter)|guardian|proxy|kin)\b"
    r"(?:'s)?[ \t]*[:|,(]?[ \t]*(?:is )?)"
)
_STRONG_CUE = r"\b(?:dear|paged|ask for|married to|attention|attn:?|nurse) "
_NO_NAMES = word_set(
    "practitioner practitioners manager navigator educator aide sir madam doctor colleague colleagues patient all team "
    "deficit family"
)
_RANK = (
    r"(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|terrace|circle|parkway|pkwy|highway|hwy"
    r"|way)"
)
_KIND = (
    r"(?:hospital|clinic|infirmary|hospice|pharmacy|medical\scent(?:er|re)|health\scenter|nursing\shome"
    r"|rehabilitation\scenter|cancer\sinstitute|surgical\sinstitute|dialysis|family\spractice|urgent\scare"
    r"|(?:elementary|high)\sschool|college|university|associates)"
)
_DEGREE = r"(?:MD|M\.D\.|DO|RN|R\.N\.|MBBS|PhD|LPN)\b"
_DAY_CUE = (
    r"\b(?:on|since|until|till|by|from|dated?|visit|seen|last|patient|before|after|clinic|scheduled|due|admitted|discharged"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day,?)\s"
)
_LIVES = r"\b(?:lives?(?: alone)?|living|resid(?:es|ing)|grew up|moved|born) (?:in|to|from) "


_LABELS = word_set(
    "acct adm aetna anthem bcbs birthdate bsn ccrn cigna cmsrn cnor copay cpap crna dea dis do dob electronically "
    "faafp faap facc facep facg facog facp facr facs fascrs fax fccp fidsa fin fnp frcp fsir humana icn ids lot lpn "
    "mbbs mbi med medicaid mrn mrs npi phd rec ref rn ssn tel tricare udi vin ward wd"
)
"""What stands beside surrogates in forms and is in no dictionary."""


@dataclass(frozen=True)
class Shape:
    """A pattern, the rule's name in reports, and a test of what it matched."""

    rule: str
    pattern: str
    is_hit: Callable[[Any], bool] = lambda match: True
    ignore_case: bool = True


def shape_hits(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield offsets and rule of what may be an identifier.

    Args:
        text: the rewritten text as `fold` leaves it, each character of a surrogate replaced by `MASK`.

    Raises:
        PatternTimeoutError: a pattern took too long.
    """
    for shape in _SHAPES:
        for match in matches(shape.pattern, text, ignore_case=shape.ignore_case):
            if shape.is_hit(match):
                start, end = match.span("id") if "id" in match.re.groupindex else match.span()
                yield start, end, shape.rule


def _is_unknown(word: str) -> bool:
    """Tell whether a word is neither plain English nor clinical, or is a common name."""
    words = lexicon()
    plain = stem(word)
    return (
        len(plain) > 1
        and plain not in _LABELS
        and (words.is_surely_name(plain) or not (words.is_plain(plain) or plain in words.departments))
    )


def _words(match: Any) -> list[str]:
    return [word.group() for word in matches(r"\p{L}[\p{L}'’]+", match["id"])]


def _has_unknown(match: Any) -> bool:
    return any(_is_unknown(word) for word in _words(match))


def _may_be_a_name(match: Any) -> bool:
    words = lexicon()
    low = stem(match["id"])
    return low not in words.clinical and low not in words.departments and low not in _NO_NAMES | _LABELS


def _is_named(match: Any) -> bool:
    """Tell `Kestrel Bay Dialysis` from `Peritoneal Dialysis` and from a line in capitals."""
    words = lexicon()
    named = [word for word in _words(match) if stem(word) not in words.departments | words.clinical]
    return any(_is_unknown(word) for word in named) or (len(named) > 1 and not match["id"].isupper())


def _is_told_by_capitals(match: Any) -> bool:
    """Tell `at Bluewater Imaging` from `AT HOME` and `from Grade III`: mixed case, and not all of it clinical."""
    words, known = _words(match), lexicon()
    if match.string.isupper() or match["id"].isupper() or not _is_place(match):
        return False
    return all(stem(word) not in known.clinical | known.departments and len(word) > 2 for word in words)


def _is_place(match: Any) -> bool:
    """Tell `lives in Capitol Heights` from `lives in Ohio`."""
    words = lexicon()
    return match["id"].casefold() not in words.states | words.regions and match["id"] not in words.state_codes


def _is_eponym(match: Any) -> bool:
    """Tell `Gloria Crohn` from `Gloria has Crohn disease`."""
    words = lexicon()
    follow = match.string[match.end() : match.end() + 40].casefold().split()[:2]
    is_term = any(word.strip(".,;") in words.eponym_heads for word in follow)
    word = stem(match["id"])
    plain = match["id"].isupper() and is_english(word)
    return not is_term and not plain and word in words.eponyms | words.eponym_names


def _is_calendar_day(match: Any) -> bool:
    """Tell `May 3` from `may 3 times` by its capital."""
    word = match["month"]
    return not word.islower() or word.rstrip(".") not in ("may", "mar", "march")


def _is_day_of_month(match: Any) -> bool:
    """Tell `seen 12/4` from `strength 4/5`, `pain 7/10` and `after 3/4 of meals`."""
    if any(
        matches(r"^\s*(?:of\s(?!\d)|tab|dose|cup|pack|out\s|days?\b)", match.string[match.end() : match.end() + 12])
    ):
        return False
    month, day = int(match["month"]), int(match["day"])
    return 1 <= month <= 12 and 1 <= day <= 31 and not (day in (5, 10) and month <= day)


_BILLED = r"\b(?:HCPCS|CPT|CDT|MDS|ICD|OASIS|codes?)\b[^.\n]*$"
"""What stands before codes of procedures and forms, which are nobody's."""


def _is_code(match: Any) -> bool:
    code = match.group()
    if any(matches(r"^[A-Z]\d{4}$", code)) and any(
        matches(_BILLED, match.string[max(0, match.start() - 40) : match.start()])
    ):
        return False
    return sum(character.isdigit() for character in code) >= 4 and any(character.isalpha() for character in code)


_HALVES = (
    Shape("half_replaced", rf"(?<![\p{{L}}{MASK}])\p{{Lu}}{{1,2}}{MASK}", ignore_case=False),
    Shape("half_replaced", rf"(?<![\p{{L}}{MASK}])(?P<id>\p{{L}}+)[-'’]{MASK}|{MASK}[-'’](?P<id>(?!s\b)\p{{L}}{{2,}})"),
    Shape(
        "half_replaced",
        rf"(?<!\p{{L}})(?P<id>{_PARTICLE})\s{MASK}",
        lambda match: match["id"].upper() not in ("DO", "DOS"),
    ),
    Shape("half_replaced", rf"{MASK}(?: \p{{Lu}}\.?)?,?\s(?P<id>{_UP})(?![\p{{L}}'’/]|\s?[:#])", _has_unknown, False),
    Shape("half_replaced", rf"{MASK}(?: \p{{Lu}}\.?)?,?\s(?P<id>{_UP})(?![\p{{L}}'’])", _is_eponym, False),
    Shape("half_replaced", rf"(?<!\p{{L}})(?P<id>(?!DOS\b){_UP})(?:,\s?|\s){MASK}", _has_unknown, False),
    Shape("half_replaced", rf"\(\d{{3}}\)\s*{MASK}|(?<!\d)\d{{3}}[-.]{MASK}|{MASK}\s?(?:x\d\d|ext\.?\s?\d)\d*"),
    Shape("half_replaced", rf"{MASK}\s(?!(?:19|20)\d\d\b)\d{{3,4}}(?=[,.;)\n](?!\d)|$)"),
    Shape(
        "half_replaced", rf"\d(?:st|nd|rd|th)\s(?:of\s)?{MASK}|{MASK}\s\d{{1,2}}(?:st|nd|rd|th)\b|\b\d{{1,2}}\n{MASK}"
    ),
)
_NAMES = (
    Shape("name_behind_cue", rf"{_STRONG_CUE}(?P<id>(?-i:\p{{Lu}}\p{{Ll}}+))(?![\p{{L}}'’])", _may_be_a_name),
    Shape("name_behind_cue", rf"{_CUE}(?:(?:Dr|Mr|Mrs|Ms)\.? )?(?P<id>{_UPS})(?!\d)", _has_unknown),
    Shape("name_before_degree", rf"(?P<id>{_UP}(?: {_UP})*),? {_DEGREE}", _has_unknown, False),
    Shape("name_shape", rf"(?<![\p{{L}}\d]|\d )(?P<id>\p{{Lu}}\.\s?(?:{_PARTICLE} )?{_UP})", _has_unknown, False),
    Shape("name_shape", rf"(?<!\p{{L}})(?P<id>{_UP},\s?{_UP}(?: \p{{Lu}}\b)?)(?= ?[(|]|\s--|$)", _has_unknown, False),
)
_DATES = (
    Shape(
        "date_shape",
        rf"\b(?P<month>{_MONTH})\s+(?:the )?\d{{1,2}}(?:st|nd|rd|th)?\b(?!\s?(?:mg|mcg|ml|%))",
        _is_calendar_day,
    ),
    Shape("date_shape", rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s?(?:of\s)?-?(?P<month>{_MONTH})(?![a-z])", _is_calendar_day),
    Shape("date_shape", r"(?<![\d/.-])\d{1,2}([/.-])\d{1,2}\1(?:19|20)?\d\d(?![\d/-])"),
    Shape("date_shape", r"(?<![\d/.-])(?:19|20)\d\d([/.-])\d{1,2}\1\d{1,2}(?![\d/-])"),
    Shape("date_shape", r"\b(?:christmas|thanksgiving|new\s+year'?s|labor\s+day|memorial\s+day|easter|halloween)\b"),
    Shape("date_shape", rf"{_DAY_CUE}(?P<id>(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}}))(?![\d/])", _is_day_of_month),
    Shape("old_age", r"(?<![\d.])(?:9\d|1[0-2]\d)\s?-?\s?(?:years?|yrs?|y/?o)\b"),
)
_CODES = (
    Shape("phone_shape", r"(?<!\d)\(?\d{3}\)?[\s.-]+\d{3}[\s.-]+\d{4}(?!\d)|\+\d{1,3}\s\d"),
    Shape("code_shape", r"(?<![\w/.-])[A-Z0-9]+(?:-[A-Z0-9]+)*(?![\w/]|\.\d)", _is_code, False),
    Shape(
        "ssn_shape",
        r"\b(?:(?:last|final)[\s-](?:4|four)|ss\s?#|ssn|soc(?:ial)?\.?\s(?:sec|security|number|no|ending|ends)|ending|ends)\b"
        r"[^.;\n\d]{0,45}?(?<![\d/.$-])(?P<id>\d{4})(?![\d/:%]|[.,-]\d|\s?(?:mg|ml|mcg|units|days|hours|weeks))",
    ),
    Shape(
        "plate_shape",
        r"\b(?:plates?|tag|tags|vin)\b[\s:#]*(?:(?:no|number|num|is|was|reads?|of)\b\.?[\s:#]*)?"
        r"(?P<id>(?=[a-z -]{0,5}\d)[a-z0-9]{1,4}[ -]?[a-z0-9]{2,6})\b",
        lambda match: any(map(str.isdigit, match["id"])) and sum(map(str.isalnum, match["id"])) > 4,
    ),
    Shape("file_name", r"\b[\w-]+\.(?:jpe?g|png|tiff?|dcm|pdf|heic)\b"),
)
_PLACES = (
    Shape(
        "address_shape",
        rf"(?<![\d.,/])\d{{1,5}}[A-Z]?(?:-\d+)?\s(?:(?-i:{_UP}|\d+(?:st|nd|rd|th))\s){{1,3}}{_RANK}\b",
    ),
    Shape("facility_shape", rf"(?P<id>(?-i:{_UP})(?:\s(?:&|of|the|(?-i:{_UP}))){{0,3}})\s{_KIND}\b", _is_named),
    Shape(
        "place_shape",
        r"\b(?:county|city|town|township|village|parish)\sof\s(?P<id>(?-i:\p{Lu}[\p{L}'’]+)(?:\s(?-i:\p{Lu}[\p{L}'’]+))?)",
        _is_place,
    ),
    Shape("facility_shape", rf"\b(?:at|from)\s(?P<id>(?-i:{_UP})(?:\s(?-i:{_UP}))+)", _is_told_by_capitals),
    Shape(
        "facility_shape",
        rf"\b(?:employed\s(?:by|at)|works\s(?:at|for)|working\s(?:at|for)|employer:?)\s(?P<id>(?-i:{_UP})(?:\s(?-i:{_UP}))*)",
        _is_told_by_capitals,
    ),
    Shape("place_shape", rf"{_LIVES}(?P<id>(?-i:{_UP})(?:\s(?-i:{_UP}))*)", _is_place),
)
_SHAPES = (*_HALVES, *_NAMES, *_DATES, *_CODES, *_PLACES)
