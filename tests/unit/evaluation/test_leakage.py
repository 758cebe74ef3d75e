"""What is trained on is not what is tested on, also where the words were changed a little."""

import random

import pytest

from clinical_sdft.errors import InputError
from clinical_sdft.evaluation.leakage import find_leaks, refuse_overlap
from clinical_sdft.evaluation.similarity import near_pairs, shingles, similarity
from data_contracts import Demonstration, FieldValue, Suite, SuiteItem

CASE = "54-year-old man with a hot, swollen big toe since last night after a feast with much meat and beer"
DIGEST = "sha256:" + "0" * 64


def demonstration(question: str, name: str = "D1", **fields: float) -> Demonstration:
    return Demonstration(
        id=name,
        question=question,
        answer="a",
        label="a",
        quote="q",
        guideline=DIGEST,
        recommendation="R",
        fields=typed(fields),
    )


def suite(*questions: str, **fields: float) -> Suite:
    items = tuple(
        SuiteItem(id=f"I{number}", question=question, answers=("a",), specialty="s", fields=typed(fields))
        for number, question in enumerate(questions)
    )
    return Suite(id="s", version="1", specialty="s", licence="l", source="x", items=items)


def typed(fields: dict[str, float]) -> tuple[FieldValue, ...]:
    return tuple(FieldValue(name=name, value=value, unit="mm[Hg]") for name, value in fields.items())


def test_a_case_with_one_word_changed_is_found_and_named_without_its_words() -> None:
    [leak] = find_leaks([demonstration(CASE.replace("feast", "party"))], [suite("Another thing?", CASE)])
    assert (leak.demonstration, leak.suite, leak.item, leak.kind) == ("D1", "s", "I1", "near question")
    assert 0.7 < leak.similarity < 1
    with pytest.raises(InputError, match=r"D1 = s/I0 \(near question 0.8\d\)") as caught:
        refuse_overlap([demonstration(CASE.replace("feast", "party"))], [suite(CASE)])
    assert "toe" not in str(caught.value)


def test_another_case_in_the_same_style_is_none() -> None:
    other = "37-year-old woman with a red, itching rash on both hands since last week after work with wet gloves"
    refuse_overlap([demonstration(other)], [suite(CASE)])
    assert find_leaks([demonstration(CASE.replace("feast", "party"))], [suite(CASE)], threshold=0.95) == []


def test_typed_cases_are_the_same_where_their_readings_are_not_where_their_words_are() -> None:
    words = "Systolic blood pressure {} mmHg, diastolic blood pressure 80 mmHg, no treatment, seen once in the clinic"
    trained = demonstration(words.format(132), sbp=132.0, dbp=80.0)
    assert find_leaks([trained], [suite(words.format(138), sbp=138.0, dbp=80.0)]) == []
    [leak] = find_leaks([trained], [suite("The same in other words", sbp=132.0, dbp=80.0)])
    assert leak.kind == "same readings"
    [untyped] = find_leaks([trained], [suite(words.format(138))])
    assert untyped.kind == "near question", "an item without values is compared by its words"


def test_a_patient_who_is_tested_is_not_trained_on() -> None:
    item = SuiteItem(id="I", question="Another?", answers=("a",), specialty="s", patient="f" * 64)
    tested = suite("Something?").model_copy(update={"items": (item,)})
    own = demonstration(CASE).model_copy(update={"record": "sha256:" + "f" * 64})
    other = demonstration(CASE).model_copy(update={"record": "sha256:" + "e" * 64})
    assert [leak.kind for leak in find_leaks([own, other], [tested])] == ["same patient"]


def test_many_leaks_are_counted_and_the_first_named() -> None:
    many = [demonstration(f"{CASE} {number}", f"D{number}") for number in range(30)]
    with pytest.raises(InputError, match=r"^30 demonstrations ask the same") as caught:
        refuse_overlap(many, [suite(CASE)])
    assert str(caught.value).endswith("…") and len(str(caught.value)) < 2000


def test_minhash_finds_what_comparing_all_pairs_finds() -> None:
    rng = random.Random(5)
    words = [f"w{number}" for number in range(300)]
    right = [" ".join(rng.choices(words, k=25)) for _ in range(150)]
    left = []
    for text in right:
        changed = text.split()
        for _ in range(rng.randrange(6)):
            changed[rng.randrange(25)] = "other"
        left.append(" ".join(changed))
    sets = [shingles(text) for text in right]
    exact = {
        (i, j)
        for i, text in enumerate(left)
        for j, other in enumerate(sets)
        if similarity(shingles(text), other) >= 0.7
    }
    found = {(i, j) for i, j, _ in near_pairs(left, right, 0.7)}
    assert found <= exact and len(exact) > 70
    assert len(found) >= 0.97 * len(exact)


def test_equal_texts_and_texts_of_one_word_or_none() -> None:
    assert list(near_pairs(["Knee?", "…"], ["knee", "toe"], 0.7)) == [(0, 0, 1.0)]
