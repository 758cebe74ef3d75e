import pytest
from pydantic import ValidationError

from clinical_sdft.errors import InputError
from clinical_sdft.evaluation.scorers.judge import JudgedShare
from clinical_sdft.evaluation.scorers.numeric import unit_problem
from clinical_sdft.evaluation.scoring import score_reply
from clinical_sdft.evaluation.suites import read_suite
from data_contracts import (
    ChoiceScorer,
    LabelSetScorer,
    NumericScorer,
    PhraseScorer,
    ShortTextScorer,
    Suite,
    SuiteItem,
    Turn,
)

LABELS = (("fungal infection", "tinea"), ("infection",), ("gout",), ("flu", "influenza"))


def score(reply: str, scorer, answers=("gout",), labels=LABELS) -> float:
    item = SuiteItem(id="i", question="q", answers=answers, specialty="x", scorer=scorer)
    suite = Suite(id="s", version="1", specialty="x", licence="CC0-1.0", source="here", labels=labels, items=(item,))
    return score_reply(suite, item, reply)


@pytest.mark.parametrize(
    ("reply", "right"),
    [
        ("The target is 5.5 mmol/L.", 1.0),
        ("5500 µmol/L", 1.0),
        ("5.54 mmol/L", 1.0),
        ("5.6 mmol/L", 0.0),
        ("5.5", 0.0),
        ("5.5 mg", 0.0),
        ("5.5 mmol/L or 7 mmol/L", 0.0),
        ("99 mg/dL", 0.0),
        ("5.5 __import__", 0.0),
        ("9**9**9 mmol/L", 0.0),
        ("nan mmol/L", 0.0),
        ("1e999 mmol/L", 0.0),
        ("", 0.0),
    ],
)
def test_a_number_needs_its_unit_and_lies_within_the_tolerance(reply: str, right: float) -> None:
    assert score(reply, NumericScorer(value=5.5, unit="mmol/L", relative=0.01)) == right


@pytest.mark.parametrize(
    ("reply", "value", "unit", "right"),
    [
        ("give 1,500 mg daily", 1.5, "g", 1.0),
        ("after 2 weeks", 14, "day", 1.0),
        ("101.3 °F", 38.5, "°C", 1.0),
        ("a BMI of 22.5 kg/m²", 22.5, "kg/m^2", 1.0),
        ("7 %", 7, "%", 1.0),
        ("five", 5, None, 0.0),
        ("about 5", 5, None, 1.0),
        ("-5", 5, None, 0.0),
        ("10 mEq/L", 10, "mEq/L", 1.0),
        ("5 IU/kg", 5, "IU/kg", 1.0),
    ],
)
def test_units_convert(reply: str, value: float, unit: str | None, right: float) -> None:
    assert score(reply, NumericScorer(value=value, unit=unit, absolute=0.01)) == right


@pytest.mark.parametrize("unit", ["foo", "mg/(", "9**9**9", "mmol/L; x", "m" * 200])
def test_a_unit_that_is_none_is_named(unit: str) -> None:
    assert "is no unit" in unit_problem(unit)


@pytest.mark.parametrize(
    ("reply", "f1"),
    [
        ("gout and tinea", 1.0),
        ("gout", 2 / 3),
        ("gout, tinea, influenza", 0.8),
        ("fungal infection; gout", 1.0),
        ("infection", 0.0),
        ("", 0.0),
    ],
)
def test_label_sets_score_by_f1(reply: str, f1: float) -> None:
    assert score(reply, LabelSetScorer(), answers=("gout", "fungal infection")) == pytest.approx(f1)


@pytest.mark.parametrize(
    ("reply", "right"), [("The GOUT.", 1.0), ("gout", 1.0), ("gout, surely", 0.0), ("an gout", 1.0), ("", 0.0)]
)
def test_short_text_is_the_whole_reply(reply: str, right: float) -> None:
    assert score(reply, ShortTextScorer()) == right


def test_a_choice_is_right_when_it_is_the_gold() -> None:
    scorer = ChoiceScorer(options=("gout", "flu"))
    assert (score("gout", scorer), score("flu", scorer), score("", scorer)) == (1.0, 0.0, 0.0)


