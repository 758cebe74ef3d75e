"""The second reader: it scans the rewritten text by other means and says where an identifier may be left.

It shares no pattern with the recognizers, only the word lists and the tests for clinical numbers and eponyms.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.dates import find_dates
from clinical_sdft.deid.known import KnownPatient
from clinical_sdft.deid.lexicon import is_vocabulary, lexicon, stem
from clinical_sdft.deid.residual_shapes import MASK, shape_hits
from clinical_sdft.deid.safe import is_clinical_number
from clinical_sdft.deid.terms import eponym_spans, term_spans
from clinical_sdft.deid.text import alnum, fold, matches

_SHAPES = (
    ("email_shape", r"[\w.+-]+ ?(?:@|[(\[{<] ?at ?[)\]}>]) ?[\w-]*\p{L}{2}[\w-]*"),
    ("email_shape", r"\b[\w.+-]+ at [\w-]+ dot [a-z]{2,}\b"),
    ("url_shape", r"https?:|\bwww\.|\b[a-z0-9-]+\.(?:com|org|net|edu|gov)\b|\b[\w-]+ dot (?:com|org|net|edu)\b"),
    ("phone_shape", r"(?<![\d.])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?!\d)"),
    ("ssn_shape", r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)"),
    ("spaced_digits", r"(?<!\d)(?:\d ){5,}\d(?!\d)"),
    ("hidden_character", r"[\u200b-\u200f\u2060-\u2064\u00ad\ufeff\u202a-\u202e\u2066-\u2069\u061c]"),
    ("hidden_character", r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"),
    ("other_script", r"[^\P{L}\p{Latin}\p{Greek}\p{Common}\p{Inherited}]+|\p{Greek}{3,}"),
)
_NUMBER = r"(?<![\d.,])\d{5,}(?![\d]|[.,]\d)"
_TITLED = r"\b(?:Mr|Mrs|Ms|Mx|Dr|Prof|Miss|MR|MRS|MS|DR)\b\.? ?(?P<id>\p{Lu}[\p{L}'-]+)"
_WORD = r"\p{L}[\p{L}']*"


@dataclass(frozen=True)
class Hit:
    """A place in the rewritten text where an identifier may be left, and the rule that says so."""

    start: int
    end: int
    rule: str


def scan(text: str, known: KnownPatient, allowed: Sequence[tuple[int, int]] = ()) -> tuple[Hit, ...]:
    """Return what may still be an identifier.

    Args:
        text: the rewritten text.
        known: the structured identifiers of the patient.
        allowed: the half-open offsets of surrogates.

    Raises:
        PatternTimeoutError: a pattern took too long.
    """
    masked = list(fold(text))
    for start, end in allowed:
        masked[start:end] = MASK * (end - start)
    plain = "".join(masked)
    found = {*_shapes(plain), *_numbers(plain), *_known_codes(plain, known), *_known_words(plain, known)}
    found |= {*_known_dates(plain, known), *_names(plain)}
    found |= {Hit(*hit) for hit in _outside_eponyms(plain)}
    return tuple(sorted(found, key=lambda hit: (hit.start, hit.end, hit.rule)))


def _shapes(text: str) -> Iterator[Hit]:
    for rule, pattern in _SHAPES:
        for match in matches(pattern, text):
            yield Hit(match.start(), match.end(), rule)


def _numbers(text: str) -> Iterator[Hit]:
    for match in matches(_NUMBER, text):
        if not is_clinical_number(text, *match.span()):
            yield Hit(match.start(), match.end(), "digit_run")


def _known_codes(text: str, known: KnownPatient) -> Iterator[Hit]:
    """Yield codes of the structured record by comparing letters and digits alone, whatever stands between them."""
    kept = [
        (index, character)
        for index, character in enumerate(text.casefold())
        if character.isalnum() or character == MASK
    ]
    packed = "".join(character for _, character in kept)
    for value in known.values:
        code = value.code
        if sum(character.isdigit() for character in code) < 4 or value.category == Category.DATE:
            continue
        at = packed.find(code)
        while at >= 0:
            yield Hit(kept[at][0], kept[at + len(code) - 1][0] + 1, "known_value")
            at = packed.find(code, at + 1)


def _known_words(text: str, known: KnownPatient) -> Iterator[Hit]:
    """Yield words of known names, places and facilities; a word that is also plain English only if capitalised."""
    lookup = lexicon()
    wanted, generic = set(known.tokens), set[str]()
    for value in known.of(Category.PLACE, Category.FACILITY):
        words = [match.group().casefold() for match in matches(_WORD, value.text)]
        plain = {word for word in words if is_vocabulary(word)}
        wanted |= {word for word in words if not lookup.is_common(word) and word not in lookup.departments}
        generic |= plain
    eponyms = eponym_spans(text)
    for match in matches(_WORD, text):
        word, low = match.group(), stem(match.group())
        if low not in wanted or len(low) < 3 or _inside(match.span(), eponyms):
            continue
        if low in generic and low not in known.tokens and word.islower() and not text.islower():
            continue
        if word[0].isupper() or not lookup.is_common(low):
            yield Hit(match.start(), match.end(), "known_value")
    folded = text.casefold()
    for name in known.names:
        for one, two in pairwise(name):
            if one.text.casefold() not in folded or two.text.casefold() not in folded:
                continue
            for pair in (rf"\b{one.text}\W{{1,3}}{two.text}\b", rf"\b{two.text}\W{{1,3}}{one.text}\b"):
                yield from (Hit(match.start(), match.end(), "known_value") for match in matches(pair, text))
    for value in known.of(Category.ADDRESS):
        house = [match.group() for match in matches(r"[\p{L}\d]+", value.text)][:2]
        for match in matches(r"\b" + r"\W{1,3}".join(house) + r"\b", text):
            yield Hit(match.start(), match.end(), "known_value")
    for value in known.of(Category.SSN):
        for match in matches(rf"(?<![\w.]){value.code[-4:]}(?![\w]|[.,]\d)", text):
            yield Hit(match.start(), match.end(), "known_value")
    for value in known.of(Category.EMAIL, Category.URL):
        at = alnum(text).find(value.code)
        if at >= 0:
            yield Hit(0, len(text), "known_value")


def _known_dates(text: str, known: KnownPatient) -> Iterator[Hit]:
    stated = [day for value in known.of(Category.DATE) for day in find_dates(value.text)]
    for found in find_dates(text):
        if any(found.same_day(day) for day in stated):
            yield Hit(found.start, found.end, "known_value")


def _names(text: str) -> Iterator[Hit]:
    """Yield capitalised common names, and whatever capitalised word follows a title."""
    lookup, eponyms = lexicon(), (*eponym_spans(text), *term_spans(text))
    for match in matches(_WORD, text):
        word = match.group()
        is_name = word[0].isupper() and len(word) > 2 and lookup.is_surely_name(word)
        if is_name and stem(word) not in lookup.clinical and not _inside(match.span(), eponyms):
            yield Hit(match.start(), match.end(), "name_list")
    for match in matches(_TITLED, text, ignore_case=False):
        if not lookup.is_plain(match["id"]):
            yield Hit(match.start("id"), match.end("id"), "titled_name")


def _outside_eponyms(text: str) -> Iterator[tuple[int, int, str]]:
    eponyms = eponym_spans(text)
    return (hit for hit in shape_hits(text) if hit[2] == "half_replaced" or not _inside(hit[:2], eponyms))


def _inside(span: tuple[int, int], others: tuple[tuple[int, int], ...]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in others)
