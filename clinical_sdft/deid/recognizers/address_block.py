"""Whole postal addresses of many countries: a street, a unit or a box, and the lines that follow and precede it."""

from collections.abc import Iterator
from typing import Any

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.lexicon import is_vocabulary, large_list, lexicon, plain_letters, stem
from clinical_sdft.deid.presidio import EntityRecognizer
from clinical_sdft.deid.recognizers.rules import result
from clinical_sdft.deid.text import fold, matches, word_set

SCORE = 0.865
_NUMBER = r"\d{1,5}(?:[ ]?[A-Za-z]\b)?(?:[-/]\d{1,4})?"
_BEFORE = rf"(?<![\w.,/:-])(?:{_NUMBER}[ ,]{{1,2}})?"
_CAP = r"(?-i:\p{Lu}[\p{L}\p{M}'-]*(?:(?<=\b\p{Lu})\.|(?<=\b\p{L}{2})\.|(?<=\b\p{L}{3})\.|(?<=\b\p{L}{4})\.)?)"
_SMALL = (
    r"(?:de|de la|de los|del|da|do|dos|das|di|du|des|la|le|les|van|van der|von|der|den|the|of|al|am|im|zum|zur|nad|y|e)"
)
_NAMES = (
    rf"(?:{_SMALL} )*(?:{_CAP}|\d{{1,3}}(?:st|nd|rd|th))(?: (?:{_SMALL} )*(?:{_CAP}|\d{{1,2}}(?:st|nd|rd|th))){{0,4}}"
)
_ENDING = (
    r"(?:street|str|avenue|ave|road|rd|lane|ln|drive|boulevard|blvd|court|ct|terrace|way|circle|parkway|pkwy|highway"
    r"|hwy|crescent|cres|close|row|trail|alley|turnpike|mews|grove|gardens|esplanade|quay|wharf|line|crossing|pass"
    r"|run|st|pl|ter|trl|cir|xing|grade|loop|path|sq|cv|holw|commons|plaza|point|landing|ridge|hollow|bend|knoll"
    r"|vista|walk|square|center|centre|fork|hill|trace|bypass|causeway|extension|dr(?!\.? \p{Lu}\p{Ll}))\b\.?"
)
_GLUED = (
    r"\p{L}{3,}(?:straße|strasse|stra(?:ss|ß)e|str\.|weg|gasse|platz|allee|damm|ufer|laan|straat|plein|plaats|dreef"
    r"|kade|gracht|steenweg|singel|gata|gatan|gaten|gate|gade|vej|vei|veien|vegen|vegur|vägen|väg|gränd|stræde|katu"
    r"|tie|kuja|polku|bakken|backen|allén|gärde|torg|torget|plads|stien|stigen|brunnur|garður)"
)
_LEADING = (
    r"(?:via|viale|vicolo|piazza|piazzale|corso|largo|contrada|strada|rua|travessa|avenida|av\.?|alameda|praça"
    r"|estrada|calle|c/|carrera|carretera|cr|cl|camino|camiño|paseo|plaza|rue|avenue|boulevard|bd|place|chemin|allée"
    r"|impasse|quai|cours|route|square|ul\.?|ulica|ulice|al\.|os\.|aleja|plac|trg|ulitsa|ulitca|bulevar|bul\.|jalan"
    r"|jl\.?|nám\.|náměstí|calea|str\.)"
)
_TRAILING = (
    r"(?:utca|út|u\.|tér|krt\.|körút|köz|ulica|tee|tn|mnt|pst|iela|gatvė|sokak|sk\.|cad\.|caddesi|mah\.|ul\.|str\."
    r"|straße|cesta|bulvár|nám\.)"
)
_UNIT = (
    r"(?:#\d{1,5}[A-Z]?\b|(?:suite|ste|apt|apartment|flat|unit|floor|fl|room|rm|bldg|building|lot"
    r"|no)\b\.? ?#?[A-Z]?\d{1,5}[A-Z]?\b)"
)
_SURE_UNIT = r"\b(?:suite|ste\.|apt|apartment|flat)\b\.? ?#?\d{1,5}[A-Z]?\b"

