"""Keep what is trained on apart from what is tested on: equal and near questions, equal readings, the same patient."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from clinical_sdft.errors import InputError
from clinical_sdft.evaluation.similarity import near_pairs
from clinical_sdft.phrases import normalize
from data_contracts import Demonstration, Digest, FieldValue, Suite, SuiteItem

NEAR = 0.7
"""Questions at least so alike are near-duplicates. In the demo no demonstration is above 0.41 to any item; with one
word of an item exchanged, 87 of 100 stay above 0.7 (the others are everyday questions of a few words)."""

MOST_NAMED = 20

Kind = Literal["same question", "near question", "same readings", "same patient"]


@dataclass(frozen=True)
class Leak:
    """A demonstration and a suite's item that are too alike: ids and how alike, never a text."""

    demonstration: str
    suite: str
    item: str
    kind: Kind
    similarity: float = 1.0

    def __str__(self) -> str:
        """Say it in a line."""
        alike = f" {self.similarity:.2f}" if self.kind == "near question" else ""
        return f"{self.demonstration} = {self.suite}/{self.item} ({self.kind}{alike})"


Place = tuple[Suite, SuiteItem]


def find_leaks(demonstrations: Sequence[Demonstration], suites: Iterable[Suite], threshold: float = NEAR) -> list[Leak]:
    """Return every pair of a demonstration and an item that ask the same, in the order of the demonstrations.

    Two cases in typed values are the same where all their values are: two patients whose pressures differ are written
    in nearly the same words and yet are two cases. All other pairs are compared by their words. A patient who is tested
    is not trained on: an item's patient is the keyed digest that the demonstration has as its record's.
    """
    places = [(suite, item) for suite in suites for item in suite.items]
    found = {(i, j): Leak(*_ids(demonstrations[i], places[j]), kind) for i, j, kind in _equal(demonstrations, places)}
    questions = [item.question for _, item in places]
    for i, j, alike in near_pairs([one.question for one in demonstrations], questions, threshold):
        typed = demonstrations[i].fields and places[j][1].fields
        if not typed and (i, j) not in found:
            found[i, j] = Leak(*_ids(demonstrations[i], places[j]), "near question", alike)
    return [found[pair] for pair in sorted(found)]


def refuse_overlap(demonstrations: Sequence[Demonstration], suites: Iterable[Suite], threshold: float = NEAR) -> None:
    """Refuse to train on what is tested.

    Raises:
        InputError: some demonstrations are what a suite asks; the message lists the ids.
    """
    leaks = find_leaks(demonstrations, suites, threshold)
    if leaks:
        named = ", ".join(map(str, leaks[:MOST_NAMED])) + (" …" if len(leaks) > MOST_NAMED else "")
        raise InputError(
            f"{len({leak.demonstration for leak in leaks})} demonstrations ask the same as suite items; "
            f"remove them from one side: {named}"
        )


def readings(fields: Iterable[FieldValue]) -> frozenset[tuple[str, object, str | None]]:
    """Return typed values as one key: equal for equal readings."""
    return frozenset((value.name, value.value, value.unit) for value in fields)


def pseudonym(patient: Digest) -> str:
    """Return a patient's keyed digest as suite items carry it."""
    return patient.removeprefix("sha256:")


def _equal(demonstrations: Sequence[Demonstration], places: Sequence[Place]) -> Iterable[tuple[int, int, Kind]]:
    questions: dict[str, list[int]] = {}
    typed: dict[frozenset[tuple[str, object, str | None]], list[int]] = {}
    patients: dict[str, list[int]] = {}
    for j, (_, item) in enumerate(places):
        questions.setdefault(normalize(item.question), []).append(j)
        if item.fields:
            typed.setdefault(readings(item.fields), []).append(j)
        if item.patient:
            patients.setdefault(item.patient, []).append(j)
    for i, one in enumerate(demonstrations):
        for j in patients.get(pseudonym(one.record), ()) if one.record else ():
            yield i, j, "same patient"
        for j in typed.get(readings(one.fields), ()) if one.fields else ():
            yield i, j, "same readings"
        for j in questions.get(normalize(one.question), ()):
            yield i, j, "same question"


def _ids(demonstration: Demonstration, place: Place) -> tuple[str, str, str]:
    suite, item = place
    return demonstration.id, suite.id, item.id
