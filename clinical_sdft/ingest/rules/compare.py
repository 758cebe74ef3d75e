"""Where the rules of two guidelines answer differently: on records, and in the space of what fields can hold.

A rule compares fields with numbers, so between two neighbouring numbers nothing changes: one point for each number and
one between each two stand for the whole axis. That is exact for rules that compare single fields with numbers. For
rules that calculate with fields it is a sample.
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.rules.judge import Judgement, judge, reads
from clinical_sdft.ingest.rules.units import UnitError, convert
from data_contracts import Guideline, RuleField
from data_contracts.rules import Value

MOST_CELLS = 200_000
_LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"|(?<![\w.])(\d+(?:\.\d+)?)(?![\w.])")


@dataclass(frozen=True)
class Interval:
    """A piece of one field's axis: an interval of numbers, or one word."""

    field: str
    low: float | None = None
    high: float | None = None
    includes_low: bool = False
    includes_high: bool = False
    word: Value | None = None

    def __str__(self) -> str:
        """Say it as people write it."""
        if self.word is not None:
            return f"{self.field} = {self.word}"
        if self.low is not None and self.low == self.high:
            return f"{self.field} = {self.low:g}"
        signs = [f"{'≥' if self.includes_low else '>'} {self.low:g}"] if self.low is not None else []
        signs += [f"{'≤' if self.includes_high else '<'} {self.high:g}"] if self.high is not None else []
        return f"{self.field} {' and '.join(signs)}" if signs else f"any {self.field}"


@dataclass(frozen=True)
class Region:
    """A box in which the guidelines answer differently."""

    sides: tuple[Interval, ...]
    old: str
    new: str

    def __str__(self) -> str:
        """Say it as people write it."""
        return f"{', '.join(map(str, self.sides))}: {self.old} → {self.new}"


@dataclass(frozen=True)
class Comparison:
    """What two guidelines' rules make of the same records."""

    both: int
    """Records that both decide."""
    changes: dict[str, int]
    """Old and new answer → how many records."""
    undecided: int
    """Records that at least one of them does not decide."""

    @property
    def flipped(self) -> int:
        """Records that are answered differently."""
        return sum(self.changes.values())

    @property
    def share(self) -> float:
        """Share of flipped records among those both decide, 0 to 1."""
        return self.flipped / self.both if self.both else 0.0


def compare_on(old: Sequence[Judgement], new: Sequence[Judgement]) -> Comparison:
    """Compare what two guidelines say of the same records, in the same order."""
    pairs = [(one.answer, other.answer) for one, other in zip(old, new, strict=True) if one.answer and other.answer]
    changes = Counter(f"{one} → {other}" for one, other in pairs if one != other)
    return Comparison(len(pairs), dict(changes.most_common()), len(old) - len(pairs))


def regions(old: Guideline, new: Guideline, places: tuple[str, str]) -> list[Region]:
    """Return boxes that cover all cells in which both guidelines answer, and differently.

    Raises:
        InputError: the guidelines share no field, a field differs in kind, or the space has too many cells.
    """
    shared = _shared(old, new, places)
    axes = [_axis(field, [_cuts(old, field, shared), _cuts(new, field, shared)]) for field in shared]
    size = math.prod(map(len, axes))
    if size > MOST_CELLS:
        raise InputError(f"{places[1]}: {size} cells to look at, at most {MOST_CELLS}; compare on records instead")
    cells = list(itertools.product(*(range(len(axis)) for axis in axes)))
    rows = [{field.name: axis[i][1] for field, axis, i in zip(shared, axes, cell, strict=True)} for cell in cells]
    said_old = judge(old, rows, places[0])
    said_new = judge(new, [_in_units_of(new, shared, row) for row in rows], places[1])
    flips = {
        cell: (one.answer, other.answer)
        for cell, one, other in zip(cells, said_old, said_new, strict=True)
        if one.answer and other.answer and one.answer != other.answer
    }
    return [
        Region(tuple(_side(axis, low, high) for axis, low, high in zip(axes, *box, strict=True)), *answers)
        for box, answers in _boxes(flips)
    ]


