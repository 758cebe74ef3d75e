"""Dates in all the forms of clinical notes: finding, comparing, and writing them anew in the same form."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from clinical_sdft.deid.text import matches

MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MON = (
    r"(?P<mon>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|(?-i:May|MAY)|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])\.?"
)
_SLASHED = _MON.replace("(?-i:May|MAY)", "may")
"""A month's name beside a slash, where `may` is no verb."""
_M, _D = r"(?P<m>0?[1-9]|[12]\d|3[01])", r"(?P<d>0?[1-9]|[12]\d|3[01])"
_Y4, _Y = r"(?P<y>(?:18|19|20)\d\d)", r"(?P<y>(?:18|19|20)\d\d|\d\d)"
_ORD = r"(?P<ord>st|nd|rd|th)?"
_EDGE, _END = r"(?<![\w/.-])", r"(?![\w/]|[.-](?!(?:[01]\d|2[0-3])[0-5]\d(?!\d))\d)"
_ORDINAL_WORD = (
    r"(?:(?:twenty|thirty)[- ])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|tenth|eleventh|twelfth"
    r"|(?:thir|four|fif|six|seven|eigh|nine)teenth|twentieth|thirtieth"
)
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_CUE = (
    r"\b(?:ecg|ekg|echo|cxr|xr|ct|mri|us|pet|eeg|emg|dos(?: update)?|update|corrected|noted|tele|swab|bal|resumed?"
    r"|restart(?:ed)?|hold|held|ebus|tavr|tka|tha|cabg|orif|chole|appy|re-?sim|sim|except|tte|tee|cath|eua|egd"
    r"|colonoscopy|bronch|afb|qft|ppd|tst|on|since|from|until|till|dated?|seen|visit(?:ed)?|admit(?:ted)?|discharged?"
    r"|adm|d/c|by|after|before|between|presented|returned|around|patient|circa|visit of|verified|follow-?up"
    r"|appointment|appt|dob|born|started|came in|went home|known well|fall|fell|back|home|first run|collections|left"
    r"|ama|filed|changed|last|and|through|thru|to|clinic|rtc|f/u|fu|recheck|return(?:s|ing)?|due|scheduled|booked"
    r"|planned|surgery|procedure|labs?|cultures?|d/c'?d|dc'?d|removed|placed|injur(?:y|ed)|collected|drawn|received"
    r"|expires?|exp|onset|dos|doi|lmp|to see|see (?:him|her|pt|me)?(?: on)?|mailed|faxed|sent|called|cancel+ed"
    r"|no-?show|missed|rescheduled|resched|closed|opened|posted|billed|paid|shipped|arrived|arr|tx|rx|filled|refilled"
    r"|given|appts?|next|prev(?:ious)?|prior|read|placed|done|completed|approved|denied|week of|as of|night of"
    r"|morning of|evening of|eff(?:ective)?|updated?|signed|dictated|[dt]:"
    rf"|{_WEEKDAY},?|(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b[.,]?)[ :]{{1,2}}"
)
_MONTH_CUE = r"\b(?:in|since|of|last|this|until|till|from|early|mid|late|next|by|before|after|during)[ -]"
_HOLIDAYS = (
    r"(?:christmas|xmas|new year'?s?|thanksgiving|easter)(?: day| eve| sunday| monday| week(?:end)?)?|halloween"
    r"|(?:independence|labou?r|memorial|veterans'?|presidents'?|columbus|mlk|martin luther king|boxing|canada"
    r"|bastille|anzac|mother'?s'?|father'?s'?|valentine'?s?|st\.? patrick'?s|groundhog) (?:day|weekend|week)"
    r"|good friday|ash wednesday|palm sunday|(?:fourth|4th) of july|hanukkah|passover|rosh hashanah|yom kippur|diwali"
    r"|eid(?: al-\p{L}+)?|cinco de mayo|super bowl sunday|juneteenth|mardi gras|(?:lunar|chinese) new year|ramadan"
    r"|kwanzaa|festivus|nowruz|norouz|holi|purim|sukkot|shavuot|pentecost|epiphany|three kings day|day of the dead"
    r"|d[ií]a de los muertos|guy fawkes(?: night| day)?|(?:earth|flag|election|tax|arbor|indigenous peoples?'?|v-e"
    r"|victory|australia|republic|mid-autumn|moon|opening|graduation|prom|grandparents'?|april fools?'?|all saints'?"
    r"|all souls'?|patriots'?|pioneer|leap|inauguration|black friday|cyber monday) (?:day|night|festival)"
    r"|black friday|cyber monday|(?:maundy|holy) thursday|holy saturday|holy week|spring break"
)
_TIME = (
    r"(?:(?:,? (?:at )?|T|@)[0-2]?\d:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?: ?[ap]\.?m\b\.?)?(?:Z|[+-]\d\d:?\d\d)?(?!\d)"
    r"|(?:,? (?:at )?|@)(?:[01]\d|2[0-3])[0-5]\d(?: ?h(?:rs?|ours)?)?(?![\w/-]|[.,:]\d| ?(?:ml|mg|mcg|cc|units?|kcal"
    r"|l|g|steps)\b))"
)
"""A time of day that is written with its date."""
_GLUED_TIME = r"-(?!(?:19|20)\d\d)(?:[01]\d|2[0-3])[0-5]\d(?![\w/-]|[.,:]\d)"
"""A time of day behind a whole date and a hyphen; what can be a year is one: `3/4/2019-2021`."""
_SPELLED_YEAR = (
    r"(?:,? (?:(?:nineteen|twenty)[ -](?:(?:oh|o')[ -]\p{L}+|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
    r"(?:-\p{L}+)?|(?:ten|eleven|twelve|\p{L}+teen))|two thousand(?: and)?(?: \p{L}+(?:-\p{L}+)?)?))?"
)

