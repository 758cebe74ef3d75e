"""How the values of a structured record are written in notes: patterns for each kind of value."""

from collections.abc import Iterator, Sequence

from clinical_sdft.deid.categories import NUMBERS, Category
from clinical_sdft.deid.dates import DateSpan
from clinical_sdft.deid.known import KnownValue
from clinical_sdft.deid.lexicon import lexicon, stem
from clinical_sdft.deid.text import matches

_STREET = {
    "street": "st", "avenue": "ave", "road": "rd", "lane": "ln", "drive": "dr", "boulevard": "blvd", "court": "ct",
    "place": "pl", "terrace": "ter", "circle": "cir", "parkway": "pkwy", "highway": "hwy", "square": "sq",
    "apartment": "apt", "suite": "ste", "north": "n", "south": "s", "east": "e", "west": "w", "saint": "st",
}  # fmt: skip
_SHORT = {short: long for long, short in _STREET.items()}
Pattern = tuple[str, bool]
"""A regular expression, and whether it holds in any case; the group `id` is the identifier where there is one."""

_CUT = 7
"""Codes of this many characters are also quoted by their last four."""
_SSN_DIGITS = 9
"""A social security number's last four digits identify on their own, whatever stands before them."""


def patterns(value: KnownValue) -> list[Pattern]:
    """Return the patterns that find a value however it is written; names and dates are found word by word."""
    if value.category == Category.PHONE:
        return _phone_patterns(value.text)
    if value.category in NUMBERS or value.category in (Category.ZIP, Category.IP):
        return _code_patterns(value)
    if value.category in (Category.EMAIL, Category.URL):
        return _web_patterns(value.text)
    if value.category == Category.ADDRESS:
        return _address_patterns(value.text)
    if value.category == Category.PLACE:
        words = value.text.split()
        return [(_phrase(words), not all(map(lexicon().is_plain, words)))]
    return _facility_patterns(value.text) if value.category == Category.FACILITY else []


def _code_patterns(value: KnownValue) -> list[Pattern]:
    if len(value.code) < 3:
        return []
    found = [(_loose(value.code), True)]
    if value.category in NUMBERS and len(value.code) >= _CUT:
        cue = r"(?:\bending(?: in| with)?|\blast (?:four|4)(?: digits)?(?: of [\p{L} ]{2,20})?|[x*]{2,}[- ]?)"
        found.append((rf"{cue}\W{{0,6}}(?:is |are |in )?(?P<id>{_literal_part(value.code[-4:])})(?![\p{{L}}\d])", True))
    if value.category == Category.SSN and len(value.code) == _SSN_DIGITS:
        end = _literal_part(value.code[-4:])
        found.append((rf"(?<![\w.,/-]){end}(?![\w/%]|[.,-]\d| ?(?:mg|mcg|ml|units?|hours)\b)", True))
    return found


def _web_patterns(text: str) -> list[Pattern]:
    local, _, domain = text.partition("@")
    found = [(_literal(text), True), (_literal(local), True)]
    if domain:
        spoken = r"\s*(?:\.|\(?dot\)?)\s*".join(map(_literal_part, domain.split(".")))
        at = r"\s*(?:@|[(\[]\s*at\s*[)\]]|\bat\b)\s*"
        found.append((rf"(?<![\p{{L}}\d]){_literal_part(local)}{at}{spoken}(?![\p{{L}}\d])", True))
    return found


def written_days(text: str, stated: Sequence[DateSpan]) -> Iterator[tuple[int, int]]:
    """Yield known days in digits alone or across a line break, which the date forms do not take for dates."""
    full = [(day.year, day.month, day.day) for day in stated if day.year and day.month and day.day]
    wanted = {
        written
        for year, month, day in full
        for y in (f"{year}", f"{year % 100:02}")
        for written in (
            (y, f"{month:02}", f"{day:02}"),
            (f"{month:02}", f"{day:02}", y),
            (f"{day:02}", f"{month:02}", y),
        )
    }
    if not wanted:
        return
    runs = {"".join(parts) for parts in wanted}
    for match in matches(r"(?<![\d.])\d{6}(?:\d\d)?(?![\d]|\.\d)", text):
        if match.group() in runs:
            yield match.span()
    for match in matches(r"(?<!\d)(\d{1,4})\s{0,2}[./-]?\s{0,2}(\d{1,2})\s{0,2}[./-]?\s{0,2}(\d{2,4})(?!\d)", text):
        if tuple(part.zfill(2) for part in match.groups()) in wanted:
            yield match.span()


