"""Confidence bounds invert the tests they belong to."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from governance.gate import (
    GateError,
    clopper_pearson_p_value,
    clopper_pearson_upper,
    drop_upper_bound,
    gain_lower_bound,
    never_event_bound,
    noninferiority_p_value,
)


@st.composite
def outcomes(draw):
    n = draw(st.integers(1, 60))
    broken = draw(st.integers(0, n))
    return n, broken, draw(st.integers(0, n - broken))


@given(outcomes(), st.sampled_from([0.05, 0.025]))
@settings(max_examples=25, deadline=None)
def test_margins_above_the_bound_are_rejected_and_the_bound_is_tight(outcome, alpha):
    n, broken, fixed = outcome
    bound = drop_upper_bound(n, broken, fixed, alpha)
    assert (broken - fixed) / n - 1e-9 <= bound <= 1
    for margin in bound + np.array([0.0005, 0.01, 0.05]):
        if margin < 1:
            assert noninferiority_p_value(n, broken, fixed, margin) <= alpha
    if bound - 1e-5 > -1 and broken < n:
        assert noninferiority_p_value(n, broken, fixed, bound - 1e-5) > alpha * 0.999


def test_the_largest_of_several_crossings_counts():
    """Here margins of -0.074 are rejected and -0.067 are not: the p-value is not monotone in the margin."""
    assert noninferiority_p_value(60, 1, 11, -0.0735) <= 0.05 < noninferiority_p_value(60, 1, 11, -0.066)
    assert drop_upper_bound(60, 1, 11, 0.05) > -0.066


def test_a_crossing_narrower_than_a_tenth_of_a_standard_error_counts_too():
    """Margins from -0.1674 to -0.1612 are not rejected, those from -0.1745 to -0.1676 are."""
    assert noninferiority_p_value(40, 4, 19, -0.170) <= 0.05 < noninferiority_p_value(40, 4, 19, -0.165)
    assert -0.1612 < drop_upper_bound(40, 4, 19, 0.05) < -0.1605


@pytest.mark.parametrize("n", [20, 59, 149])
def test_nothing_changed(n):
    assert drop_upper_bound(n, 0, 0, 0.05) >= 1 - 0.05 ** (1 / n) - 1e-6


def test_extremes():
    assert drop_upper_bound(7, 7, 0, 0.05) == 1
    assert drop_upper_bound(40, 0, 40, 0.05) < -0.8
    assert gain_lower_bound(40, 0, 40, 0.05) == -drop_upper_bound(40, 0, 40, 0.05)


def test_gain_bound_lies_below_the_observed_gain():
    bound = gain_lower_bound(50, 2, 20, 0.05)
    assert 0.15 < bound < 18 / 50


def test_clopper_pearson_is_the_textbook_pair_of_bounds():
    upper = beta.ppf(1 - 0.025, 6 + 1, 94) - beta.ppf(0.025, 3, 98)
    assert clopper_pearson_upper(100, 6, 3, 0.05) == pytest.approx(upper)
    assert clopper_pearson_upper(10, 10, 0, 0.05) == 1
    assert clopper_pearson_upper(10, 0, 10, 0.05) == pytest.approx(1 - 0.025 ** (1 / 10) - 0.025 ** (1 / 10))


def test_clopper_pearson_p_value_belongs_to_its_bound():
    p = clopper_pearson_p_value(500, 10, 8, 0.05)
    assert clopper_pearson_upper(500, 10, 8, p) == pytest.approx(0.05, abs=1e-6)
    assert p > noninferiority_p_value(500, 10, 8, 0.05)


def test_beyond_the_limit_the_bound_is_clopper_pearson():
    assert drop_upper_bound(50_000, 900, 800, 0.05) == clopper_pearson_upper(50_000, 900, 800, 0.05)


def test_never_event_bound():
    assert never_event_bound(1, 0.05) == pytest.approx(0.95)
    assert never_event_bound(59, 0.05) == pytest.approx(0.0495, abs=1e-4)
    with pytest.raises(GateError, match="must-pass"):
        never_event_bound(0, 0.05)


def test_alpha_is_checked():
    with pytest.raises(GateError, match="alpha is 0"):
        drop_upper_bound(10, 0, 0, 0)
    with pytest.raises(GateError, match="alpha is 5"):
        clopper_pearson_upper(10, 0, 0, 5)
