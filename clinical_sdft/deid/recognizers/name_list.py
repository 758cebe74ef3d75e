"""Names by lists of given and family names of many countries, alone, in pairs and in enumerations."""

from collections.abc import Iterator
from typing import Any

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.lexicon import (
    is_given_noun,
    is_listed_name,
    is_rare_name,
    is_vocabulary,
    lexicon,
    plain_letters,
)
from clinical_sdft.deid.presidio import EntityRecognizer
from clinical_sdft.deid.recognizers.rules import result
from clinical_sdft.deid.recognizers.words import Word, begins_sentence, eponym_words, words_of
from clinical_sdft.deid.text import fold, matches

SCORE = 0.62
_NEXT = frozenset((" ", ". ", "-", "  "))
_LISTED = frozenset((", ", " and ", ", and ", " & ", "; ", "/"))
_PARTICLES = frozenset(
    [
        "de",
        "van",
        "von",
        "der",
        "la",
        "del",
        "da",
        "bin",
        "al",
        "den",
        "el",
        "dos",
        "di",
        "du",
        "le",
        "ten",
        "ter",
        "zu",
        "af",
    ]
)
_DOES = (
    r"^ (?:is|was|has|had|will|would|can|could|says|said|tells|told|reports?|reported|denies|denied|states?|stated|presents"
    r"|presented|complains|lives|works|called|came|wants|feels|felt|takes|went|goes|and (?:her|his|their)|,? can i)\b"
)
_TITLES = frozenset(["mr", "mrs", "ms", "dr", "miss", "prof"])


class NameListRecognizer(EntityRecognizer):  # type: ignore[misc]
    """Finds words that the lists know as names and nothing else, and the names that stand beside them."""

    def __init__(self) -> None:
        """Declare the one category."""
        super().__init__(supported_entities=[str(Category.NAME)], name="name_list")

    def load(self) -> None:
        """The lists are loaded when they are first read."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
        """Return presidio results."""
        folded = fold(text)
        return [result(Category.NAME, word.start, word.end, SCORE) for word in _names(folded)]


def _names(text: str) -> Iterator[Word]:
    words, eponyms = words_of(text), eponym_words(text)
    small = _is_small(words)
    usable = [word.start not in eponyms for word in words]
    found = {index for index, word in enumerate(words) if usable[index] and _stands_alone(text, word, small)}
    for _ in range(4):
        beside = {index for index in _beside(text, words, found, small) if usable[index]}
        if beside <= found:
            break
        found |= beside
    yield from (words[index] for index in sorted(found))


def _is_small(words: tuple[Word, ...]) -> bool:
    """Tell whether a text is written without capital letters, so that they say nothing."""
    return len(words) > 3 and sum(word.capital for word in words) * 50 < len(words)


def _stands_alone(text: str, word: Word, small: bool) -> bool:
    """Tell whether a word is a name wherever it stands."""
    known = lexicon()
    if len(word.low) < 3 or word.low in known.clinical or word.low in known.departments:
        return False
    if "-" in word.low and _is_double(word):
        return True
    if not word.capital:
        return _is_small_name(word, small)
    if word.shout and len(word.low) < 5:
        return False
    if (known.is_surely_name(word.low) and not known.is_plain(word.low)) or (
        is_rare_name(word.low) and len(word.low) > 3
    ):
        return True
    is_given = word.low in known.given or is_given_noun(word.low)
    if begins_sentence(text, word.start):
        return is_given and word.text.istitle() and any(matches(_DOES, text[word.end : word.end + 16]))
    return word.text.istitle() and is_given_noun(word.low)


def _is_double(word: Word) -> bool:
    """Tell whether the parts of a hyphenated word are names: `Becker-Shaffer`, and not `Follow-Up`."""
    parts = word.low.split("-")
    listed = all(len(part) > 2 and is_listed_name(part) for part in parts)
    return word.capital and listed and any(is_rare_name(part) or lexicon().is_surely_name(part) for part in parts)


def _is_small_name(word: Word, small: bool) -> bool:
    """Tell whether a word in lower case is a name: in no dictionary, and well known, accented, or in a small text."""
    if len(word.low) < 4 or is_vocabulary(word.low) or is_vocabulary(plain_letters(word.low)):
        return False
    if lexicon().is_surely_name(word.low) or not word.low.isascii():
        return True
    return small and is_listed_name(word.low)


def _beside(text: str, words: tuple[Word, ...], found: set[int], small: bool) -> Iterator[int]:
    """Yield the neighbours of names that are names themselves, though alone they would say nothing."""
    for index in found:
        for step in (-1, 1):
            other, between = index + step, []
            while 0 <= other < len(words) and words[other].text in _PARTICLES and len(between) < 3:
                between.append(other)
                other += step
            if not 0 <= other < len(words) or other in found:
                continue
            first, second = sorted((index, other))
            gap = text[words[first].end : words[second].start]
            if between:
                if words[other].capital and "\n" not in gap and _may_be_part(words[other], words[index], step > 0):
                    yield from (*between, other)
            elif gap in _NEXT and _may_be_part(words[other], words[index], step > 0):
                yield other
            elif gap in _LISTED and (small or (words[other].capital and words[index].capital)):
                if _may_be_listed(words[other]):
                    yield other


def _may_be_part(word: Word, name: Word, behind: bool) -> bool:
    """Tell whether a word beside a name belongs to it: `Jane Quill`, `Jane Q`, `jane kowalsky`."""
    if len(word.low) == 1:
        return word.text.isupper() and behind
    if word.low in _TITLES or word.low in lexicon().clinical or word.low in lexicon().departments:
        return False
    if word.capital and name.capital:
        return is_listed_name(word.low) or not is_vocabulary(word.low)
    if not word.capital and not name.capital:
        return len(word.low) > 2 and not is_vocabulary(word.low)
    return False


def _may_be_listed(word: Word) -> bool:
    """Tell whether a word in an enumeration of names is one: `Malon, Mark and Grace`."""
    if len(word.low) < 3 or word.low in lexicon().clinical:
        return False
    return is_listed_name(word.low) or (word.capital and not is_vocabulary(word.low))


def recognizer() -> NameListRecognizer:
    """Return the recognizer."""
    return NameListRecognizer()
