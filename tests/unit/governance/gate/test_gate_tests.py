"""McNemar and Holm, betting for graded scores, and the error an attempt may spend."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from governance.gate import (
    GateError,
    betting_drop_upper,
    betting_p_value,
    holm,
    mcnemar_p_value,
    noninferiority_p_value,
    spent_alpha,
)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_sign_test_on_changed_items(broken, fixed):
    expected = binomtest(broken, broken + fixed, 0.5, alternative="greater").pvalue if broken + fixed else 1.0
    assert mcnemar_p_value(broken, fixed) == pytest.approx(expected, rel=1e-9)


def test_mcnemar_refuses_negative_counts():
    with pytest.raises(GateError, match="counts must be 0 or more"):
        mcnemar_p_value(-1, 3)


def test_holm_steps_down_and_stops():
    assert holm([0.01, 0.04, 0.03, 0.005], 0.05) == (True, False, False, True)
    assert holm([0.02, 0.024], 0.05) == (True, True)
    assert holm([0.03, 0.001], 0.05) == (True, True)
    assert holm([0.026, 0.026], 0.05) == (False, False)
    assert holm([], 0.05) == ()


def test_betting_wealth_by_hand():
    """One unit without change: X = 1/2, m = 0.45, wealth is 1 + γ(X/m - 1) averaged over γ in [0, 1]."""
    assert betting_p_value([0.0], 0.1) == pytest.approx(1 / (1 + 0.5 * (0.5 / 0.45 - 1)))
    assert betting_p_value([-1.0], 0.1) == 1


@pytest.mark.parametrize("fall", [1.0, 0.25])
def test_betting_keeps_its_error_when_the_mean_fell_by_the_margin(fall):
    rng = np.random.default_rng(7)
    margin, rejected, runs = 0.1, 0, 1500
    for _ in range(runs):
        changes = -fall * (rng.random(80) < margin / fall)
        rejected += betting_p_value(changes, margin) <= 0.05
    assert rejected / runs <= 0.05


def test_betting_gains_power_with_items_and_is_weaker_than_the_exact_test():
    values = [betting_p_value([0.0] * n, 0.1) for n in (20, 60, 120, 400)]
    assert values == sorted(values, reverse=True)
    assert noninferiority_p_value(60, 0, 0, 0.1) < betting_p_value([0.0] * 60, 0.1)
    assert values[-1] < 1e-9


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40))
@settings(max_examples=40, deadline=None)
def test_betting_bound_inverts_the_test(changes):
    bound = betting_drop_upper(changes, 0.05)
    if bound < 1 - 1e-5:
        assert betting_p_value(changes, bound + 1e-5) <= 0.05
    assert betting_p_value(changes, max(bound - 1e-5, -0.999999)) > 0.05 or bound < -0.99
    assert bound >= -float(np.mean(changes)) - 1e-6


@pytest.mark.parametrize("changes", [[], [0.1, 1.2], [float("nan")]])
def test_betting_refuses_what_is_no_difference(changes):
    with pytest.raises(GateError, match="each between -1 and 1"):
        betting_p_value(changes, 0.05)


def test_all_attempts_together_spend_alpha():
    assert spent_alpha(0.05, 1) == pytest.approx(0.025)
    assert spent_alpha(0.05, 2) == pytest.approx(0.05 / 6)
    assert sum(spent_alpha(0.05, k) for k in range(1, 100_000)) == pytest.approx(0.05, rel=1e-4)
    with pytest.raises(GateError, match="first attempt is number 1"):
        spent_alpha(0.05, 0)
