"""What the statistics ask of their arguments."""

from governance.gate.errors import GateError


def check_counts(n: int, broken: int, fixed: int) -> None:
    """Refuse counts that no paired suite can have.

    Raises:
        GateError: `n` is below 1, a count is negative, or more items changed than there are.
    """
    if n < 1:
        raise GateError(f"n is {n}: a suite needs at least one item")
    if broken < 0 or fixed < 0 or broken + fixed > n:
        raise GateError(f"broken={broken}, fixed={fixed}: counts must be 0 or more and add up to at most n={n}")


def check_margin(margin: float) -> None:
    """Refuse a margin that is not a fraction strictly between -1 and 1.

    Raises:
        GateError: with the hint that points must be divided by 100.
    """
    if not -1 < margin < 1:
        raise GateError(f"margin is {margin:g}: give a fraction between -1 and 1 (5 points are 0.05)")


def check_open_fraction(name: str, value: float) -> None:
    """Refuse a value that is not strictly between 0 and 1.

    Raises:
        GateError: naming the argument.
    """
    if not 0 < value < 1:
        raise GateError(f"{name} is {value:g}: give a fraction between 0 and 1, both excluded")