_BACK = (
    rf"\b(?:on|since|until|till|by|{_WEEKDAY},?|(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\.?,?|came in|went home|back"
    r"|home|first run|last run|known well|fall|fell|filed|sent|changed|removed|out|placed|inserted|implanted"
    r"|expire[sd]?|exp|dated?|seen|admitted|discharged|called|collections|hold|visit(?: there)?|ama|cultures of"
    r"|start(?:ed|ing)?|drawn|stop(?:ped)?|collected|done|repeated|signed|dictated|transcribed|reviewed|terminated"
    r"|effective|eff|dos|as of|week of)[ :]{1,2}"
)
"""What stands before a day and a month that are joined by a hyphen: without it they are a range."""

FORMS: tuple[str, ...] = (
    rf"{_EDGE}{_D}/{_SLASHED}(?:/{_Y})?(?![\w/]|[.-]\d)",
    rf"\b{_SLASHED}/{_D}(?:/{_Y})?(?![\w/]|[.-]\d)",
    rf"\b{_SLASHED}/{_Y4}(?![\w/]|[.-]\d)",
    rf"{_EDGE}{_M}(?P<sep>[-/.]){_D}(?P=sep)'(?P<y>\d\d)(?![\w/]|[.-]\d)",
    rf"{_EDGE}(?P<m>0[1-9]|1[0-2]) (?P<d>0[1-9]|[12]\d|3[01]) (?P<y>(?:19|20)\d\d)(?![\w/-]|[.,]\d)",
    (
        rf"{_CUE}\K(?P<m>0[1-9]|1[0-2])\.(?P<d>0[1-9]|[12]\d|3[01])(?![\w/%-]|[.,]\d"
        r"| ?(?:mg|mcg|ml|cm|mm|g|kg|l|k|x|to|units?|meq|points?|hours?|days?|min)\b)"
    ),
    rf"{_EDGE}{_Y4}/(?P<m>0[1-9]|1[0-2])(?![\w/]|[.-]\d)",
    rf"{_EDGE}(?P<m>0?[1-9]|1[0-2])/'(?P<y>\d\d)(?![\w/]|[.-]\d)",
    rf"{_EDGE}{_M} / {_D} / {_Y}(?![\w/]|[.-]\d)",
    rf"{_EDGE}{_M}/{_D}/{_Y}(?= ?- ?\d{{1,2}}/\d{{1,2}}/\d\d)",
    rf"(?<=\d/\d\d ?- ?){_M}/{_D}/{_Y}(?![\w/]|[.-]\d)",
    (
        r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? (?:the )?"
        r"(?P<d>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)(?!\w)"
    ),
    rf"{_EDGE}{_M} - {_D} - {_Y4}(?![\w/]|[.-]\d)",
    rf"{_EDGE}(?P<m>0[1-9])-(?P<d>0[1-9]|[12]\d|3[01])(?![\w/%-]|[.,:]\d)",
    rf"\b{_MON} ?(?:-|to|through|thru) ?(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?,? {_Y4}\b",
    rf"(?<!\d[- ]?)\b{_MON}-{_D}{_ORD}(?![\w/-]|[.,]\d)",
    rf"(?<!\d[- ])\b{_MON}-{_Y4}(?![\w/-])",
    rf"{_EDGE}{_M}-{_D}(?= at (?:[01]\d|2[0-3])[0-5]\d\b)",
    (
        rf"{_BACK}\K{_M}-{_D}(?![\w/%-]|[.,]\d|:\d"
        r"| ?(?:mg|mcg|ml|cm|mm|units?|tabs?|days?|wks?|weeks?|months?|hours?|hrs?|x|times|l|of|to|out)\b)"
    ),
    rf"{_EDGE}{_M}-{_D}(?=: \p{{L}})",
    r"(?:^| {2,})\K(?P<m>0?[1-9]|1[0-2])-(?P<d>0?[1-9]|[12]\d|3[01])(?= (?-i:\p{Lu}\p{Ll}+ ))",
    rf"(?<=\p{{Lu}}[\p{{L}}'-]{{2,24}} {{1,3}}){_M}-{_D}(?= {{2}}| ?$)",
    rf"\b(?:the )?(?:{_ORDINAL_WORD}) (?:of )?{_MON}(?!\w)(?:,? {_Y4}|{_SPELLED_YEAR})",
    rf"\b{_MON} (?:the )?(?:{_ORDINAL_WORD})\b(?:,? {_Y4}|{_SPELLED_YEAR})",
    rf"{_EDGE}{_M}/{_D} ?- ?\d{{1,2}}/\d{{1,2}}/{_Y}{_END}",
    rf"{_EDGE}{_M}/{_D} ?- ?\d{{1,2}}/{_Y4}{_END}",
    (
        rf"{_EDGE}{_D}{_ORD} ?(?:-|to|and|through) ?\d{{1,2}}(?:st|nd|rd"
        rf"|th)?[ -](?:of )?{_MON}(?:[ ,-]{{1,2}}{_Y4})?(?!\w)"
    ),
    rf"\b{_MON} {_D}{_ORD} ?(?:-|to|and|through|&) ?\d{{1,2}}(?:st|nd|rd|th)?,? {_Y4}\b",
    rf"{_EDGE}{_D}{_ORD}[ -]?{_MON}[ -]?'?(?P<y>\d\d)(?![\w:/]|[.]\d| ?(?:mg|mcg|%|years|days|weeks))",
    rf"{_EDGE}{_Y4}(?P<sep>[-/.])(?P<m>0?[1-9]|1[0-2])(?P=sep){_D}(?:T[\d:.]+Z?|(?![\w/]|[.-]\d))",
    rf"{_EDGE}{_M}(?P<sep>[-/.]){_D}(?P=sep){_Y}{_END}",
    rf"\b{_MON}[ -]{{0,2}}{_D}{_ORD}(?: ?, ?| |-){{1,2}}'?(?P<y>(?:18|19|20)\d\d|(?<=')\d\d)\b",
    rf"{_EDGE}(?:the )?{_D}{_ORD}[ -]{{0,2}}(?:of )?{_MON}[ ,-]{{0,2}}'?(?P<y>(?:18|19|20)\d\d|(?<=['-])\d\d)\b",
    rf"\b{_MON}(?:,? of|,)? ?'?(?P<y>(?:18|19|20)\d\d|(?<=')\d\d)\b",
    (
        rf"\b{_MON} ?(?:the )?{_D}{_ORD}(?: ?(?:-|to|through|and) ?\d{{1,2}}(?:st|nd|rd|th)?)?(?!\d|/| ?mg"
        rf"| ?mcg| ?%|[.:]\d)\b"
    ),
    rf"{_EDGE}(?:the )?{_D}{_ORD}[ -]?(?:of )?{_MON}(?!\w)",
    rf"{_EDGE}(?P<m>0?[1-9]|1[0-2])[/.-]{_Y4}{_END}",
    rf"{_EDGE}{_Y4}-(?P<m>0[1-9]|1[0-2]){_END}",
    rf"{_EDGE}{_Y4}(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])\b",
    rf"{_MONTH_CUE}\K{_MON}(?!\w)",
    r"(?-i:\b(?P<mon>January|February|April|June|July|August|September|October|November|December)\b)",
    rf"\b(?:{_HOLIDAYS})\b(?: weekend| week| eve)?(?: morning| night| evening)?(?:,?(?: of| in)? (?:{_Y4}|'\d\d\b))?",
    rf"\b(?:early |mid-?|late )?(?:spring|summer|fall|autumn|winter|q[1-4])(?:,? of|,)? {_Y4}\b",
    (
        rf"\b(?<!(?:every|each|any|but|a|alternate|through|thru|-|to|and|[a-z]+day,) ){_WEEKDAY}\b(?! (?:nights"
        rf"|mornings|evenings|afternoons))(?! ?(?:-|through|thru|to|and|&|,) ?{_WEEKDAY})"
    ),
    (
        r"\b(?:on|by|until|since|before|after|from|is|was|night|morning|evening|through|due|,) \Kthe (?P<d>[12]?\d"
        r"|3[01])(?:st|nd|rd|th)(?! ?(?:percentile|centile|floor|rib|digit|toe|finger|meta|time|week|month|grade"
        r"|inter|nerve|ventricle|dose|cycle|visit|attempt|born|of|cranial|day|year|trimester|degree|line|stage|set"
        r"|person|one|in|most|lumbar|thoracic|cervical|ray|mt|mc|pip|branchial|session|course|admission|time|edition"
        r"|century|amendment|pass))"
    ),
    r"\b(?:on|by|until|since|before|after|from) \Kthe (?P<d>[12]?\d|3[01])(?:st|nd|rd|th)(?=[.,;)]|$| of (?:this|last"
    r"|next) month| (?:at|for|with|and|due|because)\b)",
)
_BARE = rf"{_EDGE}(?P<m>0?[1-9]|1[0-2])/{_D}(?: ?(?:-|to|through) ?(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01]))?{_END}"
_WITH_YEAR = rf"{_EDGE}{_M}[/-]{_D}[/-](?:19|20)?\d\d(?![\w/]|[.-]\d)"
_OF_TEN = 10
_NO_DATE_BEFORE = r"(?:pain|strength|scale|score|gcs|apgar|reflex(?:es)?|rated|power|motor|murmur|grade)[^.;]{0,25}$"
_SCORED_BEFORE = (
    r"\b(?:ishihara|slums|bims|tinetti|poma|barthel|katz|gds|sis|dgi|fga|aims|cam|mdi|hit-6"
    r"|moca|mmse|fois|madrs|epds|minicog|mini-cog|kps|pps) $"
)
_NO_DATE_AFTER = (
    r"\s*(?:pain|strength|murmur|scale|in (?:severity|intensity)|systolic|tab|dose|cup|pack|ppd|of |hour|strain|ns\b"
    r"|(?:left |right |l |r |hip|knee|ankle|elbow|wrist|shoulder|finger)? ?(?:hip|knee|grip|dorsi|plantar|flex|ext"
    r"|deltoid|biceps|triceps|quad|hamstring|abduct|adduct)|dtrs?\b|pulses?\b|throughout|bilateral|power|reflex|inch"
    r"|severity|out of|needle|days?\b|doses?\b)"
)


