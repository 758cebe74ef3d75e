"""How figures read in a sentence."""

from collections.abc import Sequence


def points(fraction: float) -> str:
    """Return a difference of accuracies in points: `2.5 points` for 0.025."""
    number = f"{100 * fraction:.1f}".removesuffix(".0")
    number = "0" if number == "-0" else number
    return f"{number} point" if number == "1" else f"{number} points"


def percent(fraction: float) -> str:
    """Return a share in percent with at most one decimal."""
    return f"{100 * fraction:.1f}".removesuffix(".0") + "%"


def certainty(alpha: float) -> str:
    """Return 1 - alpha in percent, with as many decimals as it takes: `97.5%`, `99.988%`."""
    return f"{100 * (1 - alpha):.3f}".rstrip("0").rstrip(".") + "%"


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return names for a sentence; beyond `most` only how many more there are."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def count(number: int, thing: str) -> str:
    """Return a number with its noun: `1 item`, `3 items`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
