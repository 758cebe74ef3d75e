"""What a new version of a suite changes, item by item, and which changes each kind of act allows."""

from dataclasses import dataclass
from typing import Literal

from data_contracts import Suite, SuiteItem
from governance.registry.errors import SuiteError

Change = Literal["relabel", "refresh"]


@dataclass(frozen=True)
class Differences:
    """Ids of items that two versions of a suite do not share unchanged.

    Attributes:
        relabelled: the same question, scored by another answer.
        reworded: the same id, another question.
        dropped: in the earlier version only.
        renewed: in the later version only.
    """

    relabelled: tuple[str, ...]
    reworded: tuple[str, ...]
    dropped: tuple[str, ...]
    renewed: tuple[str, ...]


def differences(before: Suite, after: Suite) -> Differences:
    """Return what the later version changes."""
    old, new = ({item.id: item for item in suite.items} for suite in (before, after))
    shared = [(old[name], new[name]) for name in old if name in new]
    return Differences(
        relabelled=tuple(a.id for a, b in shared if asked(a) == asked(b) and a != b),
        reworded=tuple(a.id for a, b in shared if asked(a) != asked(b)),
        dropped=tuple(name for name in old if name not in new),
        renewed=tuple(name for name in new if name not in old),
    )


def asked(item: SuiteItem) -> tuple[object, ...]:
    """Return what a model is asked by an item: all but how its answer is scored and to whom it belongs."""
    options = getattr(item.scorer, "options", ())
    return item.turns, item.form, " ".join(item.question.casefold().split()), options


def check_change(change: Change, before: Suite, after: Suite) -> Differences:
    """Return the differences of a new version, when the act allows them.

    A relabelling gives items another gold, or leaves them out: what a new guideline makes wrong. A refresh takes new
    items for worn ones; those that stay, stay as they are.

    Raises:
        SuiteError: the act is another one than it is called, or there is nothing to change.
    """
    where = f"suite {after.id} {after.version}"
    if after.id != before.id:
        raise SuiteError(f"{where}: the version before is called {before.id}; a suite keeps its id, and so its history")
    if after.version == before.version:
        raise SuiteError(f"{where}: has the version of the one before; give it another")
    found = differences(before, after)
    if found.reworded:
        raise SuiteError(f"{where}: {_some(found.reworded)} ask something else than before; give new questions new ids")
    if change == "relabel" and found.renewed:
        raise SuiteError(f"{where}: {_some(found.renewed)} are new; relabelling adds none, `suite refresh` does")
    if change == "relabel" and not (found.relabelled or found.dropped):
        raise SuiteError(f"{where}: gives no item another answer and leaves none out; nothing to relabel")
    if change == "refresh" and found.relabelled:
        raise SuiteError(f"{where}: {_some(found.relabelled)} have another answer; `suite relabel` does that")
    if change == "refresh" and not found.renewed:
        raise SuiteError(f"{where}: holds no new item; nothing to refresh")
    return found


def same_questions(one: Suite, other: Suite) -> bool:
    """Say whether at least half of a suite's questions are another's: the same suite under another name."""
    known = {asked(item) for item in other.items}
    return 2 * sum(asked(item) in known for item in one.items) >= len(one.items)


def _some(ids: tuple[str, ...]) -> str:
    shown = ", ".join(ids[:3])
    return shown if len(ids) <= 3 else f"{shown} and {len(ids) - 3} more"
