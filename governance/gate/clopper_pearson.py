"""The provable fallback: one Clopper-Pearson bound for each kind of change, joined by Bonferroni."""

from scipy.special import betainccinv, betaincinv

from governance.gate.checks import check_counts, check_margin, check_open_fraction


def clopper_pearson_upper(n: int, broken: int, fixed: int, alpha: float) -> float:
    """Return U = CPupper(broken, n; α/2) - CPlower(fixed, n; α/2), an upper 1 - α bound of the true drop.

    Each part is exact (Clopper and Pearson, Biometrika 1934;26:404-413) and errs with probability at most α/2, so
    the difference errs with probability at most α, whatever the dependence of the two.

    Raises:
        GateError: counts or alpha are impossible.
    """
    check_counts(n, broken, fixed)
    check_open_fraction("alpha", alpha)
    upper = 1.0 if broken == n else float(betainccinv(broken + 1, n - broken, alpha / 2))
    lower = 0.0 if fixed == 0 else float(betaincinv(fixed, n - fixed + 1, alpha / 2))
    return upper - lower


def clopper_pearson_p_value(n: int, broken: int, fixed: int, margin: float) -> float:
    """Return the smallest alpha at which `clopper_pearson_upper` is at most `margin`, from the upper side.

    Raises:
        GateError: counts or margin are impossible.
    """
    check_counts(n, broken, fixed)
    check_margin(margin)
    low, high = -300.0, 0.0
    for _ in range(60):
        exponent = (low + high) / 2
        if clopper_pearson_upper(n, broken, fixed, 10**exponent) <= margin:
            high = exponent
        else:
            low = exponent
    return float(10**high)