SHORT = 120
"""Characters below which a text is first asked whether anything of a date is in it."""
_TELLING = (
    r"(?<![\d/.-])\d{1,2} ?[/.-] ?'?\d|(?:18|19|20)\d\d[/.-]?\d{1,2}|\d ?(?:st|nd|rd|th)\b|(?:\b|\d)(?:jan|feb|mar"
    r"|apr|may|jun|jul|aug|sep|oct|nov|dec)|day\b|\b(?:spring|summer|fall|autumn|winter|q[1-4]\b)"
    rf"|{_HOLIDAYS}"
)


@dataclass(frozen=True)
class DateSpan:
    """A date in a text: half-open offsets, the parts that are stated, and where each part stands."""

    start: int
    end: int
    year: int | None
    month: int | None
    day: int | None
    parts: dict[str, tuple[int, int]]

    def same_day(self, other: "DateSpan") -> bool:
        """Tell whether two dates can be one day; day and month may be exchanged, a year may be missing."""
        if None in (self.month, self.day, other.month, other.day):
            return False
        if self.year is not None and other.year is not None and self.year % 100 != other.year % 100:
            return False
        return sorted((self.month or 0, self.day or 0)) == sorted((other.month or 0, other.day or 0))


@lru_cache(maxsize=64)
def find_dates(text: str) -> tuple[DateSpan, ...]:
    """Return the dates of a text (as `fold` leaves it), in their order and without overlap."""
    if len(text) < SHORT and not any(matches(_TELLING, text)):
        return ()
    taken: list[DateSpan] = []
    for found in _candidates(text.replace("\n", " ")):
        if all(found.end <= other.start or found.start >= other.end for other in taken):
            taken.append(found)
    return tuple(sorted(taken, key=lambda span: span.start))


