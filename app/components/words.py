"""The words that every page uses for the same thing; each mark has its word beside it."""

from datetime import datetime

from data_contracts import Role, UpdateStatus, Verdict
from governance.services.views import Change

TERMS = (
    "“In force” is the model that answers today (also: incumbent, in service). “Proposed” is the model that this "
    "update would put in its place (also: candidate). “Prior” is what the model in force must not forget, “new” "
    "what the guideline adds."
)
CONTROL = "control – never promoted"
APPROVALS_NEEDED = 2

VERDICTS = {
    Verdict.PASS: "✓ PASS",
    Verdict.FAIL: "✗ FAIL",
    Verdict.INCONCLUSIVE: "? INCONCLUSIVE",
    Verdict.ERROR: "! ERROR",
}
STATUSES = {
    UpdateStatus.WAITING: "Waiting for review",
    UpdateStatus.APPROVED: "Approved, not yet in force",
    UpdateStatus.BLOCKED: "Blocked by the gate",
    UpdateStatus.REJECTED: "Rejected in review",
    UpdateStatus.PROMOTED: "Was put in force",
}
"""Every status, the most urgent first."""

CHANGES: dict[Change, str] = {
    "broken": "✗ broken",
    "fixed": "✓ fixed",
    "same-wrong": "still wrong",
    "same-right": "still right",
}
"""Every change of an item, the one to look at first first."""

ROLES = {
    Role.POOLED: "all prior items together",
    Role.GATED: "prior suite",
    Role.DESCRIPTIVE: "prior suite, shown only",
    Role.NEW: "new suite",
    Role.SUBGROUP: "subgroup",
    Role.SUBGROUP_DESCRIPTIVE: "subgroup, shown only",
}


def status(of: UpdateStatus, *, control: bool) -> str:
    """Return where an update stands; a control arm stands aside, whatever the gate says of it."""
    return f"Control arm: {CONTROL.partition(' – ')[2]}" if control else STATUSES[of]


def percent(fraction: float) -> str:
    """Return a share in percent with at most one decimal."""
    return f"{100 * fraction:.1f}".removesuffix(".0") + "%"


def points(difference: float) -> str:
    """Return a signed difference of shares in points, with a true minus sign."""
    number = f"{100 * difference:+.1f}".removesuffix(".0").replace("-", "−")
    return "0 points" if number in ("+0", "−0") else f"{number} points"


def moment(instant: datetime) -> str:
    """Return a moment as people read it, in UTC."""
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def arm(name: str, *, control: bool) -> str:
    """Return the training method, with the control arm clearly marked."""
    return f"{name.upper()} ({CONTROL})" if control else name.upper()
