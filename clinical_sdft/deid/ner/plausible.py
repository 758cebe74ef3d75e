"""What a model that is sure of itself must show: a code digits, a date more than a year, a name no plain words."""

from collections.abc import Callable

from clinical_sdft.deid.categories import NUMBERS, Category
from clinical_sdft.deid.lexicon import is_drug, is_listed_name, is_vocabulary, lexicon, stem
from clinical_sdft.deid.safe import is_open_place
from clinical_sdft.deid.text import matches

_OPEN_DATE = (
    r"^(?:(?:the |mid-?|late |early )?(?:19|20)\d\ds?(?: ?[-/] ?(?:(?:19|20)?\d\d))?|(?:[01]\d|2[0-4])[0-5]\d"
    r"(?: ?(?:-|to) ?(?:[01]\d|2[0-4])[0-5]\d)?|mid|early|late)$"
)
"""A year, years, and the time of day in four digits."""
_TOKEN = r"\p{L}[\p{L}'-]*"
_WORDS = (Category.NAME, Category.PLACE, Category.FACILITY)


def plausible(category: Category, value: str) -> bool:
    """Tell whether a value can be of a category; `value` as `fold` leaves it."""
    return _TESTS.get(category, _has_letter_or_digit)(value)


def is_plain(category: Category, text: str, start: int, end: int) -> bool:
    """Tell whether a name, place or facility is of plain words alone, so that the safe list is to be asked.

    Plain are dictionary words in small letters, one that begins a sentence alone and is no given name, clinical
    words, drugs, and places too large to identify. `text` is as it was written.
    """
    if category not in _WORDS:
        return False
    if is_open_place(text[start:end], lexicon()):
        return True
    words = [text[start:end][slice(*match.span())] for match in matches(_TOKEN, text[start:end])]
    begins = len(words) == 1 and text[:start].rstrip(" ")[-1:] in ("", ".", ":", ";", "?", "!", "\n", "(")
    return all(_is_plain_word(word, begins) for word in words)


def _is_plain_word(word: str, begins: bool) -> bool:
    low, known = stem(word), lexicon()
    if low in known.states or low in known.regions or low in known.clinical or is_drug(low):
        return True
    small = word.islower() or (word.istitle() and begins and low not in known.given)
    return small and is_vocabulary(low)


def _has_letter_or_digit(value: str) -> bool:
    return any(character.isalnum() for character in value)


def _is_code(value: str) -> bool:
    """Tell whether a value has digits, or is a word that no dictionary has: a model may take a login for a code."""
    if any(character in "%$" for character in value):
        return False
    words = [value[slice(*match.span())] for match in matches(_TOKEN, value)]
    digits = sum(character.isdigit() for character in value)
    return digits >= 2 or any(is_listed_name(word) or not is_vocabulary(stem(word)) for word in words)


def _is_date(value: str) -> bool:
    return _has_letter_or_digit(value) and not any(matches(_OPEN_DATE, value.strip()))


_TESTS: dict[Category, Callable[[str], bool]] = {
    **dict.fromkeys((*NUMBERS, Category.PHONE, Category.ZIP), _is_code),
    Category.DATE: _is_date,
}
