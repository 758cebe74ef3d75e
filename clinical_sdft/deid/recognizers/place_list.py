"""Places by a gazetteer of the world's towns (GeoNames)."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.lexicon import is_function_word, is_noun_only, is_vocabulary, large_list, lexicon, plain_letters
from clinical_sdft.deid.presidio import EntityRecognizer
from clinical_sdft.deid.recognizers.rules import result
from clinical_sdft.deid.text import fold, matches, word_set
from clinical_sdft.deid.words import Word, begins_sentence, flat_text, term_words, words_of

SCORE = 0.61
_LONGEST = 4
_CUE = (
    r"\b(?:in|at|from|near|to|of|outside|around|via|lives?|living|resid(?:es|ing|ent of)|born|moved|native|town|city"
    r"|village|suburb|visit(?:ed|ing)?|where:?)[ :]{1,2}$|\p{Lu}\p{Ll}+, $"
)
_PARTICLES = word_set("de la le du del da do dos das di el of the on upon sur an am in al under by y les los las")


_LAND = (
    r"(?:City|Hollow|Ferry|Butte|Creek|Fork|Gap|Bayou|Springs|Falls|Ridge|Mesa|Prairie|Junction|Corners|Township|Twp"
    r"|Heights|Harbor"
    r"|Bluffs?|Crossing|Landing|Mills|Grove|Rapids|Lakes?|Valley|Canyon|Bottoms|Holler|Island|Beach|Point|Reservation"
    r"|County|Parish)"
)
_NAMED = rf"(?<![\p{{L}}.'-])(?P<id>(?-i:\p{{Lu}}\p{{L}}+(?: \p{{Lu}}\p{{L}}+)? {_LAND}))(?![\w'-])"
_LED = r"(?<![\p{L}.'-])(?P<id>(?-i:(?:Bayou|Lake|Mount|Fort|Port|Camp|Point|Cape) \p{Lu}\p{L}+))(?![\w'-])"


_NEAR = (
    r"\b(?:stay(?:s|ing)?|lives?|living|sleep(?:s|ing)|camp(?:s|ed|ing)?|found|picked up) (?:near|by|behind"
    r"|under) (?:the )?"
    r"(?P<id>(?-i:\p{Lu}\p{L}+(?: \p{Lu}\p{L}+){0,2}))(?![\w'-])"
)


def _by_land(text: str) -> Iterator[tuple[int, int]]:
    """Yield places by a word of the landscape: `Skunk Hollow`, `Bayou Sorrel`; not `Iliac Ridge`."""
    if flat_text(text):
        return
    known = lexicon()
    for pattern in (_NAMED, _LED, _NEAR):
        for match in matches(pattern, text):
            words = [plain_letters(word) for word in match["id"].split()]
            told = words[:-1] if pattern == _NAMED else words[1:] if pattern == _LED else words
            begins = begins_sentence(text, match.start("id"))
            plain = any(word in known.clinical or word in known.departments for word in told)
            if not plain and match.start("id") not in term_words(text) and not (begins and is_function_word(words[0])):
                yield match.span("id")


class PlaceListRecognizer(EntityRecognizer):  # type: ignore[misc]
    """Finds towns; a name that is also a word or a small town's needs more than its capital letter."""

    def __init__(self) -> None:
        """Declare the one category."""
        super().__init__(supported_entities=[str(Category.PLACE)], name="place_list")

    def load(self) -> None:
        """The lists are loaded when they are first read."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
        """Return presidio results."""
        folded = fold(text)
        return [result(Category.PLACE, start, end, SCORE) for start, end in (*_places(folded), *_by_land(folded))]


def _places(text: str) -> Iterator[tuple[int, int]]:
    words, eponyms = words_of(text), term_words(text)
    index = 0
    while index < len(words):
        length = 1 if words[index].start in eponyms else _place_at(text, words, index)
        if length and words[index].start not in eponyms:
            yield words[index].start, words[index + length - 1].end
        index += max(length, 1)


@cache
def _beginnings() -> frozenset[str]:
    """Return the words that names of two and more words begin with."""
    listed = large_list("places_large") | large_list("places_small")
    return frozenset(name.replace("'", " ").replace("-", " ").split()[0] for name in listed if not name.isalpha()) | (
        frozenset(name.split()[0] for name in listed if " " in name)
    )


def _place_at(text: str, words: tuple[Word, ...], index: int) -> int:
    """Return how many words from here on are a place, the longest first; 0 for none."""
    longest = _LONGEST if plain_letters(words[index].text) in _beginnings() else 1
    for length in range(min(longest, len(words) - index), 0, -1):
        run = words[index : index + length]
        phrase = text[run[0].start : run[-1].end]
        if len(phrase) < 60 and "\n" not in phrase and _is_place(text, run, " ".join(phrase.split())):
            return length
    return 0


def _is_place(text: str, run: tuple[Word, ...], phrase: str) -> bool:
    low = plain_letters(phrase)
    large = low in large_list("places_large")
    if not large and low not in large_list("places_small"):
        return False
    known = lexicon()
    if low in known.states or low in known.regions or phrase in known.state_codes or low in known.clinical:
        return False
    return _is_lone_place(text, run[0], large) if len(run) == 1 else _is_phrase(text, run, large)


def _is_phrase(text: str, run: tuple[Word, ...], large: bool) -> bool:
    """Tell `Chula Vista` and `Little Rock` from words that stand beside each other by chance."""
    told = [word for word in run if word.low not in _PARTICLES]
    strange = any(not is_vocabulary(word.low) and len(word.low) > 2 for word in told)
    if not all(word.capital for word in told) or run[0].low in _PARTICLES - {"la", "le", "el", "los", "las", "the"}:
        return strange and large and all(not word.capital for word in told) and len(told) > 1
    return bool(told) and (large or strange) and not all(word.low in lexicon().departments for word in told)


def _is_lone_place(text: str, word: Word, large: bool) -> bool:
    known = lexicon()
    if len(word.low) < 4 or word.low in known.departments or word.low in known.eponyms or known.is_common(word.low):
        return False
    cued = any(matches(_CUE, text[max(0, word.start - 24) : word.start]))
    vocabulary, flat = is_vocabulary(word.low), flat_text(text)
    if not word.capital:
        return not vocabulary and len(word.low) > 4 and (large or cued)
    if word.shout and len(word.low) < 5:
        return False
    if vocabulary:
        town = large and word.low not in large_list("drugs") and word.low not in known.not_towns
        return (
            town
            and is_noun_only(word.low)
            and ((cued and not flat) or (not flat and not begins_sentence(text, word.start)))
        )
    return large or cued or (len(word.low) > 4 and not begins_sentence(text, word.start))


def recognizer() -> PlaceListRecognizer:
    """Return the recognizer."""
    return PlaceListRecognizer()
