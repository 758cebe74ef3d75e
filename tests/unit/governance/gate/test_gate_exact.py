"""The exact test against a reference that enumerates every outcome."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.gate import GateError, noninferiority_p_value
from governance.gate.exact import region_boundary
from governance.gate.power import _rejection_region
from governance.gate.score import tango_z

MARGINS = st.sampled_from([0.02, 0.05, 0.1, 0.3, -0.05, -0.1, 0.0])


@st.composite
def outcomes(draw, largest=14):
    n = draw(st.integers(1, largest))
    broken = draw(st.integers(0, n))
    return n, broken, draw(st.integers(0, n - broken))


def likelihood_root(n, b, c, margin):
    """The constrained estimate by brute force: the q that maximises the likelihood."""
    q = np.linspace(max(0, -margin), (1 - margin) / 2, 200_001)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = [(b, q + margin), (c, q), (n - b - c, 1 - 2 * q - margin)]
        total = sum(np.where(k > 0, k * np.log(np.maximum(p, 0)), 0) for k, p in terms)
    return float(q[np.nanargmax(total)])


def reference_p_value(n, broken, fixed, margin, points=4001):
    """Sum the trinomial over all (b, c) with Z <= z, on a dense grid of q."""
    z = float(tango_z(n, broken, fixed, margin))
    q = np.linspace(max(0.0, -margin), (1 - margin) / 2, points)
    total = np.zeros(points)
    for b in range(n + 1):
        for c in range(n + 1 - b):
            if float(tango_z(n, b, c, margin)) <= z + 1e-9 * max(1, abs(z)):
                ways = comb(n, b) * comb(n - b, c)
                total += ways * (q + margin).clip(0) ** b * q**c * (1 - 2 * q - margin).clip(0) ** (n - b - c)
    return float(total.max())


@given(outcomes(), MARGINS)
@settings(max_examples=60, deadline=None)
def test_p_value_is_the_supremum_over_all_outcomes(outcome, margin):
    expected = reference_p_value(*outcome, margin)
    found = noninferiority_p_value(*outcome, margin)
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-12)
    assert found >= min(1.0, expected) * (1 - 1e-9)


@pytest.mark.parametrize(
    ("n", "b", "c", "margin"), [(40, 3, 2, 0.05), (25, 0, 4, 0.1), (60, 9, 1, -0.1), (30, 5, 5, 0.2)]
)
def test_z_uses_the_constrained_maximum_of_the_likelihood(n, b, c, margin):
    q = likelihood_root(n, b, c, margin)
    expected = (b - c - n * margin) / np.sqrt(n * (2 * q + margin * (1 - margin)))
    assert float(tango_z(n, b, c, margin)) == pytest.approx(expected, abs=1e-3)


def test_z_is_zero_where_its_variance_vanishes():
    assert float(tango_z(20, 0, 0, 0.0)) == 0
    assert noninferiority_p_value(20, 0, 0, 0.0) == 1


@pytest.mark.parametrize("n", [5, 17, 40])
@pytest.mark.parametrize("margin", [0.02, 0.05, 0.2, -0.1, 0.0])
def test_region_boundary_keeps_every_outcome(n, margin):
    b, c = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    possible = b + c <= n
    z = np.where(possible, tango_z(n, b, np.minimum(c, n - b), margin), np.inf)
    for limit in (-3.0, -1.645, -0.5, float(z[2, 1])):
        boundary = region_boundary(n, margin, limit)
        by_boundary = possible & (b <= boundary[np.minimum(b + c, n)])
        assert (by_boundary == (z <= limit + 1e-9 * max(1, abs(limit)))).all()


@pytest.mark.parametrize("margin", [0.01, 0.05, 0.1, 0.3, -0.05, -0.2, 0.0])
def test_z_orders_outcomes_so_that_the_boundary_is_the_worst_null(margin):
    """More broken never lowers Z and more fixed never raises it: size is then largest at a drop of the margin."""
    for n in (3, 10, 33, 60):
        b, c = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
        z = np.where(b + c <= n, tango_z(n, b, np.minimum(c, n - b), margin), np.nan)
        with np.errstate(invalid="ignore"):
            assert not (np.diff(z, axis=0) < -1e-9).any()
            assert not (np.diff(z, axis=1) > 1e-9).any()


@given(outcomes(largest=80), st.sampled_from([0.02, 0.05, 0.1]))
@settings(max_examples=40, deadline=None)
def test_p_value_grows_with_broken_and_falls_with_fixed(outcome, margin):
    n, broken, fixed = outcome
    p = noninferiority_p_value(n, broken, fixed, margin)
    if broken + fixed < n:
        assert noninferiority_p_value(n, broken + 1, fixed, margin) >= p * (1 - 1e-5)
        assert noninferiority_p_value(n, broken, fixed + 1, margin) <= p * (1 + 1e-5)


@pytest.mark.parametrize("n", [10, 25, 60, 100, 200, 400])
@pytest.mark.parametrize("margin", [0.02, 0.05, 0.1])
def test_exact_size_at_the_null_boundary_keeps_alpha(n, margin):
    """Take the largest region the gate accepts; sum the trinomial over it on an independent grid of nuisances."""
    boundary = _rejection_region(n, margin, 0.05)
    b, c = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    reject = (b + c <= n) & (b <= boundary[np.minimum(b + c, n)])
    b, c = b[reject], c[reject]
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    ways = log_factorial[n] - log_factorial[b] - log_factorial[c] - log_factorial[n - b - c]
    for q in np.linspace(1e-6, (1 - margin) / 2 - 1e-6, 97):
        log_p = ways + b * np.log(q + margin) + c * np.log(q) + (n - b - c) * np.log(1 - 2 * q - margin)
        assert np.exp(log_p).sum() <= 0.05


@pytest.mark.parametrize("margin", [0.02, 0.05, 0.1, -0.1, 0.0])
def test_the_boundary_rises_by_one_or_not_at_all(margin):
    """What the recurrence over totals rests on."""
    for n in (7, 61, 400, 2_500):
        for z in (-4.0, -1.96, -1.645, -0.3, 0.4):
            assert set(np.diff(region_boundary(n, margin, z))) <= {0, 1}


@pytest.mark.parametrize(
    ("n", "b", "c", "margin"),
    [(30, 0, 0, 0.1), (120, 4, 3, 0.05), (400, 20, 18, 0.05), (400, 0, 0, 0.02), (900, 40, 60, -0.02), (900, 9, 9, 0)],
)
def test_the_recurrence_gives_the_tails_of_the_incomplete_beta_function(n, b, c, margin, monkeypatch):
    monkeypatch.setattr("governance.gate.exact._RECURRENCE_FROM", 10_000)
    expected = noninferiority_p_value(n, b, c, margin)
    monkeypatch.setattr("governance.gate.exact._RECURRENCE_FROM", 0)
    found = noninferiority_p_value(n, b, c, margin)
    assert expected * (1 - 1e-9) <= found <= expected * (1 + 1e-9) + 3e-12


@pytest.mark.parametrize("n", [10, 30, 59, 100, 200, 400])
@pytest.mark.parametrize("margin", [0.02, 0.05, 0.1])
def test_simulated_false_passes_at_the_margin_stay_within_alpha(n, margin):
    """Draw suites whose true drop is the margin, at nuisances from none to all; five standard errors of room."""
    draws, alpha = 20_000, 0.05
    boundary, dice = _rejection_region(n, margin, alpha), np.random.default_rng((n, int(100 * margin)))
    for q in np.linspace(0, (1 - margin) / 2, 12):
        outcomes = dice.multinomial(n, [q + margin, q, max(0.0, 1 - 2 * q - margin)], size=draws)
        b, c = outcomes[:, 0], outcomes[:, 1]
        assert (b <= boundary[b + c]).mean() <= alpha + 5 * np.sqrt(alpha * (1 - alpha) / draws)


@pytest.mark.parametrize(("n", "margin"), [(40, 0.1), (120, 0.05)])
def test_the_region_is_where_the_p_value_is_at_most_alpha(n, margin):
    boundary = _rejection_region(n, margin, 0.05)
    for m in range(0, n // 3):
        last = int(boundary[m])
        if last >= 0:
            assert noninferiority_p_value(n, last, m - last, margin) <= 0.05
        if last + 1 <= m:
            assert noninferiority_p_value(n, last + 1, m - last - 1, margin) > 0.05


def test_nothing_changed_in_a_hundred_items():
    """Outcomes with equal or smaller Z count too, so p exceeds the naive 0.95^n."""
    assert noninferiority_p_value(59, 0, 0, 0.05) == pytest.approx(0.95**59, rel=1e-5)
    assert noninferiority_p_value(100, 0, 0, 0.05) == pytest.approx(0.013783, rel=1e-4)


@pytest.mark.parametrize(
    ("n", "b", "c", "margin"),
    [
        (41, 1, 3, 0.1),
        (161, 3, 3, 0.05),
        (304, 9, 7, 0.04),
        (304, 8, 60, -0.1),
        (1000, 40, 30, 0.04),
        pytest.param(5000, 300, 330, 0.01, marks=pytest.mark.slow),
    ],
)
def test_the_grid_does_not_miss_the_supremum(n, b, c, margin, monkeypatch):
    quick = noninferiority_p_value(n, b, c, margin)
    for name, value in (("_MIN_GRID", 3001), ("_MAX_GRID", 3001), ("_MAXIMA", 40), ("_RIVAL", 0.5)):
        monkeypatch.setattr(f"governance.gate.exact.{name}", value)
    assert quick >= noninferiority_p_value(n, b, c, margin) / (1 + 2e-6)


def test_the_omitted_tail_is_added(monkeypatch):
    whole = noninferiority_p_value(400, 20, 18, 0.05)
    monkeypatch.setattr("governance.gate.exact._WINDOW_SD", 1.0)
    monkeypatch.setattr("governance.gate.exact._WINDOW_PAD", 0)
    assert noninferiority_p_value(400, 20, 18, 0.05) > whole


def test_beyond_the_limit_the_provable_bound_takes_over(monkeypatch):
    exact = noninferiority_p_value(500, 12, 8, 0.05)
    monkeypatch.setattr("governance.gate.exact.EXACT_LIMIT", 499)
    assert exact < noninferiority_p_value(500, 12, 8, 0.05) < 0.05


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((0, 0, 0, 0.05), "at least one item"),
        ((10, -1, 0, 0.05), "counts must be 0 or more"),
        ((10, 6, 5, 0.05), "at most n=10"),
        ((10, 1, 0, 5), "5 points are 0.05"),
        ((10, 1, 0, -1.0), "between -1 and 1"),
    ],
)
def test_impossible_arguments_get_one_clear_line(arguments, says):
    with pytest.raises(GateError, match=says) as caught:
        noninferiority_p_value(*arguments)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ValueError)