def _loose(code: str) -> str:
    """Match the letters and digits of a code with any separators between them."""
    return r"(?<![\p{L}\d])" + _spread(code) + r"(?![\p{L}\d])"


def _spread(code: str) -> str:
    return r"[\s\-./()_:]{0,3}".join(map(_literal_part, code))


def _literal_part(text: str) -> str:
    return "".join(f"\\{c}" if not c.isalnum() and not c.isspace() else c for c in text)


def _literal(text: str) -> str:
    return rf"(?<![\p{{L}}\d]){_literal_part(text)}(?![\p{{L}}\d])"


def _phrase(words: list[str]) -> str:
    """Match words in their order, in title or upper case, with spaces or punctuation between them."""
    cased = [
        rf"(?:{_literal_part(word)}|{_literal_part(word.upper())}|{_literal_part(word.title())})" for word in words
    ]
    return r"(?<![\p{L}\d])" + r"[\s,.\-]+".join(cased) + r"(?![\p{L}\d])"


def _phone_patterns(text: str) -> list[Pattern]:
    """Match the number with and without its country or area code, whatever stands between the digits."""
    own = next(iter(matches(r"^[^a-z]*", text))).group()
    digits = "".join(character for character in own if character.isdigit())
    lengths = [length for length in (len(digits), 10, 7) if 7 <= length <= len(digits)]
    before = r"(?<![\p{L}\d])(?:(?:\+\d{1,3}|00\d{1,3}|[01])[\s\-./()]{0,3})?\(?"
    return [(before + _spread(digits[-length:]) + r"(?![\p{L}\d])", True) for length in dict.fromkeys(lengths)]


def _address_patterns(text: str) -> list[Pattern]:
    """Match the address with its words abbreviated or not, and the house number with its street's name."""
    words = [m.group().rstrip(".") for m in matches(r"[\p{L}\d][\p{L}\d'.-]*", text)]
    if len(words) < 2:
        return []
    either = [_either(word) for word in words]
    found = [r"(?<![\p{L}\d])" + r"[\s,.#]+".join(either) + r"(?![\p{L}\d])"]
    if words[0][0].isdigit():
        suffix = rf"(?:[\s,.]+{either[2]}\b)?" if len(words) > 2 else ""
        found.append(rf"(?<![\p{{L}}\d]){either[0]}[\s,.]+{either[1]}(?![\p{{L}}\d]){suffix}")
        if len(words) > 2 and words[2].casefold() in {*_STREET, *_SHORT}:
            found.append(rf"(?<![\p{{L}}\d]){either[1]}[\s,.]+{either[2]}(?![\p{{L}}\d])")
    return [(pattern, True) for pattern in found]


def _either(word: str) -> str:
    low = word.casefold()
    other = _STREET.get(low) or _SHORT.get(low)
    return rf"(?:{_literal_part(word)}|{other})" if other else _literal_part(word)


def _facility_patterns(text: str) -> list[Pattern]:
    """Match the whole name in any case, and its distinctive beginning where it is capitalised."""
    words = [match.group() for match in matches(r"[\p{L}\d'.&-]+", text)]
    kinds = lexicon().departments | {"hospital", "clinic", "center", "centre", "inc", "llc", "ltd", "department"}
    own = [word for word in words if stem(word) not in kinds]
    found = [(r"(?<![\p{L}\d])" + r"[\s,.\-]+".join(map(_literal_part, words)) + r"(?![\p{L}\d])", True)]
    if own and words[: len(own)] == own and len("".join(own)) > 3:
        found.append((_phrase(own), False))
    acronym = "".join(word[0] for word in words if word[0].isalpha() and word.casefold() not in ("of", "the", "and"))
    if len(acronym) > 2 and not lexicon().is_plain(acronym):
        found.append((_literal(acronym.upper()), False))
    return found


def one_edit(left: str, right: str) -> bool:
    """Tell whether one insertion, deletion, substitution or exchange of neighbours turns one word into another."""
    if abs(len(left) - len(right)) > 1 or left == right:
        return left == right
    begin = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    one, two = left[begin:], right[begin:]
    exchanged = len(one) == len(two) > 1 and one[:2] == two[1::-1] and one[2:] == two[2:]
    return exchanged or one[1:] == two[1:] or one[1:] == two or one == two[1:]
