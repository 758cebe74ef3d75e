"""The test for graded scores: betting against the null, valid at every sample size."""

from collections.abc import Sequence

import numpy as np
from scipy.special import logsumexp

from governance.gate.checks import check_margin, check_open_fraction
from governance.gate.errors import GateError
from governance.gate.score import FloatArray

_STAKES = np.linspace(0.0, 1.0, 101)
_TOLERANCE = 1e-6


def betting_p_value(differences: Sequence[float], margin: float) -> float:
    """Return a p-value against the null that the mean score fell by `margin` or more.

    X = (d + 1) / 2 lies in [0, 1] and has mean at most m = (1 - δ) / 2 under the null, so each wealth
    Π(1 + λ(X - m)) with λ in [0, 1/m] is a non-negative supermartingale that starts at 1, and so is their mean W
    over a grid of λ; p = min(1, 1/W) by Markov's inequality
    (I. Waudby-Smith and A. Ramdas, J. R. Stat. Soc. B 2024;86:1-27).

    Args:
        differences: candidate minus incumbent, one for each independent unit, in [-1, 1].
        margin: the largest tolerated drop, in (-1, 1).

    Raises:
        GateError: there are no differences, one lies outside [-1, 1], or the margin is impossible.
    """
    check_margin(margin)
    return _p_value(_unit_scores(differences), margin)


def betting_drop_upper(differences: Sequence[float], alpha: float) -> float:
    """Return the upper 1 - `alpha` bound of the true fall of the mean score; wealth grows with the margin.

    Raises:
        GateError: as `betting_p_value`, or alpha is not between 0 and 1.
    """
    check_open_fraction("alpha", alpha)
    x = _unit_scores(differences)
    low, high = -1.0, 1.0
    while high - low > _TOLERANCE:
        middle = (low + high) / 2
        if _p_value(x, middle) <= alpha:
            high = middle
        else:
            low = middle
    return high


def _unit_scores(differences: Sequence[float]) -> FloatArray:
    d = np.asarray(differences, dtype=np.float64)
    if not d.size or not bool((np.abs(d) <= 1).all()):
        raise GateError("differences: give at least one, each between -1 and 1 (candidate minus incumbent)")
    return np.asarray((d + 1) / 2)


def _p_value(x: FloatArray, margin: float) -> float:
    mean = (1 - margin) / 2
    with np.errstate(divide="ignore"):
        log_wealth = np.log1p(_STAKES[:, None] * (x / mean - 1)).sum(axis=1)
    return float(min(1.0, np.exp(-logsumexp(log_wealth) + np.log(len(_STAKES)))))
