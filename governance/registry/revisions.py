"""A sealed suite after conflicts were settled: retired items gone, relabelled ones with their new answer."""

from collections.abc import Sequence

from data_contracts import Guideline, SettledConflict, Suite, SuiteItem
from governance.registry.errors import SuiteError


def revise(suite: Suite, settled: Sequence[SettledConflict], guideline: Guideline) -> Suite | None:
    """Return the suite that takes a suite's place; None where no item is left.

    Raises:
        SuiteError: a conflict is about an item that the suite has not, or has with another answer.
    """
    acts = {one.conflict.item: one for one in settled}
    items = {item.id: item for item in suite.items}
    for one in settled:
        item = items.get(one.conflict.item)
        if item is None or item.answers[0] != one.conflict.old:
            raise SuiteError(f"{one.conflict.key}: is no longer what was shown; list the conflicts again")
    kept = [_relabelled(item, acts.get(item.id)) for item in suite.items if not _retired(acts.get(item.id))]
    if not kept:
        return None
    said = {name.casefold() for label in suite.labels for name in label}
    new = dict.fromkeys(one.conflict.new for one in settled if one.act == "relabel")
    labels = (*suite.labels, *((name,) for name in new if suite.labels and name.casefold() not in said))
    version = f"{suite.version}, revised for {guideline.id} {guideline.version}"
    return suite.model_copy(update={"version": version, "items": tuple(kept), "labels": labels})


def _retired(one: SettledConflict | None) -> bool:
    return one is not None and one.act == "retire"


def _relabelled(item: SuiteItem, one: SettledConflict | None) -> SuiteItem:
    return item if one is None else item.model_copy(update={"answers": (one.conflict.new,)})
