"""The values of the patient's structured record, wherever and however they stand in the note."""

from collections.abc import Iterator
from typing import Any

from clinical_sdft.deid.categories import NUMBERS, Category
from clinical_sdft.deid.dates import find_dates
from clinical_sdft.deid.known import KnownPatient, KnownValue, NameToken
from clinical_sdft.deid.lexicon import lexicon, stem
from clinical_sdft.deid.presidio import EntityRecognizer
from clinical_sdft.deid.recognizers.rules import result
from clinical_sdft.deid.text import compiled, fold, matches

_STREET = {
    "street": "st", "avenue": "ave", "road": "rd", "lane": "ln", "drive": "dr", "boulevard": "blvd", "court": "ct",
    "place": "pl", "terrace": "ter", "circle": "cir", "parkway": "pkwy", "highway": "hwy", "square": "sq",
    "apartment": "apt", "suite": "ste", "north": "n", "south": "s", "east": "e", "west": "w", "saint": "st",
}  # fmt: skip
_SHORT = {short: long for long, short in _STREET.items()}
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
        found = [*_names(folded, self.known), *_dates(folded, self.known)]
        for value in self.known.values:
            found.extend(_value(folded, value))
        return [result(category, start, end, 1.0) for category, start, end in found]


def _value(text: str, value: KnownValue) -> Iterator[Found]:
    patterns: list[tuple[str, bool]] = []
    if value.category == Category.PHONE:
        patterns = _phone_patterns(value.text)
    elif value.category in NUMBERS or value.category in (Category.ZIP, Category.IP):
        patterns = [(_loose(value.code), True)] if len(value.code) > 2 else []
    elif value.category in (Category.EMAIL, Category.URL):
        patterns = [(_literal(value.text), True), (_literal(value.text.split("@")[0]), True)]
    elif value.category == Category.ADDRESS:
        patterns = _address_patterns(value.text)
    elif value.category == Category.PLACE:
        patterns = [(_phrase(value.text.split()), not lexicon().is_plain(value.text.split()[0]))]
    elif value.category == Category.FACILITY:
        patterns = _facility_patterns(value.text)
    for pattern, ignore_case in patterns:
        for match in matches(pattern, text, ignore_case=ignore_case):
            yield value.category, *match.span()


def _loose(code: str) -> str:
    """Match the letters and digits of a code with any separators between them."""
    return r"(?<![\p{L}\d])" + r"[\s\-./()_:]{0,3}".join(map(_literal_part, code)) + r"(?![\p{L}\d])"


def _literal_part(text: str) -> str:
    return "".join(f"\\{c}" if not c.isalnum() and not c.isspace() else c for c in text)


def _literal(text: str) -> str:
    return rf"(?<![\p{{L}}\d]){_literal_part(text)}(?![\p{{L}}\d])"


def _phrase(words: list[str]) -> str:
    """Match words in their order, in title or upper case, with spaces or punctuation between them."""
    cased = [
        rf"(?:{_literal_part(word)}|{_literal_part(word.upper())}|{_literal_part(word.title())})" for word in words
    ]
    return r"(?<![\p{L}\d])" + r"[\s,.\-]+".join(cased) + r"(?![\p{L}\d])"


def _phone_patterns(text: str) -> list[tuple[str, bool]]:
    digits = "".join(character for character in text if character.isdigit())
    lengths = [length for length in (len(digits), 10, 7) if 7 <= length <= len(digits)]
    return [(_loose(digits[-length:]), True) for length in dict.fromkeys(lengths)]


def _address_patterns(text: str) -> list[tuple[str, bool]]:
    """Match the address with its words abbreviated or not, and the house number with its street's name."""
    words = [m.group().rstrip(".") for m in matches(r"[\p{L}\d][\p{L}\d'.-]*", text)]
    if len(words) < 2:
        return []
    either = [_either(word) for word in words]
    patterns = [r"(?<![\p{L}\d])" + r"[\s,.#]+".join(either) + r"(?![\p{L}\d])"]
    if words[0][0].isdigit():
        suffix = rf"(?:[\s,.]+{either[2]}\b)?" if len(words) > 2 else ""
        patterns.append(rf"(?<![\p{{L}}\d]){either[0]}[\s,.]+{either[1]}(?![\p{{L}}\d]){suffix}")
    return [(pattern, True) for pattern in patterns]


def _either(word: str) -> str:
    low = word.casefold()
    other = _STREET.get(low) or _SHORT.get(low)
    return rf"(?:{_literal_part(word)}|{other})" if other else _literal_part(word)