ANCHORS: tuple[str, ...] = (
    rf"{_BEFORE}{_NUMBER} (?:[NSEW]{{1,2}}\.? )?{_NAMES} {_ENDING}",
    (
        rf"(?<![\w.,/:-]){_NUMBER} (?:{_NUMBER} )?(?:[NSEW]{{1,2}}\.? )?\p{{L}}{{3,}}(?: \p{{L}}{{3,}}){{0,2}} "
        rf"(?:street|avenue|road|lane|boulevard|terrace|drive|circle|court|trail|pike)\b"
    ),
    (
        rf"(?<![\w.,/:-]){_NUMBER} (?:[NSEW]{{1,2}}\.? )?(?:(?:state|us|county|old|rural|ranch|farm|forest) )?"
        rf"(?:route|rte\.?|highway|hwy\.?|road|rt\.?) \d{{1,4}}(?: [NSEW]{{1,2}})?\b(?: #\d+)?"
    ),
    r"(?<![\w.,/:-])\d{2,5} (?-i:[NSEW]{1,2})\.? \d{1,3}(?:st|nd|rd|th)\b",
    rf"(?<![\w.,/:-])\d{{3,5}} (?-i:[NSEW])\. {_CAP}(?: {_CAP})?",
    rf"(?<![\w.,/:-])\d{{1,3}}(?:st|nd|rd|th) (?:&|and) {_CAP}",
    rf"(?<![\w.,/:-])\d{{3,5}} {_CAP}(?: {_CAP})? #\d{{1,4}}[A-Z]?\b",
    rf"(?<![\w.,/:-])(?-i:[NSEW])\d{{3,5}}(?: [NSEW]\d{{3,5}})? (?:[NSEW] )?{_NAMES} {_ENDING}(?: [A-Z]{{1,2}}\b)?",
    rf"{_BEFORE}\b{_LEADING} {_NAMES},? {_NUMBER}(?!\w)",
    (
        rf"(?<![\w.,/:-]){_NUMBER},? {_LEADING} (?:{_SMALL} )*\p{{L}}[\p{{L}}'.-]+"
        rf"(?: \p{{L}}[\p{{L}}'.-]+){{0,4}},? {_NUMBER}(?!\w)"
    ),
    rf"{_BEFORE}{_NUMBER},? {_LEADING} {_NAMES}",
    rf"{_BEFORE}\b{_GLUED},? {_NUMBER}(?!\w)",
    rf"{_BEFORE}(?<!\w){_NAMES} {_TRAILING},? {_NUMBER}(?!\w)\.?",
    rf"(?<![\w.,/:-])\d{{1,5}} {_NAMES} {_NUMBER}(?= *(?:[\n,]|suite|apt|$))",
    (
        rf"(?<![\w.,/:-])\d{{1,5}} \d{{1,5}} (?:{_NAMES}|\p{{L}}{{3,}}(?: \p{{L}}{{3,}}){{0,3}})"
        r" {0,3}(?=[\n,]|suite|apt)"
    ),
    rf"\bthe corner of [^\n,;]{{3,50}}? and (?:{_NAMES}|\p{{L}}+)(?: {_ENDING})?",
    r"\b(?:rr|hc|rural route|star route|route)\.? ?\d{1,3},? box \d+[A-Z]?\b",
    r"(?:\d{1,5} )?\bp\.? ?o\.? ?box \d+\b|\bpost office box \d+\b|\bpostfach \d+",
    r"\b(?:psc|cmr|unit|box) \d{1,5},? box \d{1,5}\b",
    r"\b(?:apo|fpo|dpo),? (?:aa|ae|ap),? \d{5}\b",
    r"(?:\d{1,5} )?\b(?:(?-i:USS)|USCGC|USNS|USNV) \p{L}+",
    _SURE_UNIT,
)
_CUE = (
    r"\b(?:addr|address(?:es)?(?: (?:is|was|to|with|of))?|lives at|living at|resid(?:es|ing) at|residence|located at"
    r"|home is|office is at|sent? (?:it |one |them )?to|arrived at|taxi to|deliver(?:ed|y)? (?:it )?to"
    r"|ship(?:ped)? to|mail(?:ed)? to|moved to)[ :]{1,5}(?=\d{1,5} ?\p{L})"
)
_GAP = r"^(?:[ \t]*[,;.]?[ \t]*(?:\n[ \t?>*|]*)?[,;]?[ \t]*)"
_CODE = (
    r"(?:\d{4,6}(?:-\d{3,4})?|[A-Z]{1,2}-?\d{4,5}|(?-i:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})|(?-i:[A-Z]\d[A-Z] ?\d[A-Z]\d)"
    r"|\d{3} \d{2})(?![\w-])"
)
_WORD = r"\p{L}[\p{L}\p{M}'.-]*"
LONGEST = 160
"""Characters that may follow the first line of an address."""


