"""Sentences that the report, the PDF and the model card share, so that none of them says more than another."""

from datetime import datetime

from data_contracts import Digest, Role, SuiteJudgement, UpdateStatus, Verdict, short

PROVES = (
    "The events shown here stood in the hospital's log in this order, unaltered, when its last checkpoint was signed.",
    "Each decision, policy, bundle and signature shown here is the one whose digest the log holds.",
    "The scores by item give the counts that the gate decided on.",
    "Withheld events are counted: each stands here as its hash, and none can be added or left out unseen.",
    "With the witness of another host: the log was not rewritten after the checkpoints that host kept.",
    "With a time stamp: its checkpoint existed at the moment that an authority outside the hospital states.",
)
"""What a verified export proves; the checker is `verify.py`."""

DOES_NOT_PROVE = (
    "That the suites ask the right questions, or that an answer is right for a patient.",
    "That what was never logged did not happen, or that a person was who the password said.",
    "Anything about patients the suites do not speak of: the scores hold for their items alone.",
    "The time of an event that no time stamp covers: before that, the hospital's own clock says it.",
    "Without the hospital's key and witness from another source: anything but that this export agrees with itself.",
    "That a rule or law is met: the export assists those who judge that.",
)
"""What no export proves."""

ASSISTS = (
    "This system assists the people who decide. It is not a medical device by our word; people remain responsible for "
    "every diagnosis."
)

ROLES = {
    Role.POOLED: "all prior items together",
    Role.GATED: "prior suite",
    Role.DESCRIPTIVE: "prior suite, shown only",
    Role.NEW: "new suite",
    Role.SUBGROUP: "subgroup",
    Role.SUBGROUP_DESCRIPTIVE: "subgroup, shown only",
}

STATUSES = {
    UpdateStatus.WAITING: "waits for review",
    UpdateStatus.APPROVED: "was approved and is not yet in force",
    UpdateStatus.BLOCKED: "is blocked by the gate",
    UpdateStatus.REJECTED: "was rejected in review",
    UpdateStatus.PROMOTED: "was put in force",
}

VERDICTS = {
    Verdict.PASS: "passed",
    Verdict.FAIL: "failed",
    Verdict.INCONCLUSIVE: "is undecided",
    Verdict.ERROR: "could not be judged",
}


def moment(value: datetime) -> str:
    """Return a moment for people."""
    return value.strftime("%Y-%m-%d %H:%M:%S UTC")


def percent(value: float | None) -> str:
    """Return a share in percent with one decimal."""
    return "–" if value is None else f"{100 * value:.1f} %"


def points(value: float) -> str:
    """Return a difference of shares in points, without a sign."""
    return f"{abs(100 * value):.1f} points"


def brief(digest: Digest | None) -> str:
    """Return the beginning of a digest."""
    return "–" if digest is None else short(digest)


def in_words(judgement: SuiteJudgement) -> str:
    """Return a judgement as a sentence: what was seen, what cannot be ruled out, what is allowed or asked."""
    one = judgement
    start = (
        f"{one.suite_id} ({ROLES[one.role]}) {VERDICTS[one.verdict]}: of {one.n} items "
        f"{percent(one.incumbent_accuracy)} were right before and {percent(one.candidate_accuracy)} are now; "
        f"{one.broken} broken, {one.fixed} fixed. "
    )
    if one.role is Role.NEW:
        bound = f"a gain of {points(one.drop_upper)}" if one.drop_upper < 0 else "no gain"
        if one.drop_upper > 0:
            bound = f"a loss of {points(one.drop_upper)}"
        return f"{start}The data leave open {bound} at the least; asked is a gain of {points(one.margin)}."
    bound = f"a loss of {points(one.drop_upper)}" if one.drop_upper > 0 else f"a gain of {points(one.drop_upper)}"
    return f"{start}The data leave open {bound} at the worst; allowed is a loss of {points(one.margin)}."
