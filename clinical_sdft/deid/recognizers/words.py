"""The words of a text with what the word lists say of them, for the recognizers that read lists and not patterns."""

from dataclasses import dataclass
from functools import lru_cache

from clinical_sdft.deid.lexicon import lexicon, stem
from clinical_sdft.deid.safe import eponym_spans
from clinical_sdft.deid.text import matches

_WORD = r"\p{L}[\p{L}\p{M}]*(?:['-]\p{L}[\p{L}\p{M}]*)*"


@dataclass(frozen=True)
class Word:
    """A word, its half-open offsets, and its lower-case form without a possessive ending."""

    text: str
    start: int
    end: int
    low: str

    @property
    def capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0].isupper()

    @property
    def shout(self) -> bool:
        """Whether it is written in capital letters."""
        return len(self.text) > 1 and self.text.isupper()


@lru_cache(maxsize=4)
def words_of(text: str) -> tuple[Word, ...]:
    """Return the words of a text (as `fold` leaves it), without possessive endings."""
    found = []
    for match in matches(_WORD, text):
        word = match.group()
        end = match.end() - 2 if word[-2:].casefold() == "'s" else match.end()
        found.append(Word(text[match.start() : end], match.start(), end, stem(word)))
    return tuple(found)


@lru_cache(maxsize=4)
def eponym_words(text: str) -> frozenset[int]:
    """Return where words begin that are part of a medical term, such as Graves disease or Murphy's sign."""
    spans = eponym_spans(text)
    return frozenset(word.start for word in words_of(text) if any(a <= word.start and word.end <= b for a, b in spans))


def begins_sentence(text: str, start: int) -> bool:
    """Tell whether a sentence, a line, a list item or a bracket begins here, so that a capital letter says nothing."""
    before = text[:start].rstrip(" \t\"'*•-")
    return not before or before[-1] in ".:;?!\n\r(["


def is_known_city(low: str) -> bool:
    """Tell whether a place stands in the short list of cities that are well known."""
    return low in lexicon().cities
