from clinical_sdft.evaluation.describe import describe, in_words
from data_contracts import ChoiceScorer, Suite, SuiteItem

LETTERS = ChoiceScorer(options=("A", "B", "C", "D"))


def a_suite(items, labels=()) -> Suite:
    made = tuple(SuiteItem(id=f"i{n}", question=f"{n}?", specialty="x", **fields) for n, fields in enumerate(items))
    return Suite(id="s", version="1", specialty="x", licence="CC0-1.0", source="here", labels=labels, items=made)


def test_choices_have_a_chance_level_and_classes() -> None:
    found = describe(a_suite([{"answers": (letter,), "scorer": LETTERS} for letter in "AABC"]))
    assert (found.chance, found.commonest, found.classes) == (0.25, 0.5, {"A": 2, "B": 1, "C": 1})
    assert "chance level: 25%; always the commonest answer: 50%" in in_words(found)


def test_open_answers_have_none_and_closed_labels_do() -> None:
    items = [{"answers": ("gout",), "must_pass": True}, {"answers": ("flu",)}]
    assert describe(a_suite(items)).chance is None and describe(a_suite(items)).must_pass == 1
    assert "chance level: none (open answers)" in " ".join(in_words(describe(a_suite(items))))
    assert describe(a_suite(items, labels=(("gout",), ("flu",)))).chance == 0.5


def test_patients_and_subgroups_are_counted() -> None:
    items = [
        {"answers": ("flu",), "patient": p, "subgroup": {"sex": s}} for p, s in (("a", "f"), ("a", "f"), ("b", "m"))
    ]
    found = describe(a_suite([*items, {"answers": ("flu",)}]))
    assert (found.patients, found.subgroups) == (3, {"sex": {"f": 2, "m": 1}})
    assert "subgroup sex: f 2, m 1" in in_words(found)
