"""The gate: every judgement, and the one verdict they add up to."""

from collections.abc import Mapping, Sequence

from data_contracts import (
    Digest,
    GateDecision,
    GatePolicy,
    Role,
    Suite,
    SuiteJudgement,
    SuiteRule,
    SuiteScores,
    Verdict,
    canonical_json,
    sha256_digest,
)
from governance.gate.errors import GateError
from governance.gate.figures import measure
from governance.gate.judge import Subject, judge
from governance.gate.mcnemar import holm, mcnemar_p_value
from governance.gate.pairing import Pair, by_suite, model_problems, pair_problems, pair_scores
from governance.gate.spending import spent_alpha
from governance.gate.subgroups import subgroup_problems, subgroup_subjects
from governance.gate.wording import listed

POOLED_ID = "prior"
"""The id under which all prior items together are judged."""


def decide(
    *,
    policy: GatePolicy,
    arm: str,
    incumbent: Sequence[SuiteScores],
    candidate: Sequence[SuiteScores],
    suites: Sequence[Suite],
    new_suite_id: str,
    attempt: int = 1,
) -> GateDecision:
    """Return whether the candidate may go on to review.

    Every prior suite must rule out a drop of its margin, and the new suite must prove the policy's least gain,
    each at the error that this attempt may spend. An intersection-union test needs no further correction: an
    update that is unsafe on some suite passes with probability at most that error. McNemar's test only labels what
    got worse, with the policy's whole alpha, so that a later attempt does not find harm harder to see.

    Args:
        policy: margins, error bound and roles; its digest is written into the decision.
        arm: the name of what is compared, for instance `update` or `anchor`.
        incumbent: scores of the model in service, one entry for each suite.
        candidate: scores of the updated model, one entry for each suite.
        suites: the sealed suites, new and prior.
        new_suite_id: which of them the update was made for.
        attempt: how often these sealed suites were spent, this time included.

    Returns:
        The decision; its verdict is ERROR, without judgements, where the scores cannot be compared.

    Raises:
        GateError: a model has no scores at all, or the attempt is below 1.
    """
    alpha = spent_alpha(policy.alpha, attempt)
    before, after = _model("incumbent", incumbent), _model("candidate", candidate)
    seals = {suite.id: suite.digest for suite in suites}
    problems = _run_problems(policy, suites, new_suite_id, attempt)
    problems += model_problems("incumbent", incumbent, suites, seals)
    problems += model_problems("candidate", candidate, suites, seals)
    problems += pair_problems(suites, by_suite(incumbent), by_suite(candidate))
    judgements: tuple[SuiteJudgement, ...] = ()
    verdict, reason = Verdict.ERROR, f"no judgement can be made: {'; '.join(problems)}"
    if not problems:
        subjects = _subjects(policy, incumbent, candidate, suites, seals, new_suite_id, alpha)
        labels = _regressed(subjects, policy.alpha)
        judgements = tuple(judge(one, policy, label) for one, label in zip(subjects, labels, strict=True))
        blocking = [judged for judged, one in zip(judgements, subjects, strict=True) if one.blocks]
        verdict, reason = _overall(blocking)
    return GateDecision(
        arm=arm,
        incumbent=before,
        candidate=after,
        policy=policy.digest,
        attempt=attempt,
        judgements=judgements,
        verdict=verdict,
        reason=reason,
    )


def _model(who: str, scores: Sequence[SuiteScores]) -> Digest:
    if not scores:
        raise GateError(f"the {who} has no scores: evaluate it on every suite before the gate is asked")
    return scores[0].model