class Counts:
    def grade(self, question: str, gold: str, reply: str) -> float:
        return float(gold in reply and "?" in question)


def test_a_judge_reports_and_no_suite_can_ask_for_one() -> None:
    metric = JudgedShare(Counts(), ["q?", "q?"])
    assert metric.compute(predictions=["it is gout", "no"], references=["gout", "flu"])["grade"] == 0.5
    with pytest.raises(ValidationError, match="judge"):
        SuiteItem.model_validate(
            {"id": "i", "question": "q", "answers": ["a"], "specialty": "x", "scorer": {"kind": "judge"}}
        )


ITEM = {"id": "i", "question": "q", "answers": ["gout"], "specialty": "x"}
USER, ASSISTANT = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scorer": {"kind": "choice", "options": ["flu", "tinea"]}}, "one of the scorer's options"),
        ({"scorer": {"kind": "choice", "options": ["gout", "gout"]}}, "two options are the same"),
        ({"scorer": {"kind": "choice", "options": ["gout"]}}, "at least 2"),
        ({"scorer": {"kind": "numeric", "value": float("inf")}}, "finite"),
        ({"turns": [USER, USER]}, "in turn"),
        ({"turns": [ASSISTANT, USER]}, "in turn"),
        ({"turns": [USER, ASSISTANT], "form": "plain"}, "form plain has no turns"),
        ({"subgroup": {"sex": ""}}, "at least 1"),
    ],
)
def test_an_item_that_does_not_fit_together_is_refused(changes: dict, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SuiteItem.model_validate(ITEM | changes)


def test_a_conversation_may_carry_its_question_as_its_last_turn() -> None:
    bare = {key: value for key, value in ITEM.items() if key != "question"}
    inside = bare | {"turns": [USER, ASSISTANT, USER]}
    apart = ITEM | {"question": "a", "turns": [USER, ASSISTANT]}
    assert SuiteItem.model_validate(inside) == SuiteItem.model_validate(apart)
    assert SuiteItem.model_validate(inside).turns == (Turn(**USER), Turn(**ASSISTANT))
    with pytest.raises(ValidationError, match="must end with what the user asks"):
        SuiteItem.model_validate(
            {key: value for key, value in ITEM.items() if key != "question"} | {"turns": [USER, ASSISTANT]}
        )


def test_what_an_item_gained_later_is_written_only_where_it_is_used() -> None:
    plain = SuiteItem.model_validate(ITEM)
    assert b"scorer" not in plain.canonical_bytes() and b"turns" not in plain.canonical_bytes()
    later = {"turns": [USER, ASSISTANT], "patient": "p-1", "subgroup": {"sex": "female"}}
    rich = SuiteItem.model_validate(ITEM | later | {"scorer": {"kind": "short-text"}})
    assert SuiteItem.from_bytes(rich.canonical_bytes()) == rich
    assert rich.digest != plain.digest


def test_a_suite_file_with_an_unknown_unit_or_label_gets_one_line(tmp_path) -> None:
    file = tmp_path / "suite.yaml"
    head = "id: s\nversion: '1'\nspecialty: x\nlicence: CC0-1.0\nsource: here\n"
    line = "items: [{id: i, question: q, specialty: x, answers: [gout], scorer: {kind: %s}}]\n"
    file.write_text(head + line % "numeric, value: 3, unit: foo")
    with pytest.raises(InputError, match=r"suite.yaml: item i: `foo` is no unit"):
        read_suite(file)
    file.write_text(head + line % "label-set")
    with pytest.raises(InputError, match="item i: an answer of a label set must be one of the suite's `labels`"):
        read_suite(file)


@pytest.mark.parametrize(
    ("reply", "right"),
    [
        ("<think>Influenza? No, the toe is swollen.</think> Gout.", 1.0),
        ("<think>Gout, I think.</think> Influenza.", 0.0),
        ("<think>It must be gout", 0.0),
        ("<think>flu</think> Gout. <think>or flu</think>", 1.0),
        ("<think></think>Gout.", 1.0),
    ],
)
def test_what_a_model_thinks_aloud_is_not_its_answer(reply: str, right: float) -> None:
    assert score(reply, PhraseScorer()) == right
