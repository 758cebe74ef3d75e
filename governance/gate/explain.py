"""A decision in plain words, for engineers and clinicians."""

from data_contracts import GateDecision, Role, SuiteJudgement, Verdict, short
from governance.gate.wording import certainty, count, percent

_MEANING = {
    Verdict.PASS: "the update may go on to clinical review",
    Verdict.FAIL: "the update is blocked",
    Verdict.INCONCLUSIVE: "the update is blocked until more items decide",
    Verdict.ERROR: "the update is blocked, because it could not be judged",
}

_ROLE = {
    Role.POOLED: "all prior items together, must not get worse",
    Role.GATED: "prior suite, must not get worse",
    Role.DESCRIPTIVE: "shown only; blocks nothing unless a must-pass item is wrong",
    Role.NEW: "new suite, must get better",
    Role.SUBGROUP: "subgroup of all prior items, must not get worse",
    Role.SUBGROUP_DESCRIPTIVE: "subgroup of all prior items, shown only",
}

_GLOSSARY = (
    "How to read this: an item is 'broken' if the model in service answers it rightly and the update does not, "
    "and 'fixed' the other way round. A suite passes only when the data rule out a drop (or prove a gain) of the "
    "size the policy names; 'no drop seen' in a small suite is not enough. '97.5% sure' means: statements made "
    "this way are wrong at most 2.5 times in 100."
)


def explain(decision: GateDecision) -> str:
    """Return the decision as text: the verdict first, then each judgement with its reason, then how to read it."""
    lines = [
        f"{decision.verdict.value}: {_MEANING[decision.verdict]}. {_sentence(decision.reason)}",
        f"Comparison '{decision.arm}': {short(decision.candidate)} (update) against {short(decision.incumbent)} "
        f"(in service); attempt {decision.attempt} on these sealed suites{_spent(decision)}.",
    ]
    for judgement in decision.judgements:
        lines += ["", *_judgement_lines(judgement)]
    if decision.judgements:
        lines += ["", _GLOSSARY]
    return "\n".join(lines)


def _judgement_lines(judgement: SuiteJudgement) -> tuple[str, str]:
    before, now = percent(judgement.incumbent_accuracy), percent(judgement.candidate_accuracy)
    figures = f"{before} right before, {now} now; {judgement.broken} broken, {judgement.fixed} fixed"
    return (
        f"{judgement.verdict.value}  {judgement.suite_id} ({_ROLE[judgement.role]})",
        f"  {count(judgement.n, 'item')}: {figures}. {_sentence(judgement.reason)}{_chance(judgement)}",
    )


def _chance(judgement: SuiteJudgement) -> str:
    if judgement.power is None or judgement.verdict is not Verdict.INCONCLUSIVE:
        return ""
    return f" A harmless update would have passed this suite with a chance of {percent(judgement.power)}."


def _spent(decision: GateDecision) -> str:
    if not decision.judgements:
        return ""
    return f", so each statement must be {certainty(decision.judgements[0].alpha)} sure"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + ("" if text.endswith(".") else ".")
