"""Names by lists of given and family names of many countries, alone, in pairs and in enumerations."""

from collections.abc import Iterator, Sequence
from itertools import compress, count
from typing import Any

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.lexicon import (
    is_common_family,
    is_function_word,
    is_given_noun,
    is_listed_given,
    is_listed_name,
    is_noun_only,
    is_rare_name,
    is_slip,
    is_vocabulary,
    lexicon,
    plain_letters,
)
from clinical_sdft.deid.namesakes import DOES, grown
from clinical_sdft.deid.presidio import EntityRecognizer
from clinical_sdft.deid.recognizers.rules import result
from clinical_sdft.deid.text import fold, matches
from clinical_sdft.deid.words import Word, begins_sentence, flat_text, is_flat, is_small, term_words, words_of

SCORE = 0.62
_TAKEN = (
    r"\b(?:on|tak(?:e|es|ing)|took|us(?:e|es|ed|ing)|prescribed?|continued?|start(?:ed)?|stop(?:ped)?"
    r"|discontinued?|given|tried"
    r"|of|an|a|the|and|or|negative|positive|trial of|dose of|resume[ds]?|hold|held)[ :]{1,2}$"
)
_DOSE = (
    r"^(?:,? ?\d|-\d| (?:tabs?|tablets?|caps?|capsules?|gel|cream|ointment|lotion|inhaler|spray|patch|test|sign"
    r"|scale|score|criteria)\b)"
)


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
    words, eponyms = words_of(text), term_words(text)
    small, shouted = is_small(words), is_flat(words)
    usable = [word.start not in eponyms for word in words]
    found = {index for index, word in enumerate(words) if usable[index] and _stands_alone(text, word, small, shouted)}
    found |= {
        half
        for index in range(len(words) - 1)
        if usable[index] and usable[index + 1] and _is_pair(text, words[index : index + 2])
        for half in (index, index + 1)
    }
    yield from (words[index] for index in sorted(grown(text, words, found) & set(compress(count(), usable))))


def _stands_alone(text: str, word: Word, small: bool, shouted: bool) -> bool:
    """Tell whether a word is a name wherever it stands."""
    known = lexicon()
    if len(word.low) < 3 or word.low in known.clinical or word.low in known.departments:
        return False
    if "-" in word.low and _is_double(word):
        return True
    if not word.capital:
        return _is_small_name(word, small)
    if word.shout and (len(word.low) < 5 or word.low in known.abbreviations):
        return False
    if (known.is_surely_name(word.low) and not known.is_plain(word.low)) or (
        is_rare_name(word.low) and len(word.low) > 3
    ):
        return True
    is_given = word.low in known.given or is_given_noun(word.low)
    if is_given and not word.shout and not shouted and any(matches(DOES, text[word.end : word.end + 16])):
        return True
    strange = is_strange(word) and not shouted and not _is_taken(text, word)
    if begins_sentence(text, word.start):
        return (is_given or strange) and word.text.istitle() and any(matches(DOES, text[word.end : word.end + 16]))
    return word.text.istitle() and (is_given_noun(word.low) or strange)


def _is_taken(text: str, word: Word) -> bool:
    """Tell whether a word stands where drugs and devices do: `she is on Trizivir`, `Lortab, 5 mg`."""
    before, after = text[max(0, word.start - 24) : word.start], text[word.end : word.end + 12]
    if any(matches(r"^ (?:his|her|their|my|our|who|and (?:his|her))\b", after)):
        return False
    return any(matches(_TAKEN, before)) or any(matches(_DOSE, after))


def is_strange(word: Word) -> bool:
    """Tell whether a word is in no list at all: inside a sentence its capital letter says that it is a name."""
    return (
        len(word.low) > 3
        and word.text.isalpha()
        and not is_vocabulary(word.low)
        and not is_vocabulary(plain_letters(word.low))
        and not is_slip(word.low)
    )


def _is_pair(text: str, pair: Sequence[Word]) -> bool:
    """Tell whether two words are a common given and a common family name, though each is a word: `Dawn Savage`."""
    given, family = pair
    known, gap = lexicon(), text[given.end : family.start]
    if not (given.capital and family.capital) or gap != " " or {given.low, family.low} & known.clinical:
        return False
    named = given.low in known.given or (
        is_listed_given(given.low) and (is_noun_only(given.low) or given.low in known.ambiguous)
    )
    after = text[family.end : family.end + 16]
    if flat_text(text) and not any(matches(rf"^[,.;:)\n]|^$|{DOES}", after)):
        return False
    return named and not is_function_word(given.low) and (is_common_family(family.low) or known.is_name(family.low))


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


def recognizer() -> NameListRecognizer:
    """Return the recognizer."""
    return NameListRecognizer()
