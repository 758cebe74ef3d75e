"""One-sided confidence bounds: of the drop, of the gain, and of the rate of never events."""

import numpy as np
from scipy.special import ndtri

from governance.gate.checks import check_counts, check_open_fraction
from governance.gate.clopper_pearson import clopper_pearson_upper
from governance.gate.errors import GateError
from governance.gate.exact import EXACT_LIMIT, rejects_between, size_exceeds
from governance.gate.score import tango_z

_TOLERANCE = 1e-6
_SCAN_STEPS = 12


def drop_upper_bound(n: int, broken: int, fixed: int, alpha: float) -> float:
    """Return an upper 1 - `alpha` confidence bound of the true drop: every larger margin is rejected.

    The exact test is inverted. Its p-value is not monotone in the margin: it falls, and jumps where a tie lets another
    outcome into the rejection region. So the search walks *down* from well above the score interval's end by whole
    intervals of margins: one is passed only where every margin in it is rejected, and is halved where that is unsure.
    Of several crossings the largest counts, however narrow. Above `EXACT_LIMIT` items the bound is Clopper-Pearson's.

    Returns:
        A fraction in [-1, 1], at most 1e-6 above the crossing; negative proves a gain.

    Raises:
        GateError: counts or alpha are impossible.
    """
    check_counts(n, broken, fixed)
    check_open_fraction("alpha", alpha)
    if n > EXACT_LIMIT:
        return clopper_pearson_upper(n, broken, fixed, alpha)
    if broken == n:
        return 1.0
    start, step = _score_bound(n, broken, fixed, alpha)
    high = start + _SCAN_STEPS * step
    while not _rejects(n, broken, fixed, high, alpha):
        high += _SCAN_STEPS * step
    width = step
    while width > _TOLERANCE:
        if rejects_between(n, broken, fixed, high - width, high, alpha):
            high, width = high - width, min(2 * width, step)
        else:
            width /= 2
    return min(high, 1.0)


def gain_lower_bound(n: int, broken: int, fixed: int, alpha: float) -> float:
    """Return a lower 1 - `alpha` confidence bound of the true gain, p_c - p_b.

    Raises:
        GateError: counts or alpha are impossible.
    """
    return 0.0 - drop_upper_bound(n, broken, fixed, alpha)


def never_event_bound(n: int, alpha: float) -> float:
    """Return the upper 1 - `alpha` bound of a failure rate after no failure in `n` trials, 1 - α^(1/n).

    Raises:
        GateError: `n` is below 1 or alpha is not between 0 and 1.
    """
    if n < 1:
        raise GateError(f"n is {n}: a bound needs at least one must-pass item")
    check_open_fraction("alpha", alpha)
    return float(1 - alpha ** (1 / n))


def _rejects(n: int, broken: int, fixed: int, margin: float, alpha: float) -> bool:
    """Test one margin; no drop exceeds 1, and every drop reaches -1."""
    if not -1 < margin < 1:
        return margin >= 1
    return not size_exceeds(n, margin, float(tango_z(n, broken, fixed, margin)), alpha)


def _score_bound(n: int, broken: int, fixed: int, alpha: float) -> tuple[float, float]:
    """Return the end of Tango's score interval and a step of a tenth of a standard error."""
    low, high, z_alpha = -1.0, 1.0, float(ndtri(alpha))
    for _ in range(40):
        middle = (low + high) / 2
        if float(tango_z(n, broken, fixed, middle)) > z_alpha:
            low = middle
        else:
            high = middle
    spread = max((broken + fixed) / n - ((broken - fixed) / n) ** 2, 1 / n)
    return high, 0.1 * float(np.sqrt(spread / n))
