"""Named policies: what happens to dates, and from which year a birth shows an age over 89."""

from dataclasses import dataclass
from typing import Literal

from clinical_sdft.deid.errors import PolicyError


@dataclass(frozen=True)
class DeidPolicy:
    """How identifiers are rewritten.

    Attributes:
        name: the word that stands in every released record.
        dates: `year_only` keeps the year (45 CFR 164.514(b)(2)(i)(C)); `shift` moves each date by a number
            of days that is fixed for a patient, which is not Safe Harbor but needs an expert's determination.
        max_shift_days: the largest shift in days, forwards or backwards; never 0.
        patterns_only: whether records may be released that no name recognition model has read.
        reference_year: the year from which ages are counted; raise it each year.
    """

    name: str
    dates: Literal["year_only", "shift"]
    max_shift_days: int = 365
    reference_year: int = 2026
    patterns_only: bool = False

    @property
    def oldest_open_year(self) -> int:
        """The first year of birth that cannot show an age over 89."""
        return self.reference_year - 89


SAFE_HARBOR = DeidPolicy("safe_harbor", "year_only")
EXPERT_ASSIST = DeidPolicy("expert_assist", "shift")

SAFE_HARBOR_PATTERNS = DeidPolicy("safe_harbor_patterns", "year_only", patterns_only=True)
"""Safe Harbor where no model may run: word lists and rules alone miss names that no list holds."""

POLICIES = {policy.name: policy for policy in (SAFE_HARBOR, EXPERT_ASSIST, SAFE_HARBOR_PATTERNS)}


def named_policy(name: str) -> DeidPolicy:
    """Return the policy with this name.

    Raises:
        PolicyError: there is none.
    """
    if name not in POLICIES:
        raise PolicyError(f"no de-identification policy of that name; choose one of: {', '.join(POLICIES)}")
    return POLICIES[name]
