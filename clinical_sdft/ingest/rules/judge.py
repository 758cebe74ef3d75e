"""What a guideline's rules say of records: one answer, or an abstention that says why."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.rules.sandbox import LIMITS, Limits, evaluate
from clinical_sdft.ingest.rules.units import check_unit
from clinical_sdft.phrases import says
from data_contracts import Guideline, Rule, RuleField
from data_contracts.rules import Value

State = Literal["decided", "missing", "silent", "contradiction"]
"""One answer; a reading is missing; no rule applies; rules that hold answer differently."""

_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Judgement:
    """What the rules say of one record."""

    state: State
    rule: Rule | None = None
    """The first rule that holds, where the record is decided."""
    missing: tuple[str, ...] = ()
    """Names of the readings that are missing, where that is why nothing is decided."""
    held: tuple[str, ...] = ()
    """Ids of the rules that hold."""

    @property
    def answer(self) -> str | None:
        """The answer; None for an abstention."""
        return self.rule.answer if self.rule else None


def reads(rule: Rule, fields: Sequence[RuleField]) -> tuple[str, ...]:
    """Return the names of the fields that a rule's condition names."""
    words = set(_NAME.findall(rule.condition))
    return tuple(field.name for field in fields if field.name in words)


def alike(guideline: Guideline) -> list[tuple[str, str]]:
    """Return pairs of answers of which the first contains the second, so that a reply cannot say the first alone."""
    answers = list(dict.fromkeys(rule.answer for rule in guideline.rules))
    return [(one, other) for one in answers for other in answers if one != other and says(one, other)]


def check_rules(guideline: Guideline, place: str, limits: Limits = LIMITS) -> None:
    """Compile every rule against the fields and try it on two made-up records.

    Raises:
        InputError: the guideline has no rules, a unit is not UCUM, or a condition cannot be used; names file and rule.
    """
    if not guideline.rules:
        raise InputError(f"{place}: guideline {guideline.id} has no rules; write them under `fields` and `rules`")
    for field in guideline.fields:
        check_unit(field, place)
    pairs = [(rule, reads(rule, guideline.fields)) for rule in guideline.rules]
    for rule, names in pairs:
        if not names:
            raise InputError(f"{place}: rule {rule.id}: its condition reads none of the fields")
    first, second = _trials(guideline.fields)
    try:
        evaluate(place, guideline.fields, pairs, [first], limits)
    except InputError:
        evaluate(place, guideline.fields, pairs, [second], limits)  # the first may have hit a true zero


def judge(
    guideline: Guideline, rows: Sequence[Mapping[str, Value]], place: str, limits: Limits = LIMITS
) -> tuple[Judgement, ...]:
    """Return what the guideline's rules say of each row of typed values, in the fields' units.

    Raises:
        InputError: as `check_rules`, or a condition fails on a record (a division by zero).
    """
    pairs = [(rule, reads(rule, guideline.fields)) for rule in guideline.rules]
    results = evaluate(place, guideline.fields, pairs, rows, limits)
    return tuple(_judgement(pairs, [letters[i] for letters in results], row) for i, row in enumerate(rows))


def _judgement(
    pairs: Sequence[tuple[Rule, tuple[str, ...]]], letters: Sequence[str], row: Mapping[str, Value]
) -> Judgement:
    held = [rule for (rule, _), letter in zip(pairs, letters, strict=True) if letter == "T"]
    ids = tuple(rule.id for rule in held)
    if len({rule.answer for rule in held}) > 1:
        return Judgement("contradiction", held=ids)
    if held:
        return Judgement("decided", held[0], held=ids)
    wanted = [names for (_, names), letter in zip(pairs, letters, strict=True) if letter == "M"]
    absent = dict.fromkeys(name for names in wanted for name in names if name not in row)
    return Judgement("missing", missing=tuple(absent)) if wanted else Judgement("silent")


def _trials(fields: Sequence[RuleField]) -> tuple[dict[str, Value], dict[str, Value]]:
    """Return two made-up records with every reading, no two numbers equal."""
    first: dict[str, Value] = {}
    second: dict[str, Value] = {}
    for number, field in enumerate(fields):
        if field.type == "number":
            first[field.name], second[field.name] = 101.25 + 7.5 * number, 11.75 + 3.25 * number
        elif field.type == "boolean":
            first[field.name], second[field.name] = True, False
        else:
            words = field.values or ("a", "b")
            first[field.name], second[field.name] = words[0], words[-1]
    return first, second
