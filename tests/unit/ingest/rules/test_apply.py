"""Records become cases with answers and reasons; patients stay on one side; two guidelines show where they differ."""

from pathlib import Path

import pytest

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.demonstrations import Phrasing, draft_demonstrations
from clinical_sdft.ingest.guidelines import read_guideline
from clinical_sdft.ingest.rules import check_rules, judge
from clinical_sdft.ingest.rules.apply import apply_rules, balanced, demonstrations, split, suite_of
from clinical_sdft.ingest.rules.compare import compare_on, regions
from clinical_sdft.ingest.rules.inbox import read_inbox, write_inbox
from clinical_sdft.ingest.rules.records import CaseRecord
from clinical_sdft.sdft.templates import WORKED_TEMPLATES, templates_for
from data_contracts import sha256_digest

DATA = Path(__file__).parent / "data"
OLD, NEW = (read_guideline(DATA / f"{name}.yaml") for name in ("jnc_7", "acc_aha_2017"))
PLACES = ("old.yaml", "new.yaml")


def record(number: int, sbp: float | None, dbp: float | None, published: str | None = None) -> CaseRecord:
    readings = {"age": 54.0, "sex": "woman", "sbp": sbp, "dbp": dbp}
    values = {name: value for name, value in readings.items() if value is not None}
    return CaseRecord(sha256_digest(f"{number // 2}".encode()), number, values, published)


CASES = [
    record(1, 135.0, 70.0, "hypertension"),
    record(2, 120.0, 79.0, "not hypertensive"),
    record(3, 150.0, None, "not hypertensive"),
    record(4, 120.0, None, "not hypertensive"),
    record(5, None, None),
]


def test_a_demonstration_holds_case_answer_reasoning_and_the_quoted_words() -> None:
    applied = apply_rules(NEW, CASES, "new.yaml")
    [first, *_] = demonstrations(NEW, applied.decided, Phrasing())
    assert first.question == (
        "Which diagnosis is most likely? Age 54 years, sex woman, systolic blood pressure 135 mmHg, "
        "diastolic blood pressure 70 mmHg."
    )
    assert (first.answer, first.label, first.rule) == ("Most likely: hypertension.", "hypertension", "high")
    assert first.quote in NEW.document and first.reasoning is not None and first.quote in first.reasoning
    assert first.reasoning.startswith("Systolic blood pressure 135 mmHg, diastolic blood pressure 70 mmHg.")
    assert [(value.name, value.value, value.unit) for value in first.fields][2] == ("sbp", 135.0, "mm[Hg]")
    [explained, *_] = demonstrations(NEW, applied.decided, Phrasing(), explain=True)
    assert explained.answer == f"{first.answer} {first.reasoning}"


def test_a_worked_demonstration_says_its_reasoning_first_and_is_shown_as_a_worked_case() -> None:
    applied = apply_rules(NEW, CASES, "new.yaml")
    plain = demonstrations(NEW, applied.decided, Phrasing())
    worked = demonstrations(NEW, applied.decided, Phrasing(), worked=True)
    assert [one.reply for one in worked] == [f"{one.reasoning}\n{one.answer}" for one in plain]
    assert {one.reasoning for one in worked} == {None} and worked[0].answer == plain[0].answer
    assert set(WORKED_TEMPLATES) <= set(templates_for(worked)) and not set(WORKED_TEMPLATES) & set(templates_for(plain))


def test_missing_readings_are_counted_and_disagreements_listed_by_kind() -> None:
    applied = apply_rules(NEW, CASES, "new.yaml")
    assert applied.states == {"decided": 3, "missing": 2}
    assert applied.missing == {"dbp": 1, "sbp, dbp": 1}
    assert applied.against_published() == {
        "agree": 2,
        "published “not hypertensive”, the rules: hypertension": 1,
        "published “not hypertensive”, but dbp is missing: abstained": 1,
    }


