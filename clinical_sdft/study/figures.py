"""From stage results to the figures of the study: accuracies, forgetting with its bound, backward transfer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np
from numpy.typing import NDArray

from clinical_sdft.study.contracts import StageResult, SuiteKind
from governance.gate import drop_upper_bound

ALPHA = 0.05
RESAMPLES = 10_000


@dataclass(frozen=True)
class ChainFigures:
    """One finished chain. Accuracies and drops are fractions, positive drops are losses."""

    data: str
    arm: str
    seed: int
    new: float
    prior_before: float
    prior_after: float
    drop_upper: float
    backward_transfer: float | None
    flips: float | None
    stays: float | None
    stays_before: float | None
    habit_before: float
    habit_after: float
    reply_words: float
    kl_nats: float
    seconds: float
    flops: float

    @property
    def drop(self) -> float:
        """Return the loss of prior accuracy."""
        return self.prior_before - self.prior_after


def chains(results: Iterable[StageResult]) -> dict[tuple[str, str, int], list[StageResult]]:
    """Return the results by data, arm and seed, stages in order."""
    grouped: dict[tuple[str, str, int], list[StageResult]] = {}
    for result in sorted(results, key=lambda item: item.stage):
        grouped.setdefault((result.data, result.arm, result.seed), []).append(result)
    return grouped


def chain_figures(stages: Sequence[StageResult]) -> ChainFigures:
    """Return the figures of a chain from its start and its later stages."""
    start, last = stages[0], stages[-1]
    before, after = answers(start, "prior"), answers(last, "prior")
    broken = sum(a > b for a, b in zip(before, after, strict=True))
    fixed = sum(a < b for a, b in zip(before, after, strict=True))
    flips, stays = answers(last, "flips"), answers(last, "stays")
    new = answers(last, "taught") or flips
    return ChainFigures(
        data=last.data,
        arm=last.arm,
        seed=last.seed,
        new=mean(new),
        prior_before=mean(before),
        prior_after=mean(after),
        drop_upper=drop_upper_bound(len(before), broken, fixed, ALPHA),
        backward_transfer=backward_transfer(stages),
        flips=mean(flips) if flips else None,
        stays=mean(stays) if stays else None,
        stays_before=mean(answers(start, "stays")) if stays else None,
        habit_before=start.habit_rate,
        habit_after=last.habit_rate,
        reply_words=last.reply_words,
        kl_nats=last.kl_nats or 0.0,
        seconds=sum(stage.seconds for stage in stages),
        flops=sum(stage.flops for stage in stages),
    )


def answers(result: StageResult, kind: SuiteKind) -> list[int]:
    """Return 1 or 0 for each item of all suites of a kind, in their order."""
    return [int(digit) for suite in result.suites if suite.kind == kind for digit in suite.right]


def backward_transfer(stages: Sequence[StageResult]) -> float | None:
    """Return the mean change of a taught suite from its own stage to the end; None where no later stage follows.

    BWT of Lopez-Paz and Ranzato, *Gradient Episodic Memory for Continual Learning*, 2017, equation 3.
    """
    first_seen: dict[str, float] = {}
    for stage in stages[1:]:
        for suite in stage.suites:
            if suite.kind == "taught":
                first_seen.setdefault(suite.suite, suite.correct / suite.n)
    own_last = {suite.suite for suite in stages[-1].suites} - {
        suite.suite for stage in stages[1:-1] for suite in stage.suites
    }
    changes = [
        suite.correct / suite.n - first_seen[suite.suite]
        for suite in stages[-1].suites
        if suite.kind == "taught" and suite.suite not in own_last
    ]
    return mean(changes) if changes else None


def difference(
    first: Sequence[StageResult], second: Sequence[StageResult], kind: SuiteKind, seed: int = 0
) -> tuple[float, float, float]:
    """Return the mean difference in accuracy of two arms over the same seeds, with a 95% percentile bootstrap interval.

    Items are drawn with all their seeds together: the seeds of one item are no independent evidence.
    """
    paired = [_paired(a, b, kind) for a, b in zip(first, second, strict=True)]
    per_item: NDArray[np.float64] = np.mean(np.array(paired), axis=0)
    draws = np.random.default_rng(seed).integers(0, len(per_item), (RESAMPLES, len(per_item)))
    low, high = np.quantile(per_item[draws].mean(axis=1), [0.025, 0.975])
    return float(per_item.mean()), float(low), float(high)


def _paired(first: StageResult, second: StageResult, kind: SuiteKind) -> list[int]:
    if first.seed != second.seed:
        raise ValueError("arms are compared seed by seed")
    return [a - b for a, b in zip(answers(first, kind), answers(second, kind), strict=True)]
