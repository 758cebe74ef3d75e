"""Where the scoring rule is the same, this engine and lm-evaluation-harness agree item by item."""

import random

import pytest

from clinical_sdft.errors import InputError
from clinical_sdft.evaluation.harness_bench import answer, compare
from data_contracts import ChoiceScorer, Suite, SuiteItem

WORDS = ("gout", "a hot toe", "rash", "fever of unknown origin", "cough", "measles", "it is the flu")


def a_suite(size: int, form: str = "plain") -> Suite:
    draw = random.Random(3)
    items = []
    for number in range(size):
        options = tuple(draw.sample(WORDS, draw.randint(2, 5)))
        question = f"Question: {' '.join(draw.choices(WORDS, k=draw.randint(1, 9)))}?\nAnswer:"
        fields = {"answers": (draw.choice(options),), "scorer": ChoiceScorer(options=options), "specialty": "x"}
        items.append(SuiteItem(id=f"i{number}", question=question, form=form, **fields))
    return Suite(id="s", version="1", specialty="x", licence="CC0-1.0", source="here", items=tuple(items))


@pytest.mark.slow
def test_they_agree_on_every_item(tiny) -> None:
    pytest.importorskip("lm_eval", reason="needs the extra `bench`")
    found = compare(tiny, a_suite(40), rounds=1, batch=8, say=lambda line: None)
    assert found.differing == () and found.items == 40
    assert found.acc[0] == found.acc[1] and found.acc_norm[0] == found.acc_norm[1]
    assert 0 < found.acc[0] < 1 and len(found.engine_seconds) == len(found.harness_seconds) == 1


def test_only_plain_choices_are_compared(tiny) -> None:
    with pytest.raises(InputError, match="3 items are no plain choices"):
        compare(tiny, a_suite(3, form="chat"), rounds=1, batch=1, say=lambda line: None)
    assert len(answer(tiny, a_suite(3))) == 3
