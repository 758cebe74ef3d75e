"""The figures of one suite: what changed, and what the test makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean

from governance.gate.betting import betting_drop_upper, betting_p_value
from governance.gate.bounds import drop_upper_bound
from governance.gate.exact import noninferiority_p_value
from governance.gate.pairing import Pair

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Figures:
    """Counts, accuracies and the test of one margin.

    Attributes:
        n: items.
        broken: items that were right, or better, before.
        fixed: items that are right, or better, now.
        graded: whether some score is neither 0 nor 1, or some patient has several items, so that the betting test
            took the exact test's place.
        clusters: patients, an item without one counting as its own; None where each has one item. Accuracies and the
            drop are then means over patients: items of one patient do not vouch for each other.
        worse: patients (or items) whose mean score fell.
        better: patients (or items) whose mean score rose.
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
    clusters: int | None
    worse: int
    better: int

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
    """Return the figures of paired scores.

    0/1 scores of independent items get the exact test; graded ones, and items clustered by patient, the betting test
    on each patient's mean.
    """
    n = len(pairs)
    broken = sum(pair.candidate < pair.incumbent for pair in pairs)
    fixed = sum(pair.candidate > pair.incumbent for pair in pairs)
    units = _by_patient(pairs)
    clustered = len(units) < n
    graded = clustered or any(score not in (0.0, 1.0) for unit in units for score in unit)
    if graded:
        changes = [candidate - incumbent for incumbent, candidate in units]
        p_value, upper = betting_p_value(changes, margin), betting_drop_upper(changes, alpha)
    else:
        p_value, upper = _exact(n, broken, fixed, margin, alpha)
    return Figures(
        n=n,
        broken=broken,
        fixed=fixed,
        incumbent_accuracy=sum(incumbent for incumbent, _ in units) / len(units),
        candidate_accuracy=sum(candidate for _, candidate in units) / len(units),
        margin=margin,
        alpha=alpha,
        p_value=p_value,
        drop_upper=upper,
        graded=graded,
        clusters=len(units) if clustered else None,
        worse=sum(candidate < incumbent for incumbent, candidate in units),
        better=sum(candidate > incumbent for incumbent, candidate in units),
    )


def _by_patient(pairs: Sequence[Pair]) -> list[tuple[float, float]]:
    """Return both models' mean score of each patient; an item that names none is its own."""
    found: dict[str | int, list[Pair]] = {}
    for number, pair in enumerate(pairs):
        found.setdefault(pair.patient if pair.patient is not None else number, []).append(pair)
    return [(fmean(pair.incumbent for pair in unit), fmean(pair.candidate for pair in unit)) for unit in found.values()]


@lru_cache(maxsize=1024)
def _exact(n: int, broken: int, fixed: int, margin: float, alpha: float) -> tuple[float, float]:
    return noninferiority_p_value(n, broken, fixed, margin), drop_upper_bound(n, broken, fixed, alpha)
