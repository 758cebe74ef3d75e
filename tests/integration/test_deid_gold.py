"""Recall and precision on the project's own notes; every floor is what the engine reached when it was set.

Raise a floor when the engine is better; never lower one.
"""

import pytest

from clinical_sdft.deid import SAFE_HARBOR
from clinical_sdft.deid.quality.choices import Split
from clinical_sdft.deid.quality.detectors import Engines, own_engine
from clinical_sdft.deid.quality.notes.compose import notes
from clinical_sdft.deid.quality.score import Score, score

FLOORS = {Split.TUNING: (0.95, 0.02, 0.10), Split.HELD_OUT: (0.93, 0.03, 0.42)}
"""Of each split: token precision, facts touched at most, notes without a miss held back at most.

Those of the held-out notes were set after these 36 were counted once: they hold what is reached, which is less than
what is wanted (docs/deid.md).
"""

SURE = ("account", "email", "health_plan", "ip", "mrn", "zip")
"""Categories of which nothing may be missed."""


@pytest.fixture(scope="module")
def engines() -> Engines:
    return own_engine(SAFE_HARBOR)


@pytest.fixture(scope="module", params=[Split.TUNING, Split.HELD_OUT])
def split(request: pytest.FixtureRequest) -> Split:
    chosen: Split = request.param
    return chosen


@pytest.fixture(scope="module")
def result(engines: Engines, split: Split) -> Score:
    return score(tuple(notes(split, 36)), engines)


def test_recall_and_precision(result: Score, split: Split) -> None:
    assert (result.span_full_recall.value or 0) >= 0.85
    assert (result.token_recall.value or 0) >= 0.90
    assert (result.token_precision.value or 0) >= FLOORS[split][0]
    spans = {str(category): rate for category, rate in result.spans.items()}
    assert {name: spans[name].count for name in SURE} == {name: spans[name].total for name in SURE}


def test_facts_survive(result: Score, split: Split) -> None:
    touched = sum(rate.count for rate in result.facts_touched.values())
    assert touched <= FLOORS[split][1] * sum(rate.total for rate in result.facts_touched.values())
    for kind in ("dose", "lab", "age", "level"):
        assert (result.facts_touched[kind].value or 0) <= FLOORS[split][1]


def test_no_known_value_is_left_in_a_released_text(result: Score) -> None:
    assert result.known_left == 0


def test_the_second_scan_catches_leaks_and_spares_clean_notes(result: Score, split: Split) -> None:
    assert result.leaking_released.count <= 0.25 * result.leaking_released.total
    assert result.clean_held_back.count <= max(1, FLOORS[split][2] * result.clean_held_back.total)
