"""Recall and precision on the project's own notes; every floor is what the engine reached when it was set.

Raise a floor when the engine is better; never lower one.
"""

import pytest

from clinical_sdft.deid import SAFE_HARBOR
from clinical_sdft.deid.quality.choices import Split
from clinical_sdft.deid.quality.detectors import Engines, own_engine
from clinical_sdft.deid.quality.notes.compose import notes
from clinical_sdft.deid.quality.score import Score, score

SURE = ("account", "email", "health_plan", "ip", "mrn", "zip")
"""Categories of which nothing may be missed."""


@pytest.fixture(scope="module")
def engines() -> Engines:
    return own_engine(SAFE_HARBOR)


@pytest.fixture(scope="module", params=[Split.TUNING, Split.HELD_OUT])
def result(engines: Engines, request: pytest.FixtureRequest) -> Score:
    return score(tuple(notes(request.param, 36)), engines)


def test_recall_and_precision(result: Score) -> None:
    assert (result.span_full_recall.value or 0) >= 0.85
    assert (result.token_recall.value or 0) >= 0.90
    assert (result.token_precision.value or 0) >= 0.95
    spans = {str(category): rate for category, rate in result.spans.items()}
    assert {name: spans[name].count for name in SURE} == {name: spans[name].total for name in SURE}


def test_facts_survive(result: Score) -> None:
    touched = sum(rate.count for rate in result.facts_touched.values())
    assert touched <= 0.02 * sum(rate.total for rate in result.facts_touched.values())
    for kind in ("dose", "lab", "age", "level"):
        assert (result.facts_touched[kind].value or 0) <= 0.015


def test_no_known_value_is_left_in_a_released_text(result: Score) -> None:
    assert result.known_left == 0


def test_the_second_scan_catches_leaks_and_spares_clean_notes(result: Score) -> None:
    assert result.leaking_released.count <= 0.25 * result.leaking_released.total
    # Of 218 clean held-out notes 8 are held back (docs/deid.md); among the 22 here chance alone brings it to 2.
    assert result.clean_held_back.count <= max(1, 0.10 * result.clean_held_back.total)
