"""Rules decide, abstain where a reading is missing, and cannot harm whoever evaluates them."""

import pytest

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.rules import check_rules, judge
from clinical_sdft.ingest.rules.judge import alike
from clinical_sdft.ingest.rules.sandbox import Limits, self_test

HIGH = {
    "cel": {"high": ("sbp >= 130.0 || dbp >= 80.0", "high"), "low": ("sbp < 130.0 && dbp < 80.0", "normal")},
    "fhirpath": {"high": ("sbp >= 130 or dbp >= 80", "high"), "low": ("sbp < 130 and dbp < 80", "normal")},
}
ROWS = [
    ({"sbp": 130.0, "dbp": 70.0}, "decided", "high"),
    ({"sbp": 129.9, "dbp": 79.9}, "decided", "normal"),
    ({"sbp": 110.0, "dbp": 80.0}, "decided", "high"),
    ({"sbp": 150.0}, "decided", "high"),  # whatever the other reading is
    ({"sbp": 110.0}, "missing", None),
    ({"dbp": 60.0}, "missing", None),
    ({}, "missing", None),
]


@pytest.mark.parametrize("language", ["cel", "fhirpath"])
def test_both_languages_decide_and_abstain_alike(guideline, language: str) -> None:
    tiny = guideline(HIGH[language], language=language)
    found = judge(tiny, [row for row, _, _ in ROWS], "g.yaml")
    assert [(one.state, one.answer) for one in found] == [(state, answer) for _, state, answer in ROWS]
    assert [one.missing for one in found[4:]] == [("dbp",), ("sbp",), ("sbp", "dbp")]


def test_rules_that_hold_with_different_answers_contradict_and_none_is_silent(guideline) -> None:
    tiny = guideline({"a": ("sbp > 100.0", "high"), "b": ("sbp > 150.0", "very high")})
    found = judge(tiny, [{"sbp": 160.0}, {"sbp": 120.0}, {"sbp": 90.0}], "g.yaml")
    assert [(one.state, one.held) for one in found] == [
        ("contradiction", ("a", "b")),
        ("decided", ("a",)),
        ("silent", ()),
    ]


def test_the_doctors_check_finds_rules_evaluable_here() -> None:
    assert self_test() is True


def test_answers_that_contain_each_other_are_pointed_out(guideline) -> None:
    tiny = guideline(
        {"a": ("sbp > 1.0", "hypertension"), "b": ("sbp < 1.0", "no hypertension"), "c": ("dbp > 1.0", "x")}
    )
    assert alike(tiny) == [("no hypertension", "hypertension")]


TEXT = [{"name": "sex", "type": "text", "values": ["female", "male"]}, {"name": "pregnant", "type": "boolean"}]


def test_words_and_yes_and_no(guideline) -> None:
    tiny = guideline({"a": ("sex == 'female' && pregnant", "yes"), "b": ("!pregnant", "no")}, fields=TEXT)
    check_rules(tiny, "g.yaml")
    rows = [{"sex": "female", "pregnant": True}, {"pregnant": False}, {"sex": "female"}]
    assert [one.answer for one in judge(tiny, rows, "g.yaml")] == ["yes", "no", None]


@pytest.mark.parametrize(
    ("language", "condition", "message"),
    [
        ("cel", "sbp >=", r"g.yaml: rule a: line 1, column 7: Syntax error"),
        ("cel", "sbp >= 130", r"rule a: .*write numbers with a decimal point"),
        ("cel", "sbp / dbp > 2.0", r"rule a: .*write divide\(a, b\)"),
        ("cel", "sbp > 'high'", r"rule a: .*no matching overload"),
        ("cel", "sbp + dbp", r"rule a: the condition gives DOUBLE, not true or false"),
        ("cel", "pulse > 1.0 && sbp > 1.0", r"rule a: .*undeclared reference to 'pulse'"),
        ("cel", "1.0 > 2.0", r"rule a: its condition reads none of the fields"),
        ("cel", "(" * 900 + "sbp > 1.0" + ")" * 900, r"rule a: .*nested too deeply"),
        ("cel", "divide(sbp, dbp - dbp) > 1.0", r"rule a on record 1: divides by zero"),
        ("cel", "sbp > 1.0 && 1 / 0 > 1", r"rule a on record 1: .*divide by zero"),
        ("fhirpath", "sbp >=", r"g.yaml: rule a: no FHIRPath at its end"),
        ("fhirpath", "sbp / 0 > 1", r"rule a on record 1: the condition comes to nothing: a division by zero"),
        ("fhirpath", "sbp", r"rule a on record 1: the condition gives \w+, not true or false"),
        ("fhirpath", "sbp and pulse > 3", r"rule a on record 1: the condition comes to nothing"),
    ],
)
def test_a_rule_that_cannot_be_used_is_one_line_with_file_and_rule(
    guideline, language: str, condition: str, message: str
) -> None:
    tiny = guideline({"a": (condition, "x")}, language=language)
    with pytest.raises(InputError, match=message) as caught:
        check_rules(tiny, "g.yaml")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


def test_a_true_zero_in_a_record_is_named_with_the_record(guideline) -> None:
    tiny = guideline({"a": ("divide(sbp, dbp) > 2.0", "x")})
    check_rules(tiny, "g.yaml")
    with pytest.raises(InputError, match="rule a on record 2: divides by zero"):
        judge(tiny, [{"sbp": 1.0, "dbp": 1.0}, {"sbp": 1.0, "dbp": 0.0}], "g.yaml")


def test_an_endless_loop_is_ended_and_named(guideline) -> None:
    loop = "(1 | 2).repeat($this + 1).exists() and sbp > 1"
    tiny = guideline({"ok": ("sbp > 1", "x"), "loop": (loop, "x")}, language="fhirpath")
    with pytest.raises(InputError, match=r"g.yaml: rule loop: (not finished after|ended the process)"):
        judge(tiny, [{"sbp": 2.0}], "g.yaml", Limits(seconds=0.5))


def test_a_loop_of_loops_is_ended_and_named(guideline) -> None:
    numbers = "[" + ",".join("1" * 1 for _ in range(40)) + "]"
    nested = f"{numbers}.all(a, {numbers}.all(b, {numbers}.all(c, {numbers}.all(d, a + b + c + d < 9))))"
    tiny = guideline({"loops": (f"{nested} && sbp > 1.0", "x")})
    with pytest.raises(InputError, match=r"rule loops on record 1: .*[Ii]teration budget|not finished"):
        judge(tiny, [{"sbp": 2.0}], "g.yaml", Limits(seconds=0.5))


def test_too_much_memory_ends_the_worker_and_not_the_caller(guideline) -> None:
    doubling = "'a'.repeat($this & $this).exists() and sbp > 1"
    tiny = guideline({"grow": (doubling, "x")}, language="fhirpath")
    with pytest.raises(InputError, match=r"rule grow.*: ended the process that evaluates it: too much memory"):
        judge(tiny, [{"sbp": 2.0}], "g.yaml", Limits(seconds=20, memory=256 << 20))