def _run_problems(policy: GatePolicy, suites: Sequence[Suite], new_suite_id: str, attempt: int) -> list[str]:
    problems = []
    ids = [suite.id for suite in suites]
    if new_suite_id not in ids:
        problems.append(f"the new suite {new_suite_id} is missing")
    if not set(ids) - {new_suite_id}:
        problems.append("there is no prior suite, so nothing shows what the model knew before")
    if len(set(ids)) < len(ids):
        problems.append("two suites share an id")
    if POOLED_ID in ids:
        problems.append(f"a suite is called {POOLED_ID}, the name kept for all prior items together")
    ruled = [rule.suite_id for rule in policy.suites]
    absent = sorted(set(ruled) - set(ids))
    if absent:
        problems.append(f"suites that the policy names are missing: {listed(absent)}")
    if len(set(ruled)) < len(ruled):
        problems.append("the policy has two rules for one suite")
    problems += subgroup_problems(policy, [suite for suite in suites if suite.id != new_suite_id])
    if attempt > policy.max_spend:
        problems.append(f"attempt {attempt} is beyond the {policy.max_spend} these sealed suites may serve")
    return problems


def _subjects(
    policy: GatePolicy,
    incumbent: Sequence[SuiteScores],
    candidate: Sequence[SuiteScores],
    suites: Sequence[Suite],
    seals: Mapping[str, Digest],
    new_suite_id: str,
    alpha: float,
) -> list[Subject]:
    """Return what is judged, in the decision's order: pooled, prior suites as given, subgroups, the new suite."""
    before, after = by_suite(incumbent), by_suite(candidate)
    rules = {rule.suite_id: rule for rule in policy.suites}
    new = next(suite for suite in suites if suite.id == new_suite_id)
    prior = [suite for suite in suites if suite.id != new_suite_id]
    pairs = {suite.id: pair_scores(suite, before[suite.id], after[suite.id]) for suite in suites}
    subjects = [
        _prior_subject(suite.id, seals[suite.id], pairs[suite.id], policy, rules.get(suite.id), alpha)
        for suite in prior
    ]
    if policy.pooled:
        everything = tuple(pair for suite in prior for pair in pairs[suite.id])
        seal = sha256_digest(canonical_json(sorted(seals[suite.id] for suite in prior)))
        figures = measure(everything, policy.margin, alpha)
        subjects.insert(0, Subject(POOLED_ID, seal, Role.POOLED, everything, figures))
    subjects += subgroup_subjects(policy, [pair for one in prior for pair in pairs[one.id]], alpha)
    gain = measure(pairs[new.id], 0.0 - policy.min_gain, alpha)
    return [*subjects, Subject(new.id, seals[new.id], Role.NEW, pairs[new.id], gain)]


def _prior_subject(
    suite_id: str,
    seal: Digest,
    pairs: tuple[Pair, ...],
    policy: GatePolicy,
    rule: SuiteRule | None,
    alpha: float,
) -> Subject:
    margin = rule.margin if rule and rule.margin is not None else policy.margin
    role = rule.role if rule else Role.GATED
    return Subject(suite_id, seal, role, pairs, measure(pairs, margin, alpha))


def _regressed(subjects: Sequence[Subject], alpha: float) -> list[bool]:
    """Label what got worse: Holm over the gated prior suites and their pool, and over the subgroups that decide.

    The others each for itself. Where items are clustered, patients are counted instead of items.
    """
    p_values = [mcnemar_p_value(one.figures.worse, one.figures.better) for one in subjects]
    labels = [p_value <= alpha for p_value in p_values]
    for roles in ((Role.POOLED, Role.GATED), (Role.SUBGROUP,)):
        family = [i for i, one in enumerate(subjects) if one.role in roles]
        for i, label in zip(family, holm([p_values[i] for i in family], alpha), strict=True):
            labels[i] = label
    return labels


def _overall(blocking: Sequence[SuiteJudgement]) -> tuple[Verdict, str]:
    """Return FAIL before INCONCLUSIVE before PASS, and which suites it rests on."""
    for verdict, phrase in ((Verdict.FAIL, "failed"), (Verdict.INCONCLUSIVE, "undecided")):
        names = [judged.suite_id for judged in blocking if judged.verdict is verdict]
        if names:
            return verdict, f"{len(names)} of {len(blocking)} judgements {phrase}: {listed(names)}"
    return Verdict.PASS, f"all {len(blocking)} judgements passed"
