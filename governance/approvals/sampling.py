"""Acceptance sampling of a lot of drafted demonstrations: one sample, drawn without replacement, no defect allowed.

With D defects among N drafts a sample of n shows none with the hypergeometric probability

    P(0) = C(N - D, n) / C(N, n) = (N-D)/N · (N-D-1)/(N-1) · … · (N-D-n+1)/(N-n+1)

and n is the least number that keeps P(0) at or below the consumer's risk when D is the tolerated share (LTPD) of the
lot, rounded up. Source: NIST/SEMATECH e-Handbook of Statistical Methods, sections
6.2.2 and 6.2.3 (single sampling plans, LTPD and consumer's risk), https://www.itl.nist.gov/div898/handbook/; the exact
probability of a finite lot is that of sampling without replacement.
"""

import hashlib
import math
from collections.abc import Sequence

from data_contracts import Digest, SamplingPlan, canonical_json

LTPD = 0.05
"""At most this share of a lot may be wrong; a worse lot passes with the consumer's risk at most."""
RISK = 0.05
"""The consumer's risk."""


def plan(lot: int, *, ltpd: float = LTPD, risk: float = RISK) -> SamplingPlan:
    """Return the smallest plan for a lot; of a small lot it is all of it.

    Args:
        lot: drafts in the lot, at least one.
        ltpd: tolerated share of defects, above 0 and below 1.
        risk: accepted probability of passing a lot that is worse, above 0 and below 1.
    """
    defective = min(lot, max(1, math.ceil(ltpd * lot - 1e-9)))
    passes, sample = 1.0, 0
    while passes > risk and sample < lot:
        passes *= (lot - defective - sample) / (lot - sample) if lot - defective > sample else 0.0
        sample += 1
    return SamplingPlan(lot=lot, sample=sample, defective=defective, ltpd=ltpd, risk=risk, achieved=passes)


def draw(lot: Sequence[Digest], size: int) -> tuple[Digest, ...]:
    """Return the sample of a lot: it follows from the lot itself, so that nobody can draw until one suits.

    The order is that of sha256 over the lot's digest and each draft's; a larger sample begins with the smaller one.
    """
    seed = hashlib.sha256(canonical_json(sorted(lot))).digest()
    return tuple(sorted(lot, key=lambda digest: hashlib.sha256(seed + digest.encode()).digest())[:size])
