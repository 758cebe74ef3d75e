"""What an update came to, arm by arm: the figures behind the table people see."""

from typing import Literal

from data_contracts import Contract, CostLedger, Digest, GateDecision, SuiteJudgement, UpdateStatus, Verdict
from data_contracts.base import Slug
from data_contracts.gate import Role


class ArmOutcome(Contract):
    """One candidate: what it cost, what the gate said, where it stands."""

    arm: Literal["sdft", "sft"]
    update_id: Slug
    status: UpdateStatus
    bundle: Digest
    candidate: Digest
    decision: GateDecision
    cost: CostLedger
    evaluation: CostLedger | None = None
    """What answering all suites cost; None in outcomes from before it was kept."""

    @property
    def verdict(self) -> Verdict:
        """The gate's word on this candidate."""
        return self.decision.verdict

    def judgement(self, role: Role) -> SuiteJudgement:
        """Return the judgement on the pooled prior items (`pooled`) or on the new suite (`new`)."""
        return next(judgement for judgement in self.decision.judgements if judgement.role == role)

    @property
    def suites(self) -> tuple[SuiteJudgement, ...]:
        """The judgements on single prior suites."""
        return tuple(j for j in self.decision.judgements if j.role in (Role.GATED, Role.DESCRIPTIVE))


class UpdateOutcome(Contract):
    """An update with all its arms."""

    update_id: Slug
    incumbent: Digest
    demonstrations: int
    records_released: int
    records_quarantined: int
    preflight: str
    arms: tuple[ArmOutcome, ...]

    def arm(self, name: Literal["sdft", "sft"]) -> ArmOutcome:
        """Return one arm."""
        return next(arm for arm in self.arms if arm.arm == name)


def cost_lines(training: CostLedger, evaluation: CostLedger | None = None) -> list[str]:
    """Return the cost of a run for a person: a line for each phase, one for all, and the price against plain SFT."""
    phases = [*training.phases, *(evaluation.phases if evaluation else ())]
    lines = [
        f"  {phase.phase:11}{phase.seconds:9.1f} s{phase.tokens:12,} tokens{phase.flops / 1e12:10.1f} TFLOP"
        for phase in phases
    ]
    if training.price_vs_sft is not None:
        lines.append(f"  training costs {training.price_vs_sft:.1f} times the operations of plain SFT on the same")
    return lines
