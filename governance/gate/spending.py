"""The error that an attempt may spend when sealed suites serve more than once."""

from governance.gate.checks import check_open_fraction
from governance.gate.errors import GateError


def spent_alpha(alpha: float, attempt: int) -> float:
    """Return α / (k(k + 1)), the error of attempt k; over all attempts these add up to α.

    The first attempt already gets half of it: 0.025 where the policy says 0.05. That is the price of knowing that
    however often the same sealed suites are used, an unsafe update passes with probability at most α.

    Raises:
        GateError: alpha is not between 0 and 1, or the attempt is below 1.
    """
    check_open_fraction("alpha", alpha)
    if attempt < 1:
        raise GateError(f"attempt is {attempt}: the first attempt is number 1")
    return alpha / (attempt * (attempt + 1))
