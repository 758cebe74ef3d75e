"""A new guideline finds the old answers it contradicts, by questions and by rules, and no others."""

import json
from pathlib import Path

import pytest

from clinical_sdft.commands.conflicts import choose
from clinical_sdft.errors import InputError
from clinical_sdft.ingest.conflicts import Taught, find_conflicts
from clinical_sdft.ingest.guidelines import read_guideline
from data_contracts import Conflict, Demonstration, FieldValue, Guideline, Suite, SuiteItem

DATA = Path(__file__).parent / "rules" / "data"
OLD, NEW = (read_guideline(DATA / f"{name}.yaml") for name in ("jnc_7", "acc_aha_2017"))
CASE = "54-year-old woman, seen three times in the clinic, no treatment, systolic 132 mmHg and diastolic 78 mmHg"


def item(name: str, answer: str, question: str = "?", unit: str = "mm[Hg]", **fields: float) -> SuiteItem:
    typed = tuple(FieldValue(name=field, value=value, unit=unit) for field, value in fields.items())
    return SuiteItem(id=name, question=question + name, answers=(answer,), specialty="s", fields=typed)


def suite(*items: SuiteItem) -> Suite:
    return Suite(id="old", version="1", specialty="s", licence="l", source="x", items=items)


def demonstration(question: str, label: str, name: str = "D1", guideline: Guideline = NEW, **fields: float):
    return Demonstration(
        id=name,
        question=question,
        answer=label,
        label=label,
        quote="q",
        guideline=guideline.digest,
        recommendation="R",
        fields=tuple(FieldValue(name=field, value=value, unit="mm[Hg]") for field, value in fields.items()),
    )


def found(demonstrations=(), suites=(), taught=(), guideline: Guideline = NEW) -> list[tuple[str, str, str, str]]:
    conflicts = find_conflicts(guideline, "new.yaml", demonstrations, suites, taught, 0.7)
    return [(one.key, one.cause, one.old, one.new) for one in conflicts]


def test_rules_contradict_the_items_whose_answer_flips_and_only_those() -> None:
    old = suite(
        item("flips", "not hypertensive", sbp=132.0, dbp=75.0),
        item("flips-too", "Not hypertensive.", sbp=118.0, dbp=84.0),
        item("stays-high", "hypertension", sbp=150.0, dbp=75.0),
        item("stays-low", "not hypertensive", sbp=118.0, dbp=75.0),
        item("abstains", "not hypertensive", sbp=118.0),
        item("elsewhere", "gout", sbp=132.0, dbp=75.0),
        item("untyped", "not hypertensive"),
    )
    assert found(suites=[old]) == [
        ("old/flips", "rules", "not hypertensive", "hypertension"),
        ("old/flips-too", "rules", "Not hypertensive.", "hypertension"),
    ]


def test_values_come_to_the_new_guidelines_units() -> None:
    assert found(suites=[suite(item("a", "not hypertensive", unit="kPa", sbp=17.5, dbp=9.0))])
    with pytest.raises(InputError, match=r"old/a: field sbp: kg cannot become mm\[Hg\]"):
        found(suites=[suite(item("a", "not hypertensive", unit="kg", sbp=17.5))])


def test_an_older_guidelines_answers_belong_to_the_topic(guideline=None) -> None:
    value = json.loads(OLD.canonical_bytes())
    for part in ("recommendations", "rules"):
        value[part][1]["answer"] = "prehypertension or normal"
    old = Guideline.model_validate_json(json.dumps(value))
    asked = suite(item("a", "prehypertension or normal", sbp=135.0, dbp=70.0))
    assert found(suites=[asked]) == []
    taught = Taught("first", old, ())
    assert found(suites=[asked], taught=[taught]) == [("old/a", "rules", "prehypertension or normal", "hypertension")]


def test_the_same_question_with_another_answer_is_a_conflict_and_with_the_same_is_none() -> None:
    asked = SuiteItem(id="I", question=CASE.upper(), answers=("not hypertensive",), specialty="s")
    assert found([demonstration(CASE, "hypertension")], [suite(asked)]) == [
        ("old/I", "same question", "not hypertensive", "hypertension")
    ]
    assert found([demonstration(CASE, "Not hypertensive")], [suite(asked)]) == []


def test_a_near_question_conflicts_only_with_the_same_numbers() -> None:
    asked = SuiteItem(id="I", question=CASE, answers=("not hypertensive",), specialty="s")
    near, other = CASE.replace("clinic", "office"), CASE.replace("132", "138")
    assert [one[1] for one in found([demonstration(near, "hypertension")], [suite(asked)])] == ["near question"]
    assert found([demonstration(other, "hypertension")], [suite(asked)]) == []


def test_old_demonstrations_are_contradicted_alike_but_never_by_their_own_guideline() -> None:
    taught = Taught("first", OLD, (demonstration("a", "not hypertensive", "O1", OLD, sbp=135.0, dbp=70.0),))
    assert found(taught=[taught]) == [("first/O1", "rules", "not hypertensive", "hypertension")]
    own = Taught("first", NEW, taught.demonstrations)
    assert found(taught=[own]) == []
    spoken = Taught("first", OLD, (demonstration(CASE, "not hypertensive", "O2", OLD),))
    assert found([demonstration(CASE, "hypertension")], taught=[spoken])[0][:2] == ("first/O2", "same question")


def conflict(name: str, item: str, kind: str = "suite item") -> Conflict:
    return Conflict.model_validate(
        {
            "kind": kind,
            "holder": "sha256:" + "0" * 64,
            "name": name,
            "item": item,
            "cause": "rules",
            "by": "high",
            "old": "a",
            "new": "b",
        }
    )


THREE = (conflict("s", "1"), conflict("s", "2"), conflict("u", "1", "demonstration"))


def test_the_closest_selection_decides_and_demonstrations_are_only_retired() -> None:
    settled = choose(THREE, ["s/2"], ["all"])
    assert [(one.conflict.key, one.act) for one in settled] == [
        ("s/1", "relabel"),
        ("s/2", "retire"),
        ("u/1", "retire"),
    ]
    assert [one.conflict.key for one in choose(THREE, ["s"], [])] == ["s/1", "s/2"]


@pytest.mark.parametrize(
    ("retire", "relabel", "message"),
    [([], [], "nothing was selected"), (["s/9"], ["all"], "s/9: no open"), (["s"], ["s"], "s cannot be both")],
)
def test_a_selection_that_says_nothing_is_refused(retire: list[str], relabel: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        choose(THREE, retire, relabel)