def _shared(old: Guideline, new: Guideline, places: tuple[str, str]) -> list[RuleField]:
    """Return the fields that both guidelines have and a rule of either reads, as the old one writes them."""
    others = {field.name: field for field in new.fields}
    used = {name for guideline in (old, new) for rule in guideline.rules for name in reads(rule, guideline.fields)}
    shared = [field for field in old.fields if field.name in others and field.name in used]
    if not shared:
        raise InputError(f"{places[1]}: its rules read no field that the rules of {places[0]} know")
    for field in shared:
        if field.type != others[field.name].type:
            raise InputError(f"{places[1]}: field {field.name}: {places[0]} has it as {field.type}")
    return shared


def _cuts(guideline: Guideline, field: RuleField, shared: Sequence[RuleField]) -> set[float]:
    """Return the numbers in conditions that read a field, in the unit of the shared field."""
    own = next(one for one in guideline.fields if one.name == field.name)
    texts = [rule.condition for rule in guideline.rules if field.name in reads(rule, guideline.fields)]
    numbers = {float(found[1]) for text in texts for found in _LITERAL.finditer(text) if found[1]}
    return {convert(number, own.unit or "1", field) for number in numbers} if field.type == "number" else set()


def _axis(field: RuleField, cuts: Sequence[set[float]]) -> list[tuple[Interval, Value]]:
    """Return the pieces of an axis, each with a point in it."""
    if field.type == "boolean":
        return [(Interval(field.name, word=word), word) for word in (False, True)]
    if field.type == "text":
        return [(Interval(field.name, word=word), word) for word in field.values]
    numbers = sorted(set().union(*cuts))
    if not numbers:
        return [(Interval(field.name), 0.0)]
    pieces: list[tuple[Interval, Value]] = [(Interval(field.name, None, numbers[0]), numbers[0] - 1)]
    for number, following in itertools.zip_longest(numbers, numbers[1:]):
        pieces.append((Interval(field.name, number, number, True, True), number))
        point = number + 1 if following is None else (number + following) / 2
        pieces.append((Interval(field.name, number, following), point))
    return pieces


def _side(axis: Sequence[tuple[Interval, Value]], low: int, high: int) -> Interval:
    """Return the pieces from `low` to `high` of an axis as one."""
    first, last = axis[low][0], axis[high][0]
    if first.word is not None and low == high:
        return first
    if first.word is not None:
        words = " or ".join(str(piece.word) for piece, _ in axis[low : high + 1])
        return Interval(first.field, word=words)
    return Interval(first.field, first.low, last.high, first.includes_low, last.includes_high)


def _in_units_of(guideline: Guideline, shared: Sequence[RuleField], row: dict[str, Value]) -> dict[str, Value]:
    targets = {field.name: field for field in guideline.fields}
    converted = dict(row)
    for field in shared:
        value = row[field.name]
        if isinstance(value, float) and field.type == "number":
            try:
                converted[field.name] = convert(value, field.unit or "1", targets[field.name])
            except UnitError as error:
                raise InputError(f"field {field.name}: {error}") from error
    return converted


Cell = tuple[int, ...]


def _boxes(flips: dict[Cell, tuple[str, str]]) -> list[tuple[tuple[Cell, Cell], tuple[str, str]]]:
    """Cover cells by boxes (lowest and highest corner): grow each from its first uncovered cell, axis by axis."""
    left = dict(flips)
    found = []
    while left:
        low = min(left)
        high, answers = list(low), left[low]
        for axis in range(len(low)):
            while True:
                grown = [*high[:axis], high[axis] + 1, *high[axis + 1 :]]
                slab = [*low[:axis], high[axis] + 1, *low[axis + 1 :]]
                ranges = (range(a, b + 1) for a, b in zip(slab, grown, strict=True))
                if any(left.get(cell) != answers for cell in itertools.product(*ranges)):
                    break
                high = grown
        for cell in itertools.product(*(range(a, b + 1) for a, b in zip(low, high, strict=True))):
            del left[cell]
        found.append(((low, tuple(high)), answers))
    return found
