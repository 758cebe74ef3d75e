"""The regression gate: its policy, and the decision it leaves behind."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from data_contracts.base import Contract, Digest, Fraction, Slug, Text


class Verdict(StrEnum):
    """What the gate says; only PASS may go on to review."""

    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    ERROR = "ERROR"


class Role(StrEnum):
    """What a suite, or a subgroup of prior items, is to the gate."""

    POOLED = "pooled"
    GATED = "gated"
    DESCRIPTIVE = "descriptive"
    NEW = "new"
    SUBGROUP = "subgroup"
    SUBGROUP_DESCRIPTIVE = "subgroup-descriptive"


class SuiteRule(Contract):
    """How one suite is judged."""

    suite_id: Slug
    role: Literal[Role.GATED, Role.DESCRIPTIVE]
    margin: float | None = Field(default=None, gt=0, lt=1, description="overrides the policy's margin")
    reason: Text | None = Field(default=None, description="why a suite is descriptive")


class SubgroupRule(Contract):
    """How the subgroups of one field of the prior items are judged: each of its values by itself."""

    field: Slug = Field(description="such as sex or age")
    role: Literal[Role.GATED, Role.DESCRIPTIVE] = Role.GATED
    margin: float | None = Field(default=None, gt=0, lt=1, description="overrides the policy's margin")
    reason: Text | None = Field(default=None, description="why a field is descriptive")


class GatePolicy(Contract):
    """The versioned change plan: margins, error bound and what must hold. Hashed into each decision."""

    schema_version: Literal[1] = 1
    id: Slug
    version: Text
    alpha: float = Field(default=0.05, gt=0, lt=0.5, description="one-sided error of each test")
    margin: float = Field(default=0.05, gt=0, lt=1, description="largest tolerated true drop, as a fraction")
    min_gain: float = Field(default=0.10, ge=0, lt=1, description="least proven gain on the new suite")
    planned_discordance: float = Field(default=0.10, gt=0, lt=1)
    min_power: float = Field(default=0.8, gt=0, lt=1)
    pooled: bool = Field(default=True, description="judge all prior items together as one suite")
    suites: tuple[SuiteRule, ...] = ()
    max_spend: int = Field(default=20, ge=1, description="attempts one sealed suite may serve")
    subgroups: tuple[SubgroupRule, ...] = Field(
        default=(),
        exclude_if=lambda value: not value,
        description="fields whose subgroups decide; of other fields they are shown only",
    )


class SuiteJudgement(Contract):
    """What the gate found on one suite (or on all prior items pooled)."""

    suite_id: Slug
    suite: Digest
    role: Role
    n: int = Field(ge=1)
    incumbent_accuracy: Fraction
    candidate_accuracy: Fraction
    broken: int = Field(ge=0, description="right before, wrong now")
    fixed: int = Field(ge=0, description="wrong before, right now")
    margin: float
    alpha: float
    drop: float = Field(description="incumbent minus candidate; negative is a gain")
    drop_upper: float = Field(description="one-sided upper confidence bound of the true drop")
    p_value: float | None = Field(default=None, description="of the test of inferiority; None where not tested")
    power: float | None = Field(default=None, description="at no true drop and the planned discordance")
    required_n: int | None = Field(default=None, description="items for the policy's power")
    regressed: bool = Field(description="exact McNemar regression after Holm's correction")
    verdict: Verdict
    reason: Text
    subgroup: Text | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="field and value, of a judgement on a subgroup",
    )
    clusters: int | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="patients, where several items are of one patient",
    )


class GateDecision(Contract):
    """A verdict with everything needed to compute it again."""

    schema_version: Literal[1] = 1
    arm: Slug
    incumbent: Digest
    candidate: Digest
    policy: Digest
    attempt: int = Field(ge=1, description="how often these sealed suites were spent, this time included")
    judgements: tuple[SuiteJudgement, ...]
    verdict: Verdict
    reason: Text
