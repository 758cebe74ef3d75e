"""Marked notes as a model learns from them, and the variations in which it sees each of them.

A note is seen with other names, other digits, and now and then in one case throughout, so that what is learned is where
an identifier stands and what it looks like, not the identifier.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from clinical_sdft.deid.categories import NUMBERS, Category
from clinical_sdft.deid.lexicon import is_listed_name, large_list, lexicon, stem
from clinical_sdft.deid.text import fold, unwrap
from data_contracts import GoldDocument

_OTHER_NAMES, _OTHER_DIGITS = 0.65, 0.7
_LOWER, _UPPER = 0.10, 0.06
"""Shares of the variations with other names, with other digits, in small letters and in capitals."""
_RARE = 0.45
"""Share of names drawn from the lists of rare ones and of other countries."""
_CODES = NUMBERS | {Category.PHONE, Category.ZIP}
_WORD = re.compile(r"[^\W\d_]{3,}")
_CODE_LETTER = re.compile(r"(?<=\d)[A-Z]|[A-Z](?=\d)")

Place = tuple[int, int]


@dataclass(frozen=True)
class Marked:
    """A text, its identifiers in order and without overlap, what may be taken or left, and facts by kind."""

    text: str
    spans: tuple[tuple[Place, Category], ...]
    neutral: tuple[Place, ...] = ()
    facts: tuple[tuple[Place, str], ...] = ()

    @classmethod
    def of(cls, document: GoldDocument) -> "Marked":
        """Return a document's text as a model reads it, and its marks; of two that overlap the first and longer."""
        spans: list[tuple[Place, Category]] = []
        for span in sorted(document.spans, key=lambda span: (span.start, -span.end)):
            if not spans or span.start >= spans[-1][0][1]:
                spans.append(((span.start, span.end), Category(span.category)))
        return cls(
            unwrap(fold(document.text)),
            tuple(spans),
            tuple((part.start, part.end) for part in document.neutral),
            tuple(((fact.start, fact.end), fact.kind) for fact in document.keep),
        )


class Variations:
    """Writes a marked note anew, each time otherwise; the same seed gives the same series."""

    def __init__(self, rng: random.Random) -> None:
        """Keep the source of chance, and the lists of names in a fixed order."""
        self._rng = rng
        words = lexicon()
        self._given = (sorted(words.given), sorted(large_list("given")))
        self._family = (sorted(words.family), sorted(large_list("family")))

    def of(self, note: Marked) -> Marked:
        """Return one more variation of a note."""
        names: dict[str, str] = {}
        rewrites: dict[Category, Callable[[str], str]] = {}
        if self._rng.random() < _OTHER_NAMES:
            rewrites[Category.NAME] = lambda text: _WORD.sub(lambda word: self._other_name(word.group(), names), text)
        if self._rng.random() < _OTHER_DIGITS:
            rewrites |= dict.fromkeys(_CODES, self._other_code)
        return self._cased(
            _rewritten(note, [rewrites.get(category, str)(note.text[slice(*at)]) for at, category in note.spans])
        )

    def _other_name(self, word: str, names: dict[str, str]) -> str:
        if not is_listed_name(word):
            return word
        low = stem(word)
        if low not in names:
            common, rare = self._given if low in lexicon().given else self._family
            names[low] = self._rng.choice(rare if self._rng.random() < _RARE else common)
        return _like(word, names[low])

    def _other_code(self, text: str) -> str:
        digits = re.sub(r"\d", lambda _: str(self._rng.randint(0, 9)), text)
        return _CODE_LETTER.sub(lambda _: self._rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ"), digits)

    def _cased(self, note: Marked) -> Marked:
        draw = self._rng.random()
        text = note.text.lower() if draw < _LOWER else note.text.upper() if draw < _LOWER + _UPPER else note.text
        return note if len(text) != len(note.text) else replace(note, text=text)


def _like(word: str, name: str) -> str:
    """Return a name written as a word is: in capitals, in small letters, or with a capital first."""
    if word.isupper():
        return name.upper()
    return name if word.islower() else "-".join(part.capitalize() for part in name.split("-"))


def _rewritten(note: Marked, values: Sequence[str]) -> Marked:
    """Put other values in the place of a note's identifiers, and move all marks along."""
    pieces: list[str] = []
    spans: list[tuple[Place, Category]] = []
    moved: list[tuple[int, int, int]] = []
    end = length = 0
    for ((start, stop), category), value in zip(note.spans, values, strict=True):
        before = note.text[end:start]
        begin = length + len(before)
        pieces += [before, value]
        length, end = begin + len(value), stop
        spans.append(((begin, length), category))
        moved.append((start, stop, length - stop))
    pieces.append(note.text[end:])
    return Marked(
        "".join(pieces),
        tuple(spans),
        tuple(_moved(place, moved) for place in note.neutral),
        tuple((_moved(place, moved), kind) for place, kind in note.facts),
    )


def _moved(place: Place, moved: Sequence[tuple[int, int, int]]) -> Place:
    """Return where a place of the note has come to; within an identifier it keeps its distance to the left of it."""
    start, end = (_offset(offset, moved) for offset in place)
    return start, max(start, end)


def _offset(offset: int, moved: Sequence[tuple[int, int, int]]) -> int:
    shift = 0
    for start, stop, behind in moved:
        if offset <= start:
            break
        shift = behind if offset >= stop else shift
    return offset + shift