def _with_time(text: str, span: DateSpan) -> DateSpan:
    """Return the date with the weekday before it and the time of day behind it."""
    whole = span.year is not None and span.day is not None
    form = rf"\G(?:{_TIME}|{_GLUED_TIME})" if whole else rf"\G{_TIME}"
    time = next(matches(form, text[span.end : span.end + 40]), None)
    day = next(
        matches(
            r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? $",
            text[max(0, span.start - 12) : span.start],
        ),
        None,
    )
    start = span.start - len(day.group()) if day else span.start
    return replace(span, start=start, end=span.end + (time.end() if time else 0))


def _candidates(text: str) -> Iterator[DateSpan]:
    for form in FORMS:
        for match in matches(form, text):
            span = _read(match)
            if span is not None:
                yield _with_time(text, span)
    bare = list(matches(_BARE, text))
    months = {month for match in matches(_WITH_YEAR, text) for month in (int(match["m"]), int(match["d"]))}
    months |= {int(match["m"]) for match in bare if _is_bare_date(text, match, months)}
    for match in bare:
        span = _read(match) if _is_bare_date(text, match, months) else None
        if span is not None:
            timed = _with_time(text, span)
            # A weekday that is written out is a date of its own by now.
            yield replace(timed, start=span.start) if "day" in text[timed.start : span.start].casefold() else timed


