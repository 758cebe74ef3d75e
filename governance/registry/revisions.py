"""A sealed suite after conflicts were settled: retired items gone, relabelled ones with their new answer."""

from collections.abc import Sequence

from data_contracts import ChoiceScorer, Guideline, NumericScorer, SettledConflict, Suite, SuiteItem
from governance.registry.errors import SuiteError

_OPTIONS = "the new answer is none of its options; retire it, and ask anew with `clinical-sdft suite refresh`"
_NUMBER = "is scored by its number, which no words replace; retire it, or use `clinical-sdft suite relabel`"


def revise(suite: Suite, settled: Sequence[SettledConflict], guideline: Guideline) -> Suite | None:
    """Return the suite that takes a suite's place; None where no item is left.

    Raises:
        SuiteError: a conflict is about an item that the suite has not, or has with another answer; or the scorer of an
            item cannot find its new answer.
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
    return Suite.model_validate(suite.model_dump() | {"version": version, "items": tuple(kept), "labels": labels})


def _retired(one: SettledConflict | None) -> bool:
    return one is not None and one.act == "retire"


def _relabelled(item: SuiteItem, one: SettledConflict | None) -> SuiteItem:
    """Return the item with the new answer as its only gold, as the item's scorer can find it.

    Raises:
        SuiteError: the scorer cannot: the answer is none of the options, or a number stands beside the words.
    """
    if one is None:
        return item
    gold = one.conflict.new
    if isinstance(item.scorer, NumericScorer):
        raise SuiteError(f"{one.conflict.key}: {_NUMBER}")
    if isinstance(item.scorer, ChoiceScorer):
        same = [option for option in item.scorer.options if option.strip().casefold() == gold.strip().casefold()]
        if len(same) != 1:
            raise SuiteError(f"{one.conflict.key}: {_OPTIONS}")
        gold = same[0]
    return SuiteItem.model_validate(item.model_dump() | {"answers": (gold,)})
