"""One document against its answer key: what was found, what was left, what was touched without need."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from clinical_sdft.deid import residual
from clinical_sdft.deid.categories import Category, Span
from clinical_sdft.deid.known import KnownPatient, known_patient
from clinical_sdft.deid.quality.detectors import Engines
from clinical_sdft.deid.quality.exempt import exempt
from clinical_sdft.deid.surrogates import Surrogates
from clinical_sdft.deid.text import alnum, matches, word_set
from data_contracts import GoldDocument, GoldSpan

INDIRECT = frozenset({Category.DATE, Category.AGE, Category.PLACE, Category.FACILITY, Category.ZIP})
"""Identifiers that point at a person only together; all others count as direct."""

_PARTICLES = word_set("al bin binti da de del della den der di do dos du el ibn la le mac ní ó te ten van von")
_TOKEN = r"[\p{L}\p{N}]+"


@dataclass(frozen=True)
class Miss:
    """An identifier of which something is left: where it stands and its shape, never its text."""

    document: str
    category: Category
    start: int
    end: int
    shape: str
    left: tuple[tuple[int, int], ...]
    telling: bool
    """Whether more is left than an initial or a particle such as "de" or "van der"."""


@dataclass(frozen=True)
class Tally:
    """What one document adds to the score; tokens are runs of letters and digits.

    `spans` and `tokens` hold (found, total) by category; `kept` holds (touched, total) by kind of clinical fact.
    """

    spans: dict[Category, tuple[int, int]]
    tokens: dict[Category, tuple[int, int]]
    kept: dict[str, tuple[int, int]]
    replaced_tokens: int
    needless_tokens: int
    plain_tokens: int
    misses: tuple[Miss, ...]
    has_identifier: bool
    touched: bool
    held_back: bool
    known_left: int

    @property
    def direct_left(self) -> bool:
        """Whether a direct identifier is left, wholly or in a part that tells more than an initial."""
        return any(miss.telling and miss.category not in INDIRECT for miss in self.misses)


def measure(document: GoldDocument, engines: Engines, *, strict: bool = False) -> Tally:
    """De-identify one document and compare.

    Args:
        document: the text and its answer key.
        engines: what is measured.
        strict: every letter and digit of an identifier must be covered, also a title, a state or a year.

    Raises:
        PatternTimeoutError: a rule took too long.
    """
    text = document.text
    known = known_patient(document.patient or {"id": document.id})
    spans = engines.detector.detect(text, known)
    covered = _offsets((span.start, span.end) for span in spans)
    misses = tuple(miss for gold in document.spans if (miss := _miss(document, gold, covered, strict)) is not None)
    missed = Counter((miss.category, miss.start, miss.end) for miss in misses)
    total = Counter(Category(gold.category) for gold in document.spans)
    lost = Counter(category for category, _, _ in missed)
    replaced, needless, plain, by_category = _tokens(document, covered, strict)
    rewritten, held_back = _released(text, spans, known, engines)
    return Tally(
        spans={category: (count - lost[category], count) for category, count in total.items()},
        tokens=by_category,
        kept=_kept(document, covered),
        replaced_tokens=replaced,
        needless_tokens=needless,
        plain_tokens=plain,
        misses=misses,
        has_identifier=bool(document.spans),
        touched=bool(covered - _offsets((span.start, span.end) for span in document.neutral)),
        held_back=held_back,
        known_left=0 if held_back else known_left(rewritten, document),
    )


def shape(text: str) -> str:
    """Return the shape of a text: A and a for letters, 9 for digits, everything else as it is."""
    return "".join(
        "9" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else " " if c.isspace() else c for c in text
    )


def _offsets(ranges: object) -> set[int]:
    return {index for start, end in ranges for index in range(start, end)}  # type: ignore[attr-defined]


def _wanted(document: GoldDocument, gold: GoldSpan, strict: bool) -> list[int]:
    """Return the offsets of an identifier that must be covered: its letters and digits, less what may stay."""
    value = document.text[gold.start : gold.end]
    free = frozenset() if strict else exempt(value, Category(gold.category))
    return [gold.start + i for i, character in enumerate(value) if character.isalnum() and i not in free]


def _miss(document: GoldDocument, gold: GoldSpan, covered: set[int], strict: bool) -> Miss | None:
    left = [index for index in _wanted(document, gold, strict) if index not in covered]
    if not left:
        return None
    runs: list[list[int]] = []
    for index in left:
        if runs and index == runs[-1][1]:
            runs[-1][1] = index + 1
        else:
            runs.append([index, index + 1])
    value = document.text[gold.start : gold.end]
    places = tuple((start, end) for start, end in runs)
    words = (document.text[start:end].casefold() for start, end in places)
    telling = any(len(word) > 1 and word not in _PARTICLES for word in words)
    return Miss(document.id, Category(gold.category), gold.start, gold.end, shape(value), places, telling)


def _tokens(
    document: GoldDocument, covered: set[int], strict: bool
) -> tuple[int, int, int, dict[Category, tuple[int, int]]]:
    """Return how many tokens were replaced, how many of these and of all are no identifier, and hits by category."""
    wanted = {index: Category(gold.category) for gold in document.spans for index in _wanted(document, gold, strict)}
    near = _offsets((gold.start, gold.end) for gold in document.spans)
    near |= _offsets((span.start, span.end) for span in document.neutral)
    replaced = needless = plain = 0
    found: Counter[Category] = Counter()
    total: Counter[Category] = Counter()
    for match in matches(_TOKEN, document.text):
        inside = range(match.start(), match.end())
        needed = [index for index in inside if index in wanted]
        touched = any(index in covered for index in inside)
        apart = not any(index in near for index in inside)
        plain += apart
        if needed:
            total[wanted[needed[0]]] += 1
            found[wanted[needed[0]]] += all(index in covered for index in needed)
        if touched and (needed or apart):
            replaced += 1
            needless += apart
    return replaced, needless, plain, {category: (found[category], total[category]) for category in total}


def _kept(document: GoldDocument, covered: set[int]) -> dict[str, tuple[int, int]]:
    kept: dict[str, tuple[int, int]] = {}
    for span in document.keep:
        touched, total = kept.get(span.kind, (0, 0))
        hit = any(index in covered for index in range(span.start, span.end))
        kept[span.kind] = (touched + hit, total + 1)
    return kept


def _released(text: str, spans: Sequence[Span], known: KnownPatient, engines: Engines) -> tuple[str, bool]:
    """Return the rewritten text and whether the second scan would hold it back."""
    found = [text[span.start : span.end] for span in spans]
    rewritten, replaced = Surrogates(engines.key, engines.policy, known, found).replace_all(text, spans)
    hits = residual.scan(rewritten, known, [(item.new_start, item.new_end) for item in replaced])
    return rewritten, bool(hits)


def known_left(text: str, document: GoldDocument) -> int:
    """Count the values of the structured record that stand in a rewritten text, letter by letter or digit by digit.

    It compares strings only and shares nothing with the engine. Sex, race, language and the like do not count, nor
    years.
    """
    plain = f" {' '.join(text.casefold().split())} "
    digits = "".join(character for character in text if character.isdigit() or character.isalpha()).casefold()
    left = 0
    for value in _leaves(document.patient or {}):
        words = " ".join(value.casefold().split())
        code = alnum(value)
        has_digits = sum(character.isdigit() for character in code)
        if has_digits >= 5:
            left += code in digits
        elif len(words) > 3 and not has_digits:
            left += any(f"{before}{words}{after}" in plain for before in " (\"'/" for after in " .,;:)\"'/")
    return left


def _leaves(node: object, key: str = "") -> list[str]:
    if isinstance(node, dict):
        return [leaf for name, value in node.items() for leaf in _leaves(value, str(name).casefold())]
    if isinstance(node, list):
        return [leaf for value in node for leaf in _leaves(value, key)]
    plain = key in {"sex", "gender", "race", "ethnicity", "language", "state", "country", "marital_status"}
    return [] if node is None or isinstance(node, bool) or plain else [str(node)]