def _is_bare_date(text: str, match: Any, months: set[int]) -> bool:
    """Tell `seen 4/9` from `pain 7/10`, `strength 4/5` and `1/2 tablet`; a month of other dates tells too."""
    before, after = text[max(0, match.start() - 40) : match.start()], text[match.end() : match.end() + 20]
    if any(True for m in matches(_NO_DATE_AFTER, after) if m.start() == 0):
        return False
    if any(matches(r"\b(?:since|until|till|dated?|effective|week of|as of) $", before)):
        return True
    if any(matches(_NO_DATE_BEFORE, before)) or any(matches(_SCORED_BEFORE, before)):
        return False
    upper, lower = int(match["m"]), int(match["d"])
    if any(matches(_CUE + "$", before)) and not (lower == _OF_TEN and any(matches(r"\bback $", before))):
        return True
    stands = not before.strip() or any(matches(r"(?:[(\[•*]| {2,}) *$", before))
    if any(matches(r"\d ?(?:-|to|through) ?\d", match.group())) or any(matches(r"\bs/p [^.;]{0,30}$", before)):
        return True
    if upper in months and lower not in (2, 3, 4, 5, _OF_TEN) and not any(matches(r"\bback $", before)):
        return True
    if (
        upper in months
        and (stands or lower != _OF_TEN)
        and any(matches(r"^(?: {2,}|\)|[:;,.] | (?:[01]\d|2[0-3]):?[0-5]\d\b)", after))
    ):
        return True
    if "0" in (match["m"][0], match["d"][0]):
        return True
    return upper > lower or (lower not in (5, 6, 10) and lower > 4)


