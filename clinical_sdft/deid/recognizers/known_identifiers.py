"""The values of the patient's structured record, wherever and however they stand in the note."""

from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.dates import find_dates
from clinical_sdft.deid.known import KnownPatient, NameToken
from clinical_sdft.deid.lexicon import lexicon
from clinical_sdft.deid.presidio import EntityRecognizer
from clinical_sdft.deid.recognizers.known_patterns import one_edit, patterns, written_days
from clinical_sdft.deid.recognizers.rules import result
from clinical_sdft.deid.text import compiled, fold, matches, unaccented

WORD = r"\p{L}[\p{L}\p{M}']*(?<!'s)(?<!')"
FUZZY_LENGTH = 5
"""A name of this many letters is also found with one letter wrong, missing, doubled or exchanged."""

Found = tuple[Category, int, int]


class KnownIdentifiersRecognizer(EntityRecognizer):  # type: ignore[misc]
    """Finds what the structured record states; made anew for each record."""

    def __init__(self, known: KnownPatient) -> None:
        """Keep the values to look for."""
        self.known = known
        super().__init__(supported_entities=[str(category) for category in Category], name="known_identifiers")

    def load(self) -> None:
        """Nothing has to be loaded."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
        """Return presidio results, all of them sure."""
        folded = fold(text)
        found = [*_names(folded, self.known), *_dates(folded, self.known), *misspelt(folded, self.known)]
        for value in self.known.values:
            found.extend(
                (value.category, *match.span("id" if "id" in match.re.groupindex else 0))
                for pattern, ignore_case in patterns(value)
                for match in matches(pattern, folded, ignore_case=ignore_case)
            )
        return [result(category, start, end, 1.0) for category, start, end in found]


def _dates(text: str, known: KnownPatient) -> Iterator[Found]:
    stated = [day for value in known.of(Category.DATE) for day in find_dates(value.text)]
    for found in find_dates(text):
        if any(found.same_day(day) for day in stated):
            yield Category.DATE, found.start, found.end
    yield from ((Category.DATE, start, end) for start, end in written_days(text, stated))


def misspelt(text: str, known: KnownPatient) -> Iterator[Found]:
    """Yield words of known places, facilities and streets with one letter wrong."""
    words = lexicon()
    # In this order, so that a town that stands in an address too is always told as a town.
    telling = [
        (category, low)
        for category in (Category.PLACE, Category.FACILITY, Category.ADDRESS)
        for value in known.of(category)
        for match in matches(r"\p{L}{6,}", value.text)
        if not words.is_plain(low := match.group().casefold()) and low not in words.departments
    ]
    if not telling:
        return
    for match in matches(r"\b\p{Lu}\p{L}{4,}", text, ignore_case=False):
        low = match.group().casefold()
        category = next((category for category, known_as in telling if one_edit(low, known_as)), None)
        if category is not None and not words.is_plain(low):
            yield category, *match.span()


def _names(text: str, known: KnownPatient) -> Iterator[Found]:
    """Yield words of known names: in any case, misspelt by one letter, broken, and the initials beside them."""
    words = [match.span() for match in matches(WORD, text)]
    told = {word: match_token(word, known) for word in {text[slice(*span)] for span in words}}
    hits = {index: token for index, span in enumerate(words) if (token := told[text[slice(*span)]])}
    for index, span in enumerate(words):
        word = text[slice(*span)]
        beside = index - 1 in hits or index + 1 in hits
        token = known.tokens.get(word.casefold()) or known.tokens.get(unaccented(word.casefold()))
        if index not in hits and token and (beside or _is_paired(text, words, index, known)):
            hits[index] = token
        elif index not in hits and beside and word[0].isupper():
            short = next((token for known_as, token in known.tokens.items() if _is_nearly(word, known_as)), None)
            hits |= {index: short} if short else {}
    yield from ((Category.NAME, *words[index]) for index in hits)
    yield from _broken(text, words, known)
    for index, token in hits.items():
        initials = {part.text[0] for name in known.names if token in name for part in name}
        for at in (index - 1, index + 1):
            if 0 <= at < len(words) and _is_initial(text, words[at], words[index], initials):
                yield Category.NAME, *words[at]
    for name in known.names:
        yield from _initials(text, name)


def _is_nearly(word: str, known_as: str) -> bool:
    """Tell whether a short word beside a known name is its other half with one letter wrong: `Jnae Doerner`."""
    low = word.casefold()
    return len(low) > 2 and len(known_as) > 2 and one_edit(low, known_as) and not lexicon().is_plain(low)


def _broken(text: str, words: list[tuple[int, int]], known: KnownPatient) -> Iterator[Found]:
    """Yield names that a line break divides, and double names that are written as one word."""
    for (start, middle), (begin, end) in pairwise(words):
        gap = text[middle:begin]
        if "\n" not in gap or gap.strip(" -\r\n"):
            continue
        joined = (text[start:middle] + text[begin:end]).casefold()
        if len(joined) >= FUZZY_LENGTH and joined in known.tokens:
            yield Category.NAME, start, end
    joined_names = {"".join(pair) for name in known.names for pair in pairwise(token.text for token in name)}
    joined_names |= {"".join(reversed(pair)) for name in known.names for pair in pairwise(t.text for t in name)}
    for start, end in words:
        low = text[start:end].casefold()
        if low in joined_names or unaccented(low) in joined_names:
            yield Category.NAME, start, end


def _is_paired(text: str, words: list[tuple[int, int]], index: int, known: KnownPatient) -> bool:
    """Tell whether the word beside is of a known name too: `pt rose brown` is a name, `brown rose` may be."""
    beside = [words[at] for at in (index - 1, index + 1) if 0 <= at < len(words)]
    return any(text[start:end].casefold() in known.tokens for start, end in beside)


def match_token(word: str, known: KnownPatient) -> NameToken | None:
    """Return the known name that a word of the text is, exactly or but for one letter."""
    low, words = word.casefold(), lexicon()
    exact = known.tokens.get(low) or known.tokens.get(low.replace("'", "")) or known.tokens.get(unaccented(low))
    if exact is not None:
        return exact if word[0].isupper() or not words.is_common(low) else None
    if not word[0].isupper() and (words.is_plain(low) or words.is_name(low)):
        return None
    if len(low) < FUZZY_LENGTH - 1 or words.is_plain(low):
        return None
    near = (token for text, token in known.tokens.items() if len(text) >= FUZZY_LENGTH and one_edit(low, text))
    return next(near, None)


def _is_initial(text: str, initial: tuple[int, int], word: tuple[int, int], initials: set[str]) -> bool:
    letter = text[initial[0] : initial[1]]
    first, second = sorted((initial, word))
    gap = text[first[1] : second[0]]
    stopped = text[initial[1] : initial[1] + 1] == "."
    if len(letter) != 1 or not letter.isupper() or letter.casefold() not in initials:
        return False
    return gap in (" ", ". ", ".", ", ", ",") and (stopped or letter not in "AI")


def _initials(text: str, name: tuple[NameToken, ...]) -> Iterator[Found]:
    """Yield `J.P.` or `J. P.`, the initials of a whole name, and `JQP` where it is no clinical abbreviation."""
    letters = [token.text[0].upper() for token in name]
    if len(letters) < 2:
        return
    ordered = [letters, [letters[-1], *letters[:-1]], *combinations(letters, 2)]
    wanted = [r" ?".join(rf"{letter}\." for letter in order) for order in ordered]
    if len(letters) > 2 and not lexicon().is_plain("".join(letters)):
        wanted.append("".join(letters))
    for pattern in dict.fromkeys(wanted):
        for match in compiled(rf"(?<![\p{{L}}\d.])(?:{pattern})(?![\p{{L}}\d])", False).finditer(text):
            yield Category.NAME, *match.span()