def test_a_patient_is_on_one_side_and_rules_take_turns() -> None:
    many = [record(i, 100.0 + i % 60 + i / 1000, 70.0) for i in range(400)]
    applied = apply_rules(NEW, many, "new.yaml")
    training, held_out = split(applied, 0.25)
    assert len(training) + len(held_out) == 400 and 60 < len(held_out) < 140
    assert not {case.patient for case, _ in training} & {case.patient for case, _ in held_out}
    chosen = balanced(training, 20)
    assert [one.answer for _, one in chosen].count("hypertension") == 10
    assert chosen == balanced(list(reversed(training)), 20)


def test_a_suite_of_rules_carries_typed_values_and_closed_labels() -> None:
    applied = apply_rules(NEW, CASES, "new.yaml")
    suite = suite_of(NEW, applied.decided, Phrasing(), name="bp", specialty="s", licence="l", source="x")
    assert suite.labels == (("hypertension",), ("not hypertensive",))
    assert {value.name for value in suite.items[0].fields} == {"age", "sex", "sbp", "dbp"}
    with pytest.raises(InputError, match="no record was held out"):
        suite_of(NEW, [], Phrasing(), name="bp", specialty="s", licence="l", source="x")


def test_the_inbox_gives_a_guideline_its_own_demonstrations_only(tmp_path: Path) -> None:
    made = demonstrations(NEW, apply_rules(NEW, CASES, "new.yaml").decided, Phrasing())
    write_inbox(tmp_path, "bp", made)
    assert read_inbox(tmp_path, NEW) == tuple(made) and read_inbox(tmp_path, OLD) == ()
    assert draft_demonstrations(NEW, (), Phrasing(), made).demonstrations == tuple(made)
    (tmp_path / "demonstrations" / "other.jsonl").write_text('{"a": 1}\n')
    with pytest.raises(InputError, match=r"other.jsonl: not demonstrations"):
        read_inbox(tmp_path, NEW)


def test_comparing_on_records_gives_the_share_and_the_direction() -> None:
    rows = [case.values for case in CASES]
    result = compare_on(judge(OLD, rows, "old"), judge(NEW, rows, "new"))
    assert (result.both, result.flipped, result.undecided) == (3, 1, 2)
    assert result.changes == {"not hypertensive → hypertension": 1} and result.share == pytest.approx(1 / 3)


def test_the_region_of_disagreement_is_exact_for_thresholds() -> None:
    assert [str(region) for region in regions(OLD, NEW, PLACES)] == [
        "sbp < 140, dbp ≥ 80 and < 90: not hypertensive → hypertension",
        "sbp ≥ 130 and < 140, dbp < 80: not hypertensive → hypertension",
    ]
    assert regions(NEW, NEW, PLACES) == []


def test_regions_speak_the_old_guidelines_units_and_words(guideline) -> None:
    pressure, sex = {"name": "sbp", "type": "number"}, {"name": "sex", "type": "text", "values": ["woman", "man"]}
    old = guideline(
        {"a": ("sbp >= 150.0", "high"), "b": ("sbp < 150.0", "low")}, fields=[pressure | {"unit": "mm[Hg]"}, sex]
    )
    new = guideline(
        {"a": ("sbp >= 16.0 && sex == 'man' || sbp > 20.0", "high"), "b": ("sbp < 16.0", "low")},
        fields=[pressure | {"unit": "kPa"}, sex],
    )
    [region] = regions(old, new, PLACES)
    assert str(region) == "sbp ≥ 120.01 and < 150, sex = man: low → high"


def test_guidelines_that_share_no_field_cannot_be_compared(guideline) -> None:
    other = guideline({"a": ("k > 1.0", "x")}, fields=[{"name": "k", "type": "number", "unit": "1"}])
    with pytest.raises(InputError, match=r"new.yaml: its rules read no field"):
        regions(OLD, other, PLACES)


def test_the_shipped_guidelines_hold() -> None:
    for guideline in (OLD, NEW):
        check_rules(guideline, guideline.id)
    assert judge(NEW, [{"sbp": 129.9, "dbp": 79.9}, {"sbp": 130.0, "dbp": 60.0}], "new")[0].answer == "not hypertensive"