def _facility_patterns(text: str) -> list[tuple[str, bool]]:
    """Match the whole name in any case, and its distinctive beginning where it is capitalised."""
    words = [match.group() for match in matches(r"[\p{L}\d'.&-]+", text)]
    kinds = lexicon().departments | {"hospital", "clinic", "center", "centre", "inc", "llc", "ltd", "department"}
    own = [word for word in words if stem(word) not in kinds]
    patterns = [(r"(?<![\p{L}\d])" + r"[\s,.\-]+".join(map(_literal_part, words)) + r"(?![\p{L}\d])", True)]
    if own and words[: len(own)] == own and len("".join(own)) > 3:
        patterns.append((_phrase(own), False))
    return patterns


def _dates(text: str, known: KnownPatient) -> Iterator[Found]:
    stated = [day for value in known.of(Category.DATE) for day in find_dates(value.text)]
    for found in find_dates(text):
        if any(found.same_day(day) for day in stated):
            yield Category.DATE, found.start, found.end


def _names(text: str, known: KnownPatient) -> Iterator[Found]:
    """Yield words of known names: in any case, misspelt by one letter, and the initials beside them."""
    words = [match.span() for match in matches(r"\p{L}[\p{L}']*(?<!'s)(?<!')", text)]
    hits = {index: token for index, span in enumerate(words) if (token := match_token(text[slice(*span)], known))}
    for index, span in enumerate(words):
        token = known.tokens.get(text[slice(*span)].casefold())
        if (
            index not in hits
            and token
            and (index - 1 in hits or index + 1 in hits or _is_paired(text, words, index, known))
        ):
            hits[index] = token
    yield from ((Category.NAME, *words[index]) for index in hits)
    for index, token in hits.items():
        initials = {part.text[0] for name in known.names if token in name for part in name}
        for beside in (index - 1, index + 1):
            if 0 <= beside < len(words) and _is_initial(text, words[beside], words[index], initials):
                yield Category.NAME, *words[beside]
    for name in known.names:
        yield from _initials(text, name)


def _is_paired(text: str, words: list[tuple[int, int]], index: int, known: KnownPatient) -> bool:
    """Tell whether the word beside is of a known name too: `pt rose brown` is a name, `brown rose` may be."""
    beside = [words[at] for at in (index - 1, index + 1) if 0 <= at < len(words)]
    return any(text[start:end].casefold() in known.tokens for start, end in beside)


def match_token(word: str, known: KnownPatient) -> NameToken | None:
    """Return the known name that a word of the text is, exactly or but for one letter."""
    low, words = word.casefold(), lexicon()
    exact = known.tokens.get(low) or known.tokens.get(low.replace("'", ""))
    if exact is not None:
        return exact if word[0].isupper() or not words.is_common(low) else None
    if not word[0].isupper() and (words.is_plain(low) or words.is_name(low)):
        return None
    if len(low) < FUZZY_LENGTH - 1 or words.is_plain(low):
        return None
    near = (token for text, token in known.tokens.items() if len(text) >= FUZZY_LENGTH and one_edit(low, text))
    return next(near, None)


def one_edit(left: str, right: str) -> bool:
    """Tell whether one insertion, deletion, substitution or exchange of neighbours turns one word into another."""
    if abs(len(left) - len(right)) > 1 or left == right:
        return left == right
    begin = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    one, two = left[begin:], right[begin:]
    exchanged = len(one) == len(two) > 1 and one[:2] == two[1::-1] and one[2:] == two[2:]
    return exchanged or one[1:] == two[1:] or one[1:] == two or one == two[1:]


def _is_initial(text: str, initial: tuple[int, int], word: tuple[int, int], initials: set[str]) -> bool:
    letter = text[initial[0] : initial[1]]
    first, second = sorted((initial, word))
    gap = text[first[1] : second[0]]
    stopped = text[initial[1] : initial[1] + 1] == "."
    if len(letter) != 1 or not letter.isupper() or letter.casefold() not in initials:
        return False
    return gap in (" ", ". ", ".", ", ", ",") and (stopped or letter not in "AI")


def _initials(text: str, name: tuple[NameToken, ...]) -> Iterator[Found]:
    """Yield `J.P.` or `J. P.`, the initials of a whole name with full stops."""
    letters = [token.text[0].upper() for token in name]
    if len(letters) > 1:
        for order in (letters, [letters[0], letters[-1]]):
            pattern = r"(?<![\p{L}\d.])" + r" ?".join(rf"{letter}\." for letter in order) + r"(?!\p{L})"
            for match in compiled(pattern, False).finditer(text):
                yield Category.NAME, *match.span()
