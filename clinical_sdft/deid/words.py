"""The words of a text with what the word lists say of them, for what reads lists and not patterns."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from clinical_sdft.deid.lexicon import is_function_word, lexicon, stem
from clinical_sdft.deid.terms import eponym_spans, term_spans
from clinical_sdft.deid.text import matches, word_set

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
        """Whether it begins with a capital letter, also behind a small prefix as in `al-Farsi` and `d'Souza`."""
        if self.text[0].isupper():
            return True
        prefix, mark, rest = self.text.partition("-" if "-" in self.text else "'")
        return bool(mark and rest) and len(prefix) < 4 and rest[0].isupper()

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
    return _starts_within(text, spans)


@lru_cache(maxsize=4)
def term_words(text: str) -> frozenset[int]:
    """Return where words begin that are part of any medical term, also of one whose name is in no list.

    A name that is told elsewhere in the note is one here too, so these words only tell against a guess.
    """
    return eponym_words(text) | _starts_within(text, term_spans(text))


def _starts_within(text: str, spans: Sequence[tuple[int, int]]) -> frozenset[int]:
    return frozenset(word.start for word in words_of(text) if any(a <= word.start and word.end <= b for a, b in spans))


def begins_sentence(text: str, start: int) -> bool:
    """Tell whether a sentence, a line, a list item or a bracket begins here, so that a capital letter says nothing."""
    before = text[:start].rstrip(" \t\"'*•-")
    return not before or before[-1] in ".:;?!\n\r(["


def is_small(words: Sequence[Word]) -> bool:
    """Tell whether a text is written without capital letters, so that they say nothing."""
    return len(words) > 3 and sum(word.capital for word in words) * 50 < len(words)


def is_flat(words: Sequence[Word]) -> bool:
    """Tell whether most words of a text have a capital letter, so that it says nothing."""
    clinical = lexicon().clinical
    told = [word for word in words if len(word.low) > 2 and word.low not in clinical and not is_function_word(word.low)]
    capitals = sum(word.capital for word in told)
    return len(told) > 2 and (capitals * 5 > len(told) * 4 if len(told) > 6 else capitals == len(told))


@lru_cache(maxsize=4)
def flat_text(text: str) -> bool:
    """Tell of a text what `is_flat` tells of its words; kept, as many rules ask."""
    return is_flat(words_of(text))


def with_capitals(text: str) -> str:
    """Return a text that is written without capital letters with one for each word that can be of a name.

    Its length stays; a text with capital letters is returned as it is.
    """
    words = words_of(text)
    if not is_small(words):
        return text
    letters = list(text)
    for word in words:
        if _may_have_capital(text, word):
            letters[word.start] = _capital(letters[word.start])
            for match in matches(r"[-'](?=\p{L}{3})", word.text):
                letters[word.start + match.end()] = _capital(letters[word.start + match.end()])
    return "".join(letters)


_NUMBERS = word_set("two three four five six eight nine ten twelve fifteen twenty forty")


def _may_have_capital(text: str, word: Word) -> bool:
    if word.low == "may":
        return any(matches(r"\d[ ,\n-]{1,2}$", text[max(0, word.start - 4) : word.start])) or any(
            matches(r"^(?:[., \n-]{1,2}| of )\d", text[word.end : word.end + 5])
        )
    if len(word.low) == 1:
        after = text[word.end : word.end + 2]
        alone = text[word.start - 1 : word.start] == " " and after[:1] in (" ", ",", ")", "]", "\n", "|")
        ends = after[:1] in (",", ")", "]", "|") or after in ("  ", " |")
        return after[:1] == "." or (alone and (ends or word.low not in "aist"))
    if word.low == "our":
        return text[word.end :].startswith(" lady")
    return word.low not in lexicon().clinical and (not is_function_word(word.low) or word.low in _NUMBERS)


def _capital(letter: str) -> str:
    upper = letter.upper()
    return upper if len(upper) == 1 else letter
