"""Tango's score statistic for a difference of paired proportions."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def tango_z(n: int, broken: ArrayLike, fixed: ArrayLike, margin: float) -> FloatArray:
    """Return how far the observed drop lies above `margin`, in standard errors under the null.

    Under the null p_b = q + margin and p_c = q, where q takes its constrained maximum-likelihood value, the
    larger root of 2n q² + ((2n - b + c) δ - (b + c)) q - c δ (1 - δ) = 0
    (T. Tango, Statistics in Medicine 1998;17:891-908).

    The variance vanishes only at margin 0 with nothing changed; there the observed drop equals the margin and
    the statistic is 0, its limit from both sides.

    Args:
        n: items in the suite.
        broken: right before, wrong now; any shape.
        fixed: wrong before, right now; same shape.
        margin: δ in (-1, 1); negative asks for a gain.

    Returns:
        z in the shape of the counts; large negative values speak against a drop of `margin`.
    """
    b, c = np.asarray(broken, dtype=np.float64), np.asarray(fixed, dtype=np.float64)
    linear = (2 * n - b + c) * margin - (b + c)
    constant = -c * margin * (1 - margin)
    q = (-linear + np.sqrt(np.maximum(linear**2 - 8 * n * constant, 0))) / (4 * n)
    variance = n * (2 * q + margin * (1 - margin))
    excess = b - c - n * margin
    known = variance > 1e-12
    return np.asarray(np.where(known, excess / np.sqrt(np.where(known, variance, 1)), 0.0))
