"""Names by lists of given and family names of many countries, alone, in pairs and in enumerations."""

from collections.abc import Iterator
from typing import Any

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.lexicon import is_listed_name, is_rare_name, is_vocabulary, lexicon
from clinical_sdft.deid.presidio import EntityRecognizer
from clinical_sdft.deid.recognizers.rules import result
from clinical_sdft.deid.recognizers.words import Word, eponym_words, words_of
from clinical_sdft.deid.text import fold

SCORE = 0.62
_NEXT = frozenset((" ", ". ", "-", "  "))
_LISTED = frozenset((", ", " and ", ", and ", " & ", "; ", "/"))
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
    usable = [word.start not in eponyms for word in words]
    found = {index for index, word in enumerate(words) if usable[index] and _stands_alone(word)}
    for _ in range(3):
        beside = {index for index in _beside(text, words, found) if usable[index]}
        if beside <= found:
            break
        found |= beside
    yield from (words[index] for index in sorted(found))


def _stands_alone(word: Word) -> bool:
    """Tell whether a word is a name wherever it stands: capitalised, or in lower case and in no dictionary."""
    known = lexicon()
    if len(word.low) < 3 or word.low in known.clinical or word.low in known.departments:
        return False
    if word.capital and not (word.shout and len(word.low) < 5):
        return (known.is_surely_name(word.low) and not known.is_plain(word.low)) or (
            is_rare_name(word.low) and len(word.low) > 3
        )
    return len(word.low) > 3 and known.is_surely_name(word.low) and not is_vocabulary(word.low)


def _beside(text: str, words: tuple[Word, ...], found: set[int]) -> Iterator[int]:
    """Yield the neighbours of names that are names themselves, though alone they would say nothing."""
    for index in found:
        for other in (index - 1, index + 1):
            if 0 <= other < len(words) and other not in found:
                first, second = sorted((index, other))
                gap = text[words[first].end : words[second].start]
                if (gap in _NEXT and _may_be_part(words[other], words[index], other > index)) or (
                    gap in _LISTED and words[other].capital and words[index].capital and _may_be_listed(words[other])
                ):
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
    return len(word.low) > 2 and word.low not in lexicon().clinical and is_listed_name(word.low)


def recognizer() -> NameListRecognizer:
    """Return the recognizer."""
    return NameListRecognizer()
