"""One suite, one verdict, and the sentence that says why."""

from dataclasses import dataclass
from math import ceil

from data_contracts import Digest, GatePolicy, Role, SuiteJudgement, Verdict
from governance.gate.bounds import never_event_bound
from governance.gate.figures import Figures
from governance.gate.pairing import Pair
from governance.gate.power import power, required_n
from governance.gate.wording import certainty, count, listed, percent, points

_ROUNDING = 1e-12
_ACROSS_SUITES = (Role.POOLED, Role.SUBGROUP, Role.SUBGROUP_DESCRIPTIVE)
_SHOWN_ONLY = (Role.DESCRIPTIVE, Role.SUBGROUP_DESCRIPTIVE)


@dataclass(frozen=True)
class Subject:
    """What is judged: a suite, or all prior items pooled."""

    suite_id: str
    digest: Digest
    role: Role
    pairs: tuple[Pair, ...]
    figures: Figures
    subgroup: str | None = None

    @property
    def never_events(self) -> tuple[str, ...]:
        """The must-pass items that the candidate gets wrong; pooled or by subgroup, they are left to their suites."""
        if self.role in _ACROSS_SUITES:
            return ()
        return tuple(pair.item for pair in self.pairs if pair.must_pass and pair.candidate < 0.5)

    @property
    def blocks(self) -> bool:
        """Whether a verdict other than PASS stops the update."""
        return self.role not in _SHOWN_ONLY or bool(self.never_events)


def judge(subject: Subject, policy: GatePolicy, regressed: bool) -> SuiteJudgement:
    """Return the judgement of one subject.

    Args:
        subject: the suite with its figures.
        policy: margins and planned discordance.
        regressed: whether McNemar's test, after Holm's correction, says that the suite got worse.
    """
    new = subject.role is Role.NEW
    verdict = _new_verdict(subject) if new else _prior_verdict(subject, regressed)
    needed = _needed_for_gain(subject, policy, verdict) if new else _needed_for_safety(subject, policy, verdict)
    explain_why = _new_reason if new else _prior_reason
    f = subject.figures
    return SuiteJudgement(
        suite_id=subject.suite_id,
        suite=subject.digest,
        role=subject.role,
        n=f.n,
        incumbent_accuracy=f.incumbent_accuracy,
        candidate_accuracy=f.candidate_accuracy,
        broken=f.broken,
        fixed=f.fixed,
        margin=f.margin,
        alpha=f.alpha,
        drop=f.drop,
        drop_upper=f.drop_upper,
        p_value=f.p_value,
        power=None if new or f.graded else power(f.n, f.margin, policy.planned_discordance, f.alpha),
        required_n=needed,
        regressed=regressed,
        verdict=verdict,
        reason=explain_why(subject, verdict, needed, regressed) + _must_pass_note(subject) + _patients_note(f),
        subgroup=subject.subgroup,
        clusters=f.clusters,
    )


def _prior_verdict(subject: Subject, regressed: bool) -> Verdict:
    if subject.never_events:
        return Verdict.FAIL
    if subject.figures.passes:
        return Verdict.PASS
    return Verdict.FAIL if regressed or subject.figures.beyond_margin else Verdict.INCONCLUSIVE


def _new_verdict(subject: Subject) -> Verdict:
    if subject.never_events or subject.figures.beyond_margin:
        return Verdict.FAIL
    return Verdict.PASS if subject.figures.passes else Verdict.INCONCLUSIVE


def _needed_for_safety(subject: Subject, policy: GatePolicy, verdict: Verdict) -> int | None:
    """Return the items for the policy's power at no true drop.

    At the planned discordance; an undecided suite that already has as many is asked again at the discordance it
    showed, rounded up to a full percent.
    """
    f = subject.figures
    if f.graded:
        return None
    needed = required_n(f.margin, policy.planned_discordance, f.alpha, policy.min_power)
    if verdict is Verdict.INCONCLUSIVE and needed <= f.n and f.discordance > policy.planned_discordance:
        return required_n(f.margin, ceil(100 * f.discordance) / 100, f.alpha, policy.min_power)
    return needed


def _needed_for_gain(subject: Subject, policy: GatePolicy, verdict: Verdict) -> int | None:
    """Return the items that would prove the gain if it stays as observed; None where that says nothing."""
    f = subject.figures
    if f.graded or verdict is not Verdict.INCONCLUSIVE or f.drop >= f.margin - _ROUNDING:
        return None
    return required_n(f.margin, f.discordance, f.alpha, policy.min_power, drop=f.drop)


def _prior_reason(subject: Subject, verdict: Verdict, needed: int | None, regressed: bool) -> str:
    f = subject.figures
    if subject.never_events:
        return f"must-pass items answered wrongly: {listed(subject.never_events)}"
    if verdict is Verdict.PASS:
        bound = f"a true drop above {points(f.drop_upper)}" if f.drop_upper >= 0 else "any true drop"
        text = f"{bound} is ruled out ({certainty(f.alpha)} sure); up to {points(f.margin)} are allowed"
        return f"{text}; more items broke than chance explains, but within that margin" if regressed else text
    if f.beyond_margin:
        return f"accuracy fell by {points(f.drop)}, more than the {points(f.margin)} allowed"
    if regressed:
        return f"{f.broken} broken against {f.fixed} fixed is more than chance explains: the suite got worse"
    open_drop = f"a true drop of up to {points(f.drop_upper)} cannot be ruled out, and {points(f.margin)} are allowed"
    return f"{open_drop}; {_outlook(f, needed)}"


def _new_reason(subject: Subject, verdict: Verdict, needed: int | None, regressed: bool) -> str:
    f = subject.figures
    asked = f"the policy asks for {points(-f.margin)}"
    if subject.never_events:
        return f"must-pass items answered wrongly: {listed(subject.never_events)}"
    if verdict is Verdict.FAIL:
        change = f"the gain is only {points(-f.drop)}" if f.drop <= 0 else f"accuracy fell by {points(f.drop)}"
        return f"{change} and {asked}"
    if verdict is Verdict.PASS:
        return f"a true gain of at least {points(-f.drop_upper)} is proven ({certainty(f.alpha)} sure); {asked}"
    proven = points(-f.drop_upper) if f.drop_upper < 0 else "nothing"
    outlook = _outlook(f, needed) if needed else "more items are needed"
    return f"the gain is {points(-f.drop)}, of which {proven} can be called proven so far; {asked}; {outlook}"


def _outlook(f: Figures, needed: int | None) -> str:
    if needed is None:
        return "more items are needed (how many cannot be told for graded scores or patients)"
    if needed > f.n:
        return f"about {count(needed - f.n, 'more item')} ({needed} in all) would most likely decide it"
    return f"the suite has enough items ({needed} needed): a drop of {points(f.drop)} was seen, and it lies too near"


def _must_pass_note(subject: Subject) -> str:
    asked = sum(pair.must_pass for pair in subject.pairs)
    if subject.role in _ACROSS_SUITES or not asked or subject.never_events:
        return ""
    bound = percent(never_event_bound(asked, subject.figures.alpha))
    return f"; {count(asked, 'must-pass item')} answered rightly: their true failure rate is below {bound}"


def _patients_note(f: Figures) -> str:
    return "" if f.clusters is None else f"; judged by {count(f.clusters, 'patient')}, not by item"
