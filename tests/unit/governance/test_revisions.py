"""A suite after conflicts were settled holds what stays, and refuses decisions on what it no longer is."""

import pytest

from data_contracts import Conflict, Guideline, SettledConflict, Suite, SuiteItem
from governance.registry.errors import SuiteError
from governance.registry.revisions import revise

ITEMS = tuple(SuiteItem(id=name, question=name, answers=("low", "l"), specialty="s") for name in ("a", "b", "c"))
SUITE = Suite(
    id="s", version="1", specialty="s", licence="l", source="x", labels=(("low", "l"), ("high",)), items=ITEMS
)
GUIDELINE = Guideline.model_construct(id="g", version="2")


def settled(item: str, act: str, old: str = "low", new: str = "high") -> SettledConflict:
    about = {"kind": "suite item", "holder": SUITE.digest, "name": "s", "item": item, "cause": "rules", "by": "r"}
    conflict = Conflict.model_validate(about | {"old": old, "new": new})
    return SettledConflict.model_validate({"conflict": conflict, "act": act})


def test_retired_items_go_and_relabelled_ones_accept_only_the_new_answer() -> None:
    after = revise(SUITE, [settled("a", "retire"), settled("b", "relabel")], GUIDELINE)
    assert after is not None
    assert [(item.id, item.answers) for item in after.items] == [("b", ("high",)), ("c", ("low", "l"))]
    assert after.version == "1, revised for g 2" and after.id == SUITE.id and after.labels == SUITE.labels


def test_a_new_answer_joins_the_closed_labels_and_an_emptied_suite_is_none() -> None:
    after = revise(SUITE, [settled("a", "relabel", new="very high")], GUIDELINE)
    assert after is not None and after.labels[-1] == ("very high",)
    assert revise(SUITE, [settled(item.id, "retire") for item in ITEMS], GUIDELINE) is None


def scored(**scorer) -> Suite:
    item = SuiteItem.model_validate(ITEMS[0].model_dump() | {"scorer": scorer})
    return SUITE.model_copy(update={"items": (item, *ITEMS[1:])})


def test_a_choice_is_relabelled_to_one_of_its_options_only() -> None:
    suite = scored(kind="choice", options=("low", "High"))
    after = revise(suite, [settled("a", "relabel", new="high")], GUIDELINE)
    assert after is not None and after.items[0].answers == ("High",), "word for word as the option is scored"
    with pytest.raises(SuiteError, match=r"^s/a: the new answer is none of its options; retire it"):
        revise(suite, [settled("a", "relabel", new="very high")], GUIDELINE)
    retired = revise(suite, [settled("a", "retire", new="very high")], GUIDELINE)
    assert retired is not None and [item.id for item in retired.items] == ["b", "c"]


def test_a_number_is_not_relabelled_by_words() -> None:
    suite = scored(kind="numeric", value=5.0, unit="mmol/L")
    with pytest.raises(SuiteError, match=r"^s/a: is scored by its number"):
        revise(suite, [settled("a", "relabel")], GUIDELINE)


def test_labels_of_a_set_stay_closed() -> None:
    after = revise(scored(kind="label-set"), [settled("a", "relabel", new="very high")], GUIDELINE)
    assert after is not None and after.labels[-1] == ("very high",) and after.items[0].answers == ("very high",)


@pytest.mark.parametrize("decision", [settled("z", "retire"), settled("a", "retire", old="high")])
def test_a_decision_on_something_else_is_refused(decision: SettledConflict) -> None:
    with pytest.raises(SuiteError, match="is no longer what was shown"):
        revise(SUITE, [decision], GUIDELINE)
