"""What a suite holds before any model answers it: size, class balance, chance level, and who is in it."""

from collections import Counter
from dataclasses import dataclass

from data_contracts import ChoiceScorer, Suite, SuiteItem

MOST_CLASSES = 12
"""More than these are counted, not listed."""


@dataclass(frozen=True)
class Description:
    """What a suite holds.

    Attributes:
        classes: how many items have which right answer, the commonest first.
        scorers: how many items are scored how.
        chance: expected score of guessing among what is offered; None where an item offers nothing to guess among.
        commonest: share of items that the one commonest answer gets right.
        patients: clusters; None where items name no patient.
        subgroups: how many items carry which value of which field.
    """

    items: int
    must_pass: int
    classes: dict[str, int]
    scorers: dict[str, int]
    chance: float | None
    commonest: float
    patients: int | None
    subgroups: dict[str, dict[str, int]]


def describe(suite: Suite) -> Description:
    """Return what a suite holds."""
    golds = Counter(item.answers[0] for item in suite.items)
    guesses = [_guess(suite, item) for item in suite.items]
    named = [item.patient for item in suite.items if item.patient]
    subgroups: dict[str, Counter[str]] = {}
    for item in suite.items:
        for field, value in item.subgroup.items():
            subgroups.setdefault(field, Counter())[value] += 1
    n = len(suite.items)
    return Description(
        items=n,
        must_pass=sum(item.must_pass for item in suite.items),
        classes=dict(golds.most_common()),
        scorers=dict(Counter(item.scorer.kind for item in suite.items).most_common()),
        chance=sum(guess for guess in guesses if guess is not None) / n if None not in guesses else None,
        commonest=golds.most_common(1)[0][1] / n,
        patients=len(set(named)) + n - len(named) if named else None,
        subgroups={field: dict(values.most_common()) for field, values in subgroups.items()},
    )


def in_words(described: Description) -> list[str]:
    """Return the description as lines for a person."""
    scorers = ", ".join(f"{count} {kind}" for kind, count in described.scorers.items())
    lines = [f"{described.items} items ({scorers}), {described.must_pass} of them must pass"]
    if described.patients is not None:
        lines.append(f"{described.patients} patients: items of one patient are judged together")
    if len(described.classes) <= MOST_CLASSES:
        lines.append("right answers: " + ", ".join(f"{name} {count}" for name, count in described.classes.items()))
    else:
        lines.append(f"right answers: {len(described.classes)} different ones")
    chance = "none (open answers)" if described.chance is None else f"{described.chance:.0%}"
    lines.append(f"chance level: {chance}; always the commonest answer: {described.commonest:.0%}")
    for field, values in described.subgroups.items():
        lines.append(f"subgroup {field}: " + ", ".join(f"{name} {count}" for name, count in values.items()))
    return lines


def _guess(suite: Suite, item: SuiteItem) -> float | None:
    if isinstance(item.scorer, ChoiceScorer):
        return 1 / len(item.scorer.options)
    return 1 / len(suite.labels) if suite.labels and item.scorer.kind == "phrase" else None
