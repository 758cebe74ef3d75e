"""Which suites got worse at all: the exact McNemar test and Holm's correction."""

from collections.abc import Sequence

from scipy.special import bdtrc

from governance.gate.checks import check_counts


def mcnemar_p_value(broken: int, fixed: int) -> float:
    """Return the exact one-sided p-value against "as many were fixed as broken": Pr{Bin(b + c, 1/2) >= b}.

    A small value says the suite got worse. It says nothing about how much, and a large value proves no safety
    (Q. McNemar, Psychometrika 1947;12:153-157).

    Raises:
        GateError: a count is negative.
    """
    check_counts(max(broken + fixed, 1), broken, fixed)
    return float(bdtrc(broken - 1, broken + fixed, 0.5)) if broken else 1.0


def holm(p_values: Sequence[float], alpha: float) -> tuple[bool, ...]:
    """Return which hypotheses fall under Holm's step-down rule; family-wise error at most `alpha`.

    S. Holm, Scandinavian Journal of Statistics 1979;6:65-70.
    """
    rejected = [False] * len(p_values)
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[index] > alpha / (len(p_values) - rank):
            break
        rejected[index] = True
    return tuple(rejected)