class AddressBlockRecognizer(EntityRecognizer):  # type: ignore[misc]
    """Finds addresses by a telling piece and reads on from there, as far as the words can belong to it."""

    def __init__(self) -> None:
        """Declare the one category."""
        super().__init__(supported_entities=[str(Category.ADDRESS)], name="address_block")

    def load(self) -> None:
        """The lists are loaded when they are first read."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
        """Return presidio results."""
        folded = fold(text)
        return [result(Category.ADDRESS, start, end, SCORE) for start, end in find_addresses(folded)]


def find_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Yield the half-open offsets of each address (of a text as `fold` leaves it)."""
    for pattern in ANCHORS:
        for match in matches(pattern, text):
            if is_street(match.group()):
                yield match.start(), _read_on(text, match.end())
                yield from _line_above(text, match.start())
    for match in matches(_CUE, text):
        head = next(matches(r"^[^\n.;!?()]{3,80}", text[match.end() : match.end() + 80]), None)
        if head is not None:
            yield match.end(), _read_on(text, match.end() + _plain_end(head.group()))


def _line_above(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Yield the line above an address that begins a line: in a letterhead it is a company's or a person's name."""
    line_start = text.rfind("\n", 0, start) + 1
    if line_start == 0 or text[line_start:start].strip(" \t?>*|"):
        return
    above = text.rfind("\n", 0, line_start - 1) + 1
    line = text[above : line_start - 1]
    words = [match.group() for match in matches(r"[\p{L}\d][\p{L}\p{M}\d'&-]*", line)]
    if not 0 < len(words) <= _LONGEST_NAME or any(character in line for character in ":;!.,|<>/"):
        return
    told = [word for word in words if stem(word) not in _PLACE_WORDS]
    plain = lexicon().clinical | lexicon().departments
    if told and all(word[0].isupper() or word[0].isdigit() for word in told) and stem(told[0]) not in plain:
        begin = above + len(line) - len(line.lstrip(" \t?>*"))
        yield begin, above + len(line.rstrip())


_LONGEST_NAME = 6
_NO_WAY = (
    r"\b\d{1,2}/\d{2,3} o[dsu]\b|\bvia (?:wheelchair|stretcher|ambulance|ems|squad|car|phone|telephone|fax|e-?mail"
    r"|interpreter|video|portal|nasal|mask|iv|po|peg|ngt?|picc|port|trach)\b"
)
"""`via` as a word of English and no street."""
_NO_FIRST = word_set("of up to at in on with for by from x out and or the")
_NO_STREET = word_set(
    "lb lbs kg units sq cc hz khz fork lens irrigate out year years yr yrs month months week weeks day days hour hours "
    "mg mcg ml meq times per"
)


def is_street(text: str) -> bool:
    """Tell `12 Maple Lane` from `3 Days Way`: besides the kind of street some word must not be clinical."""
    words = [stem(match.group()) for match in matches(r"\p{L}[\p{L}\p{M}'-]*", text)]
    if any(matches(_NO_WAY, text)):
        return False
    if any(
        matches(
            r"\b(?:years?|yrs?|months?|mos?|weeks?|days?|y/?o)[ -]old\b|\p{L}{5,}\. |\b(?:in )?place of\b"
            r"|\bcourse of\b",
            text,
        )
    ):
        return False
    if text[:1].isdigit() and words and words[0] in _NO_FIRST:
        return False
    return _NO_STREET.isdisjoint(words) and any(len(word) > 1 and word not in lexicon().clinical for word in words)


def _plain_end(line: str) -> int:
    """Return where the first words of everyday English behind an address begin, or its length."""
    for match in matches(
        (
            r"[ ,](?:was|is|has|had|for|and|please|when|but|which|who|with|because|since|as|so|where|last"
            r"|at)\b"
        ),
        line,
    ):
        return int(match.start())
    return len(line)


def _read_on(text: str, end: int) -> int:
    """Return where an address ends: units, places, states, countries and postal codes belong to it."""
    last = limit = end
    limit = end + LONGEST
    while last < limit:
        gap = next(matches(_GAP, text[last : last + 40]), None)
        begin = last + (gap.end() if gap else 0)
        size = _piece(text[begin : begin + 60], begin > last)
        if not size:
            break
        last = begin + size
    return last


def _piece(rest: str, apart: bool) -> int:
    """Return the length of the address piece that a text begins with; 0 for none."""
    for pattern in (
        rf"^{_UNIT}",
        rf"^{_CODE}",
        r"^(?-i:(?!(?:BY|WAS|IS|HAS|HAD|AND|FOR|THE|ON|IN|AT|TO|WHO|SHE|HE|SEX|AGE|TEL|FAX|PH|DOB|MRN|RE|DR|MR|MS"
        r"|MRS)\b)[A-Z]{2,3})\b(?=\s|$|,)",
        r"^nan\b",
        *(ANCHORS if apart else ()),
    ):
        match = next(matches(pattern, rest), None)
        if match is not None and match.start() == 0:
            return int(match.end())
    return _place_size(rest)


def _place_size(rest: str) -> int:
    """Return the length of the country or the place that a text begins with."""
    words = [match.end() for match in matches(rf"\G ?{_WORD}", rest)][:6]
    for end in reversed(words):
        if is_open_place(rest[:end]):
            return int(end)
    for size in range(min(len(words), 4), 0, -1):
        if _may_be_place(rest[: words[size - 1]].split(), rest[words[size - 1] :]):
            return int(words[size - 1])
    return 0


def _may_be_place(words: list[str], after: str) -> bool:
    """Tell whether words in an address are a town: known as one, or no everyday words, or before a country or code."""
    known = lexicon()
    low = plain_letters(" ".join(words))
    if low in large_list("places_large") or low in large_list("places_small"):
        return len(words) > 1 or words[0][0].isupper() or not known.is_common(low)
    told = [word for word in words if len(word) > 1 and stem(word) not in _PLACE_WORDS]
    capital = all(word[0].isupper() for word in told)
    if not told or any(stem(word) in known.clinical or stem(word) in known.departments for word in told):
        return False
    if not any(is_vocabulary(stem(word)) for word in told):
        return capital or _ends_here(after)
    return capital and _ends_here(after)


def _ends_here(after: str) -> bool:
    """Tell whether a state, a country or a postal code follows, so that the words before it are a town."""
    gap = next(matches(_GAP, after))
    rest = after[gap.end() :]
    ends = [match.end() for match in matches(rf"\G ?{_WORD}", rest)][:6]
    coded = any(matches(rf"^(?:(?-i:[A-Z]{{2,3}})\b[ ,\n]*)?(?:{_CODE}|nan\b)", rest))
    return coded or any(is_open_place(rest[:end]) for end in ends)


_PLACE_WORDS = word_set("of the and de la le du am an bei sur republic people's saint new san el los las di da do nad")


def is_open_place(phrase: str) -> bool:
    """Tell whether a phrase is a state, a country or larger."""
    low = plain_letters(" ".join(phrase.split()))
    return low in lexicon().states or low in lexicon().regions or phrase.strip() in lexicon().state_codes


def recognizer() -> AddressBlockRecognizer:
    """Return the recognizer."""
    return AddressBlockRecognizer()
