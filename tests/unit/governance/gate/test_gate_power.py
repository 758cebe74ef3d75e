"""Floors, power and needed items against the published table."""

import numpy as np
import pytest
from scipy.stats import multinomial

from governance.gate import GateError, floor_n, noninferiority_p_value, power, required_n


@pytest.mark.parametrize(("margin", "floor"), [(0.10, 29), (0.05, 59), (0.02, 149)])
def test_floors(margin, floor):
    assert floor_n(margin, 0.05) == floor
    assert noninferiority_p_value(floor, 0, 0, margin) <= 0.05
    assert noninferiority_p_value(floor - 1, 0, 0, margin) > 0.05


@pytest.mark.parametrize(("discordance", "needed"), [(0.05, 163), (0.10, 271), (0.20, 511)])
def test_items_for_a_margin_of_five_points(discordance, needed):
    assert required_n(0.05, discordance, 0.05, 0.8) == needed
    assert power(needed, 0.05, discordance, 0.05) >= 0.8


def test_items_for_a_margin_of_two_points_approximately():
    assert required_n(0.02, 0.20, 0.05, 0.8) == pytest.approx(3091, rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(("discordance", "normal"), [(0.05, 773), (0.10, 1546)])
def test_exact_items_for_two_points_exceed_the_normal_approximation(discordance, normal):
    assert normal < required_n(0.02, discordance, 0.05, 0.8) < 1.09 * normal


def test_the_first_attempt_needs_more_items():
    """Half the error is spent at once, so the table's sizes do not suffice."""
    assert floor_n(0.05, 0.025) == 72
    assert required_n(0.05, 0.10, 0.025, 0.8) == 352


@pytest.mark.parametrize(("margin", "drop"), [(0.10, 0.0), (0.10, 0.03), (-0.05, -0.2)])
def test_power_is_the_probability_of_the_outcomes_that_reject(margin, drop):
    n, discordance = 35, 0.25
    p_broken, p_fixed = (discordance + drop) / 2, (discordance - drop) / 2
    expected = sum(
        multinomial.pmf([b, c, n - b - c], n, [p_broken, p_fixed, 1 - discordance])
        for b in range(0, 12)
        for c in range(0, 25 - b)
        if noninferiority_p_value(n, b, c, margin) <= 0.05
    )
    assert power(n, margin, discordance, 0.05, drop=drop) == pytest.approx(expected, abs=2e-3)


def test_power_never_exceeds_alpha_at_the_margin_itself():
    for discordance in (0.06, 0.1, 0.3, 0.6, 1.0):
        assert power(120, 0.05, discordance, 0.05, drop=0.05) <= 0.05


def test_power_joins_its_normal_approximation():
    exact, normal = power(2000, 0.02, 0.2, 0.05), power(2001, 0.02, 0.2, 0.05)
    assert normal == pytest.approx(exact, abs=0.02)
    assert power(100_000, 0.05, 0.1, 0.05) == pytest.approx(1)


def test_more_true_gain_needs_fewer_items():
    needed = [required_n(-0.10, 0.3, 0.05, 0.8, drop=drop) for drop in (-0.2, -0.25, -0.3)]
    assert needed == sorted(needed, reverse=True)
    assert np.ptp(needed) > 0


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: power(0, 0.05, 0.1, 0.05), "at least one item"),
        (lambda: power(10, 0.05, 0.0, 0.05), "discordance is 0"),
        (lambda: power(10, 0.05, 0.1, 0.05, drop=0.2), "exceeds discordance"),
        (lambda: required_n(0.05, 0.1, 0.05, 80), "power is 80"),
        (lambda: required_n(0.05, 0.1, 0.05, 0.8, drop=0.05), "not below margin"),
        (lambda: floor_n(0.0, 0.05), "margin is 0"),
    ],
)
def test_impossible_arguments(call, says):
    with pytest.raises(GateError, match=says):
        call()
