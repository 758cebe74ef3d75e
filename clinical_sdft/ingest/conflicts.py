"""Find what a new guideline contradicts: old suite items and old demonstrations that answer otherwise.

Two ways show it. A new demonstration asks what an old one or an item asks, and answers otherwise; numbers must be the
same, for 128 and 138 mmHg are two questions. Or the guideline's rules, applied to the typed values that an item or a
demonstration carries, give another answer; of those only answers count that rules of the same topic give, so that a
rule on blood pressure says nothing of an item on gout that also states the pressure.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clinical_sdft.errors import InputError
from clinical_sdft.evaluation.similarity import near_pairs
from clinical_sdft.ingest.rules.judge import judge
from clinical_sdft.ingest.rules.units import UnitError, convert
from clinical_sdft.phrases import normalize
from data_contracts import Conflict, Demonstration, FieldValue, Guideline, Suite
from data_contracts.rules import Value

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


@dataclass(frozen=True)
class Taught:
    """What an earlier update taught."""

    update_id: str
    guideline: Guideline
    demonstrations: tuple[Demonstration, ...]


@dataclass(frozen=True)
class _Old:
    """An item or a demonstration, as far as conflicts are concerned."""

    place: Conflict
    """The conflict it would be; `cause`, `by` and `new` are filled in where there is one."""
    question: str
    answers: tuple[str, ...]
    fields: tuple[FieldValue, ...]

    def accepts(self, answer: str) -> bool:
        return normalize(answer) in {normalize(one) for one in self.answers}

    def conflict(self, cause: str, by: str, new: str) -> Conflict:
        return self.place.model_copy(update={"cause": cause, "by": by, "new": new})


def find_conflicts(
    guideline: Guideline,
    place: str,
    demonstrations: Sequence[Demonstration],
    suites: Iterable[Suite],
    taught: Iterable[Taught],
    threshold: float,
) -> list[Conflict]:
    """Return every old item and old demonstration that the guideline contradicts, each once.

    Args:
        guideline: the new one.
        place: its file, for messages.
        demonstrations: what it is about to teach.
        suites: all suites in use.
        taught: what earlier updates taught; an update of this very guideline does not count.
        threshold: similarity from which on two questions are one, as for leaks.

    Raises:
        InputError: a rule fails on an item's values, or their units do not fit.
    """
    earlier = [one for one in taught if one.guideline.digest != guideline.digest]
    old = [*_items(suites), *_demonstrations(earlier)]
    found: dict[tuple[str, str], Conflict] = {}
    for conflict in (*_by_questions(demonstrations, old, threshold), *_by_rules(guideline, place, old, earlier)):
        found.setdefault((conflict.holder, conflict.item), conflict)
    return list(found.values())


def _items(suites: Iterable[Suite]) -> list[_Old]:
    found = []
    for suite in suites:
        digest = suite.digest
        for item in suite.items:
            place = _place("suite item", digest, suite.id, item.id, item.answers[0])
            found.append(_Old(place, item.question, item.answers, item.fields))
    return found


def _demonstrations(taught: Iterable[Taught]) -> list[_Old]:
    return [
        _Old(
            _place("demonstration", one.digest, update.update_id, one.id, one.label),
            one.question,
            (one.label,),
            one.fields,
        )
        for update in taught
        for one in update.demonstrations
    ]


def _place(kind: str, holder: str, name: str, item: str, old: str) -> Conflict:
    return Conflict.model_validate(
        {
            "kind": kind,
            "holder": holder,
            "name": name,
            "item": item,
            "cause": "rules",
            "by": item,
            "old": old,
            "new": old,
        }
    )


def _by_questions(demonstrations: Sequence[Demonstration], old: Sequence[_Old], threshold: float) -> Iterable[Conflict]:
    questions = [one.question for one in demonstrations]
    for i, j, _ in near_pairs(questions, [one.question for one in old], threshold):
        new, other = demonstrations[i], old[j]
        if not other.accepts(new.label) and _numbers(new.question) == _numbers(other.question):
            same = normalize(new.question) == normalize(other.question)
            yield other.conflict("same question" if same else "near question", new.id, new.label)


def _numbers(text: str) -> list[str]:
    return sorted(_NUMBER.findall(text))


def _by_rules(guideline: Guideline, place: str, old: Sequence[_Old], taught: Sequence[Taught]) -> Iterable[Conflict]:
    topic = _topic(guideline, [one.guideline for one in taught])
    asked = [one for one in old if one.fields and any(normalize(answer) in topic for answer in one.answers)]
    if not asked:
        return
    rows = [_row(guideline, one) for one in asked]
    for one, judged in zip(asked, judge(guideline, rows, place), strict=True):
        if judged.rule and not one.accepts(judged.rule.answer):
            yield one.conflict("rules", judged.rule.id, judged.rule.answer)


def _topic(guideline: Guideline, earlier: Iterable[Guideline]) -> set[str]:
    """Return what rules of this topic answer: the new ones, and older ones that share an answer or are replaced."""
    topic = {normalize(rule.answer) for rule in guideline.rules}
    for other in earlier:
        answers = {normalize(rule.answer) for rule in other.rules}
        if topic & answers or (answers and other.digest == guideline.supersedes):
            topic |= answers
    return topic


def _row(guideline: Guideline, one: _Old) -> dict[str, Value]:
    """Return an old case's values in the new guideline's units; fields it does not know stay out."""
    known = {field.name: field for field in guideline.fields}
    row: dict[str, Value] = {}
    for value in one.fields:
        field = known.get(value.name)
        if field is None:
            continue
        number = isinstance(value.value, float)
        if number != (field.type == "number") or isinstance(value.value, bool) != (field.type == "boolean"):
            raise InputError(f"{one.place.key}: field {value.name} is no {field.type}, as the guideline has it")
        try:
            row[value.name] = convert(value.value, value.unit or "1", field) if number else value.value  # type: ignore[arg-type]
        except UnitError as error:
            raise InputError(f"{one.place.key}: field {value.name}: {error}") from error
    return row
