"""Reading text without changing its offsets: folding, and patterns that cannot run for ever."""

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

import regex  # type: ignore[import-untyped]

from clinical_sdft.deid.errors import PatternTimeoutError

PATTERN_SECONDS = 5.0
"""The time one pattern may spend on one text."""

_FOLDED = {
    **dict.fromkeys("\u2018\u2019\u02bc\u00b4", "'"),
    **dict.fromkeys("\u201c\u201d", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
}


def fold(text: str) -> str:
    """Return the text with typographic variants made plain, character by character.

    The result has the same length, so that offsets found in it hold in the original: non-breaking and wide
    spaces, curly quotes, long dashes, and digits or letters of the full-width block.
    """
    return "".join(map(_fold_character, text))


WRAPPED = 45
"""Characters from which a line counts as filled, so that a line break behind it says nothing."""


def unwrap(text: str) -> str:
    """Return the text with a space for each line break inside a filled paragraph; its length stays.

    A line of a list, of a table or with a heading of its own stays a line.
    """
    lines = text.split("\n")
    joints = [
        " " if len(line) >= WRAPPED and not any(matches(_OWN_LINE, following)) else "\n"
        for line, following in pairwise(lines)
    ]
    return "".join(line + joint for line, joint in zip(lines, [*joints, ""], strict=True))


_OWN_LINE = r"^\s*(?:$|[-*•|#>]|\d{1,2}[.)] |\p{Lu}[\p{L}/ -]{2,30}:|<|(?-i:\p{Lu}{2,4}(?:[/:]\p{L}{2,4})?)[\s\"]*$)"


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    if character in _FOLDED:
        return _FOLDED[character]
    if character not in "\n\r\t" and unicodedata.category(character) == "Zs":
        return " "
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character


@lru_cache(maxsize=8192)
def compiled(pattern: str, ignore_case: bool = True) -> Any:
    """Return the compiled pattern (syntax of the `regex` package)."""
    return regex.compile(pattern, regex.IGNORECASE if ignore_case else 0)


def matches(pattern: str, text: str, *, ignore_case: bool = True, overlapped: bool = False) -> Iterator[Any]:
    """Yield the matches of a pattern; overlapped ones begin anywhere, also inside the one before.

    Raises:
        PatternTimeoutError: the search took longer than the limit.
    """
    try:
        yield from compiled(pattern, ignore_case).finditer(text, timeout=PATTERN_SECONDS, overlapped=overlapped)
    except TimeoutError:
        raise PatternTimeoutError("a pattern ran out of time") from None


def matches_at(pattern: str, text: str, begins: Iterable[int]) -> Iterator[Any]:
    """Yield the matches of a pattern that begin at one of these places, in order and without overlap.

    For patterns of many words: looking a word up first is much quicker than trying all of them everywhere.

    Raises:
        PatternTimeoutError: a match took longer than the limit.
    """
    end = 0
    for begin in begins:
        if begin < end:
            continue
        try:
            match = compiled(pattern).match(text, begin, timeout=PATTERN_SECONDS)
        except TimeoutError:
            raise PatternTimeoutError("a pattern ran out of time") from None
        if match is not None:
            end = match.end()
            yield match


def word_set(text: str) -> frozenset[str]:
    """Return a set of words that is written as one string, for tables that a person can read."""
    return frozenset(text.split())


def alnum(text: str) -> str:
    """Return the letters and digits of a text in lower case: the form in which codes are compared."""
    return "".join(character for character in text.casefold() if character.isalnum())


def unaccented(text: str) -> str:
    """Return a word without accents, as it is typed on a plain keyboard: `nunez` for `núñez`."""
    plain = unicodedata.normalize("NFD", text.translate(_SPELT_OUT))
    return "".join(character for character in plain if not unicodedata.combining(character))


_SPELT_OUT = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "ł": "l", "Ł": "L", "đ": "d"})