def _read(match: Any) -> DateSpan | None:
    groups = {key: value for key, value in match.groupdict().items() if value is not None}
    parts = {key: match.span(key) for key in groups}
    year, day = _year(groups.get("y")), _number(groups.get("d"))
    month = _month(groups["mon"]) if "mon" in groups else _number(groups.get("m"))
    if month is not None and month > 12:
        if day is None or day > 12:
            return None
        month, day = day, month
        parts["m"], parts["d"] = parts["d"], parts["m"]
    return DateSpan(match.start(), match.end(), year, month, day, parts)


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _year(text: str | None) -> int | None:
    if text is None:
        return None
    year = int(text)
    return year if year > 99 else year + (2000 if year < 40 else 1900)


def _month(word: str) -> int:
    return next(index for index, name in enumerate(MONTHS, start=1) if name.startswith(word.casefold()[:3]))


LEAP_YEAR = 2024
"""The year of a date that states none and stands beside none: the 29th of February is a day in it."""


def as_day(span: DateSpan, year: int = LEAP_YEAR) -> date | None:
    """Return the calendar day, with the middle of the month and the given year where a part is not stated."""
    if span.month is None:
        return None
    try:
        return date(span.year or year, span.month, span.day or 15)
    except ValueError:
        return None


def rewrite(text: str, span: DateSpan, day: date) -> str:
    """Write another day in the form of a found date: same order, separators, month style and digits."""
    values = {"y": str(day.year), "m": str(day.month), "d": str(day.day), "ord": _ordinal(day.day)}
    numbers = {key: text[slice(*span.parts[key])] for key in ("m", "d") if key in span.parts}
    year_first = "m" in span.parts and "y" in span.parts and span.parts["y"] < span.parts["m"]
    padded = year_first or any(number.startswith("0") for number in numbers.values())
    written, position = [], span.start
    for key, (start, end) in sorted(span.parts.items(), key=lambda part: part[1]):
        new = old = text[start:end]
        if key == "mon":
            new = _month_like(old, day.month)
        elif key in numbers:
            new = values[key].zfill(2) if padded else values[key]
        elif key in values:
            new = values[key][-len(old) :]
        written.append(text[position:start] + new)
        position = end
    return "".join(written) + text[position : span.end]


def _month_like(old: str, month: int) -> str:
    name = MONTHS[month - 1]
    new = name if len(old) > 4 or old.casefold() in MONTHS else name[:3]
    return new.upper() if old.isupper() else new.title() if old[0].isupper() else new


def _ordinal(day: int) -> str:
    return "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
