"""The exact unconditional test of non-inferiority: the worst case over the nuisance parameter.

The rejection region {Z <= z} is described by one number per total m = b + c: the largest b that belongs to it.
This loses nothing. With q the constrained estimate, d = b - c and V = 2q + δ(1 - δ), raising b at fixed m raises
d - nδ and lowers V. For d >= nδ both raise Z. For d < nδ, dZ/dd > 0 amounts to
4nq² + 4nqδ(1-δ) + nδ²q + 1.5nδ²(1-δ) > dδ((1-δ)(1/2+δ) + q), and at the largest d = nδ the difference of
the two sides is still 4nq² + 4nqδ(1-δ) + nδ²(1-δ)². A negative margin follows by exchanging b and c.
So the sum over the trinomial needs one binomial tail per m, and no cell is left out.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrc, betainc, gammaln, xlog1py, xlogy

from governance.gate.checks import check_counts, check_margin
from governance.gate.clopper_pearson import clopper_pearson_p_value
from governance.gate.score import FloatArray, IntArray, tango_z

EXACT_LIMIT = 20_000
"""Above this number of items the provable Clopper-Pearson bound replaces the enumeration."""

_TIE = 1e-9
_WINDOW_SD = 6.0
_WINDOW_PAD = 30
_NEGLIGIBLE = 1e-14
_RECURRENCE_FROM, _RECURRENCE_ERROR = 500, 1e-12
_GRID_PER_ROOT_N, _MIN_GRID, _MAX_GRID = 4.0, 65, 161
_GRID_ERROR = 2e-6
_RIVAL = 0.9
_MAXIMA = 12
_ZOOMS = 3
_ZOOM_POINTS = 11


def region_boundary(n: int, margin: float, z: float) -> IntArray:
    """Return, for each total m = 0..n of changed items, the largest `broken` with Z <= z; -1 for none.

    Outcomes whose Z equals `z` up to rounding belong to the region.
    """
    z_tied = z + _TIE * max(1.0, abs(z))
    m = np.arange(n + 1)
    inside, outside = np.full(n + 1, -1), m + 1
    while bool((outside - inside > 1).any()):
        middle = np.maximum((inside + outside) // 2, 0)
        undecided = outside - inside > 1
        reject = tango_z(n, middle, m - middle, margin) <= z_tied
        inside = np.where(undecided & reject, middle, inside)
        outside = np.where(undecided & ~reject, middle, outside)
    return inside


def region_probability(n: int, boundary: IntArray, changed: FloatArray, broken_share: FloatArray) -> FloatArray:
    """Return Pr{(b, c) in the region} for trinomial outcomes.

    For each point, totals within 6 standard deviations (and 30 items) of their mean are enumerated; the mass of
    the totals left out is added, so the result is never too small (and probabilities below 1e-9 are too large).

    Args:
        n: items.
        boundary: shape (n + 1,), from `region_boundary`.
        changed: shape (Q,), p_b + p_c.
        broken_share: shape (Q,), p_b / (p_b + p_c).

    Returns:
        Shape (Q,).
    """
    spread = _WINDOW_SD * np.sqrt(n * changed * (1 - changed)) + _WINDOW_PAD
    low = np.floor(n * changed - spread).clip(0).astype(np.int64)
    high = np.ceil(n * changed + spread).clip(None, n).astype(np.int64)
    m_QW = low[:, None] + np.arange(int((high - low).max()) + 1)
    within = m_QW <= high[:, None]
    m_QW = np.minimum(m_QW, n)
    pmf_QW = np.where(within, _binomial_pmf(n, changed[:, None], m_QW), 0.0)
    if n > _RECURRENCE_FROM:
        tail_QW = _tails_by_recurrence(n, boundary, m_QW, broken_share)
    else:
        tail_QW = _binomial_cdf(boundary[m_QW], m_QW, broken_share[:, None], pmf_QW > _NEGLIGIBLE)
    omitted = np.where(low > 0, bdtr(low - 1.0, n, changed), 0.0)
    omitted += np.where(high < n, bdtrc(high * 1.0, n, changed), 0.0)
    return np.asarray(np.minimum((pmf_QW * tail_QW).sum(axis=1) + omitted, 1.0))


def region_size(n: int, margin: float, z: float) -> float:
    """Return sup over q of Pr{Z <= z | p_b = q + margin, p_c = q}: the size of the test that rejects at `z`.

    The grid is uniform in u, where q = q_min + (q_max - q_min) sin²u, so that it is as fine as the binomial's own
    resolution at both ends. Several local maxima are then refined, not only the highest: a neighbour may win. What
    grids ten to forty times as dense find beyond that is below one part in a million; two are added.
    """
    return _supremum(n, margin, region_boundary(n, margin, z), stop_above=1.0, stop_below=0.0)


def size_exceeds(n: int, margin: float, z: float, alpha: float) -> bool:
    """Return whether `region_size` is above alpha, refining the grid only where that could change the answer."""
    boundary = region_boundary(n, margin, z)
    return _supremum(n, margin, boundary, stop_above=alpha, stop_below=_RIVAL * alpha) > alpha


def rejects_between(n: int, broken: int, fixed: int, low: float, high: float, alpha: float) -> bool:
    """Return whether every margin from `low` to `high` is surely rejected; False says nothing certain.

    The region of any margin between is taken to lie within those of both ends together. Of a fixed region the
    probability falls with the drop, so its size at `low` bounds the p-value of each margin.
    """
    if low >= 1:
        return True
    if low <= -1:
        return False
    ends = (low, min(high, 1 - _TIE))
    below, above = (region_boundary(n, end, float(tango_z(n, broken, fixed, end))) for end in ends)
    return _supremum(n, low, np.maximum(below, above), stop_above=alpha, stop_below=_RIVAL * alpha) <= alpha


def exact_p_value(n: int, broken: int, fixed: int, margin: float) -> float:
    """Return the exact unconditional p-value; the caller has checked the arguments."""
    return region_size(n, margin, float(tango_z(n, broken, fixed, margin)))


def noninferiority_p_value(n: int, broken: int, fixed: int, margin: float) -> float:
    """Return the p-value against the null that the true drop is `margin` or more.

    The exact unconditional test on Tango's score statistic; above `EXACT_LIMIT` items the p-value that belongs to
    the Clopper-Pearson bound, which is valid and somewhat larger.

    Args:
        n: items in the suite.
        broken: right before, wrong now.
        fixed: wrong before, right now.
        margin: the largest tolerated drop, a fraction in (-1, 1); a negative margin asks for a proven gain.

    Raises:
        GateError: counts or margin are impossible.
    """
    check_counts(n, broken, fixed)
    check_margin(margin)
    if n > EXACT_LIMIT:
        return clopper_pearson_p_value(n, broken, fixed, margin)
    return exact_p_value(n, broken, fixed, margin)


def _supremum(n: int, margin: float, boundary: IntArray, stop_above: float, stop_below: float) -> float:
    """Maximise over the grid; stop once above `stop_above`, or if the coarse grid stays below `stop_below`."""
    u = np.linspace(0, np.pi / 2, min(max(_MIN_GRID, int(_GRID_PER_ROOT_N * np.sqrt(n))), _MAX_GRID))
    value = _null_probability(n, margin, boundary, u)
    best, step = float(value.max()), float(u[1] - u[0])
    centres = u[_rival_maxima(value)]
    if best < stop_below:
        return best
    for _ in range(_ZOOMS):
        if best > stop_above:
            break
        fine_KP = (centres[:, None] + np.linspace(-step, step, _ZOOM_POINTS)).clip(0, np.pi / 2)
        value_KP = _null_probability(n, margin, boundary, fine_KP.ravel()).reshape(fine_KP.shape)
        best = max(best, float(value_KP.max()))
        centres = np.take_along_axis(fine_KP, value_KP.argmax(axis=1)[:, None], axis=1)[:, 0]
        step *= 2 / (_ZOOM_POINTS - 1)
    return min(1.0, best * (1 + _GRID_ERROR))


def _null_probability(n: int, margin: float, boundary: IntArray, u: FloatArray) -> FloatArray:
    q_min, q_max = max(0.0, -margin), (1 - margin) / 2
    q = q_min + (q_max - q_min) * np.sin(u) ** 2
    changed = (2 * q + margin).clip(0, 1)
    share = np.where(changed > 0, (q + margin) / np.where(changed > 0, changed, 1), 0.5).clip(0, 1)
    return region_probability(n, boundary, changed, share)


def _rival_maxima(value: FloatArray) -> NDArray[np.intp]:
    """Return the local maxima that a refinement could lift above the highest grid point, best first."""
    edge = np.array([-1.0])
    left, right = np.concatenate([edge, value[:-1]]), np.concatenate([value[1:], edge])
    peaks = np.flatnonzero((value >= left) & (value >= right) & (value >= _RIVAL * value.max()))
    return peaks[np.argsort(-value[peaks])][:_MAXIMA]


def _binomial_pmf(n: int, p: FloatArray, k: IntArray) -> FloatArray:
    log_factorial = gammaln(np.arange(n + 1) + 1.0)
    log_choose = (log_factorial[n] - log_factorial - log_factorial[::-1])[k]
    return np.asarray(np.exp(log_choose + xlogy(k, p) + xlog1py(n - k, -p)))


def _binomial_cdf(k: IntArray, n: IntArray, p: FloatArray, wanted: NDArray[np.bool_]) -> FloatArray:
    """Return Pr{X <= k} for k from -1 to n where `wanted`; elsewhere an upper bound of it."""
    cdf = np.where(k < 0, 0.0, 1.0)
    open_cells = wanted & (k >= 0) & (k < n)
    k_open, n_open = k[open_cells], n[open_cells]
    cdf[open_cells] = betainc(n_open - k_open, k_open + 1, 1 - np.broadcast_to(p, k.shape)[open_cells])
    return cdf


def _tails_by_recurrence(n: int, boundary: IntArray, m_QW: IntArray, broken_share: FloatArray) -> FloatArray:
    """Return Pr{Bin(m, share) <= boundary[m]} along rows of consecutive m, never too small.

    As Z grows with `broken` and falls with `fixed`, the boundary rises by 0 or 1 when m does. So with X_m binomial
    and k = boundary[m], the tail changes by -p Pr{X_m = k} or by (1 - p) Pr{X_m = k + 1}: one term for each m, where
    an incomplete beta function would cost five times as much. Rounding adds up to less than 1e-13; 1e-12 is added.
    """
    m, rise = np.arange(n + 1), np.append(np.diff(boundary), 0)
    hit = boundary + rise
    possible = (hit >= 0) & (hit <= m)
    hit = np.where(possible, hit, 0)
    log_factorial = gammaln(m + 1.0)
    ways = np.where(possible, log_factorial - log_factorial[hit] - log_factorial[m - hit], -np.inf)
    p = broken_share.clip(1e-300, 1 - 1e-16)[:, None]
    term_QW = np.exp(ways[m_QW] + hit[m_QW] * np.log(p) + (m - hit)[m_QW] * np.log1p(-p))
    change_QW = np.where(rise[m_QW] > 0, 1 - p, -p) * term_QW
    first_Q1 = _binomial_cdf(boundary[m_QW[:, :1]], m_QW[:, :1], broken_share[:, None], np.ones(1, dtype=bool))
    tail_QW = first_Q1 + np.cumsum(change_QW, axis=1) - change_QW
    return np.asarray((tail_QW + _RECURRENCE_ERROR).clip(0, 1))
