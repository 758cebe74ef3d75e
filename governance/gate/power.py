"""How likely a suite is to pass when nothing is wrong, and how many items that takes."""

from functools import lru_cache

import numpy as np
from scipy.special import ndtr, ndtri

from governance.gate.checks import check_margin, check_open_fraction
from governance.gate.errors import GateError
from governance.gate.exact import region_boundary, region_probability, size_exceeds
from governance.gate.score import IntArray

EXACT_POWER_LIMIT = 2_000
"""Above this number of items power and needed items come from the normal approximation, good to a few percent."""

_Z_TOLERANCE = 1e-5
_LATTICE = 4


def power(n: int, margin: float, discordance: float, alpha: float, *, drop: float = 0.0) -> float:
    """Return the probability that the exact test rejects `margin` when the true drop is `drop`.

    Exact over the trinomial with p_b = (discordance + drop) / 2 and p_c = (discordance - drop) / 2; above
    `EXACT_POWER_LIMIT` items by the normal approximation.

    Args:
        n: items in the suite.
        margin: the largest tolerated drop.
        discordance: planned share of items on which the two models differ, p_b + p_c.
        alpha: one-sided error of the test.
        drop: the true drop; 0 is an update that neither harms nor helps.

    Raises:
        GateError: an argument is out of its range.
    """
    _check(margin, discordance, alpha, drop)
    if n < 1:
        raise GateError(f"n is {n}: a suite needs at least one item")
    return _chance_to_reject(n, margin, discordance, alpha, drop)


def floor_n(margin: float, alpha: float) -> int:
    """Return the fewest items with which a suite on which *nothing changed* can pass: (1 - margin)^n <= alpha.

    Raises:
        GateError: the margin is not between 0 and 1, or alpha is not.
    """
    check_open_fraction("margin", margin)
    check_open_fraction("alpha", alpha)
    n = int(np.ceil(np.log(alpha) / np.log1p(-margin) - 1e-9))
    return max(n, 1)


@lru_cache(maxsize=1024)
def required_n(margin: float, discordance: float, alpha: float, power: float, *, drop: float = 0.0) -> int:
    """Return how many items give the test the power asked for.

    Exact power is a saw-tooth in n, so single steps mean little: the sizes looked at are every fourth one up from
    the floor (above 500 steps of about 1.5 percent). The search starts at the normal approximation
    n = (z_α + z_β)² (discordance - drop²) / (margin - drop)², walks down while the power suffices, then up until
    it does: the size returned was verified by enumeration. Above `EXACT_POWER_LIMIT` the approximation is returned
    as it is.

    Raises:
        GateError: an argument is out of its range, or the true drop lies at or above the margin.
    """
    _check(margin, discordance, alpha, drop)
    check_open_fraction("power", power)
    if drop >= margin:
        raise GateError(f"drop {drop:g} is not below margin {margin:g}: no number of items can prove it")
    spread = (ndtri(alpha) + ndtri(1 - power)) ** 2 * (discordance - drop**2)
    about = int(np.ceil(spread / (margin - drop) ** 2))
    if about > EXACT_POWER_LIMIT:
        return about
    origin = floor_n(margin, alpha) if margin > 0 else 1
    step = _LATTICE * max(1, about // 250)
    n = origin + step * max(0, (about - origin) // step)
    while n - step >= origin and _chance_to_reject(n, margin, discordance, alpha, drop) >= power:
        n -= step
    while _chance_to_reject(n, margin, discordance, alpha, drop) < power:
        n += step
    return n


def _chance_to_reject(n: int, margin: float, discordance: float, alpha: float, drop: float) -> float:
    if n > EXACT_POWER_LIMIT:
        spread = max(discordance - drop**2, 1e-12)
        return float(ndtr((margin - drop) * np.sqrt(n / spread) + ndtri(alpha)))
    boundary = _rejection_region(n, margin, alpha)
    share = np.array([(discordance + drop) / (2 * discordance)])
    return float(region_probability(n, boundary, np.array([discordance]), share)[0])


@lru_cache(maxsize=512)
def _rejection_region(n: int, margin: float, alpha: float) -> IntArray:
    """Return the boundary of the largest region {Z <= z} whose size is at most alpha."""
    start = float(ndtri(alpha))
    inside, outside = start - 0.05, start + 0.05
    while size_exceeds(n, margin, inside, alpha):
        inside, outside = inside - 4 * (start - inside), inside
    while not size_exceeds(n, margin, outside, alpha):
        inside, outside = outside, outside + 4 * (outside - start)
    while outside - inside > _Z_TOLERANCE:
        middle = (inside + outside) / 2
        if size_exceeds(n, margin, middle, alpha):
            outside = middle
        else:
            inside = middle
    boundary = region_boundary(n, margin, inside)
    boundary.setflags(write=False)
    return boundary


def _check(margin: float, discordance: float, alpha: float, drop: float) -> None:
    check_margin(margin)
    check_open_fraction("alpha", alpha)
    if not 0 < discordance <= 1:
        raise GateError(f"discordance is {discordance:g}: give the share of items that change, above 0 up to 1")
    if abs(drop) > discordance:
        raise GateError(f"drop {drop:g} exceeds discordance {discordance:g}: no model can lose more than changes")
