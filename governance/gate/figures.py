"""The figures of one suite: what changed, and what the test makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from governance.gate.betting import betting_drop_upper, betting_p_value
from governance.gate.bounds import drop_upper_bound
from governance.gate.exact import noninferiority_p_value
from governance.gate.pairing import Pair

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Figures:
    """Counts, accuracies and the test of one margin.

    Attributes:
        graded: whether some score is neither 0 nor 1, so that the betting test took the exact test's place.
        passes: whether the test rejects: p-value at most alpha, and the bound at most the margin.
    """

    n: int
    broken: int
    fixed: int
    incumbent_accuracy: float
    candidate_accuracy: float
    margin: float
    alpha: float
    p_value: float
    drop_upper: float
    graded: bool

    @property
    def drop(self) -> float:
        """Incumbent minus candidate accuracy; negative is a gain."""
        if self.graded:
            return self.incumbent_accuracy - self.candidate_accuracy
        return (self.broken - self.fixed) / self.n

    @property
    def discordance(self) -> float:
        """The share of items whose score changed."""
        return (self.broken + self.fixed) / self.n

    @property
    def passes(self) -> bool:
        """Whether a true drop above the margin is ruled out."""
        return self.p_value <= self.alpha and self.drop_upper <= self.margin

    @property
    def beyond_margin(self) -> bool:
        """Whether the observed drop exceeds the margin; rounding in the last digit does not count."""
        return self.drop > self.margin + _ROUNDING


def measure(pairs: Sequence[Pair], margin: float, alpha: float) -> Figures:
    """Return the figures of paired scores; 0/1 scores get the exact test, graded ones the betting test."""
    n = len(pairs)
    broken = sum(pair.candidate < pair.incumbent for pair in pairs)
    fixed = sum(pair.candidate > pair.incumbent for pair in pairs)
    graded = any(score not in (0.0, 1.0) for pair in pairs for score in (pair.incumbent, pair.candidate))
    if graded:
        changes = [pair.candidate - pair.incumbent for pair in pairs]
        p_value, upper = betting_p_value(changes, margin), betting_drop_upper(changes, alpha)
    else:
        p_value, upper = _exact(n, broken, fixed, margin, alpha)
    return Figures(
        n=n,
        broken=broken,
        fixed=fixed,
        incumbent_accuracy=sum(pair.incumbent for pair in pairs) / n,
        candidate_accuracy=sum(pair.candidate for pair in pairs) / n,
        margin=margin,
        alpha=alpha,
        p_value=p_value,
        drop_upper=upper,
        graded=graded,
    )


@lru_cache(maxsize=1024)
def _exact(n: int, broken: int, fixed: int, margin: float, alpha: float) -> tuple[float, float]:
    return noninferiority_p_value(n, broken, fixed, margin), drop_upper_bound(n, broken, fixed, alpha)
