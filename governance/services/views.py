"""What the queries return: frozen, and free of the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from data_contracts import (
    AdapterManifest,
    DeidentificationReport,
    Digest,
    GateDecision,
    GatePolicy,
    Guideline,
    Instant,
    PreflightReport,
    Promotion,
    Signature,
    Source,
    UpdateBundle,
    UpdateStatus,
    Verdict,
)
from governance.approvals.oidc_login import Login
from governance.approvals.proving import Proven
from governance.approvals.roles import ALLOWED, Act, may
from governance.approvals.totp import NewTotp
from governance.export.verify import Problem, VerificationReport
from governance.registry.adapters import PlacedAdapter
from governance.registry.lineage import Ancestor

__all__ = [
    "ALLOWED",
    "Act",
    "Ancestor",
    "Answered",
    "CanaryQuestion",
    "Change",
    "EventProof",
    "ItemChange",
    "Login",
    "NewTotp",
    "PlacedAdapter",
    "Problem",
    "Proven",
    "RetentionEntry",
    "ServingState",
    "UpdateDetail",
    "UpdateSummary",
    "VerificationReport",
    "may",
]


@dataclass(frozen=True)
class EventProof:
    """An event, and the proof that it stands in the log that a signed head speaks of (RFC 9162, 2.1.3)."""

    seq: int
    event: str
    """Canonical JSON: the bytes whose hash is the leaf."""
    tree_size: int
    root: str
    proof: tuple[str, ...]
    """Hashes from the leaf up to the root, in hexadecimal."""
    checkpoint: str
    """The signed head, a C2SP note."""


@dataclass(frozen=True)
class UpdateSummary:
    """One line of the list of updates."""

    update_id: str
    arm: str
    guideline_title: str
    requester: str
    created: Instant
    submitted_at: Instant
    status: UpdateStatus
    verdict: Verdict
    control: bool
    incumbent: Digest
    candidate: Digest
    bundle: Digest
    approvals: int


@dataclass(frozen=True)
class UpdateDetail:
    """All that a reviewer needs to see of one update."""

    bundle: UpdateBundle
    bundle_digest: Digest
    decision: GateDecision
    policy: GatePolicy
    signatures: tuple[Signature, ...]
    status: UpdateStatus
    control: bool
    missing: tuple[str, ...]
    """What an approval still needs, in words; empty when nothing is missing."""
    promotion: Promotion | None
    guideline: Guideline
    preflight: PreflightReport | None
    manifest: AdapterManifest
    deidentification: DeidentificationReport | None = None


Change = Literal["broken", "fixed", "same-right", "same-wrong"]


@dataclass(frozen=True)
class ItemChange:
    """One suite item before and after, with the guideline's words where the item asks for them."""

    suite_id: str
    suite: Digest
    new: bool
    item_id: str
    specialty: str
    question: str
    expected: str
    must_pass: bool
    incumbent_reply: str
    incumbent_score: float
    candidate_reply: str
    candidate_score: float
    change: Change
    quote: str | None
    statement: str | None
    source: Source | None


@dataclass(frozen=True)
class Answered:
    """A version that answered for a time, who put it there, and what was known of it."""

    model: Digest
    adapter: Digest
    valid_from: datetime
    until: datetime | None
    """Exclusive; None while it answers."""
    kind: Literal["install", "promote", "rollback"]
    put_there_by: str
    reason: str
    update_id: str | None
    approved_by: tuple[str, ...]
    """Printed names on the approvals."""
    verdict: Verdict | None
    recorded_at: datetime
    """When the registry learned of it."""
    retired_at: datetime | None
    holds: tuple[str, ...]
    """Ids of the legal holds on it."""


@dataclass(frozen=True)
class RetentionEntry:
    """An object that can be deleted some day."""

    object: Digest
    kind: Literal["adapter", "demonstrations", "scores"]
    owners: tuple[str, ...]
    last_in_effect: datetime | None
    deletable_from: datetime | None
    """When its years are over; None while it is in effect."""
    kept_because: str | None
    """What keeps it now; None when it may be deleted."""


@dataclass(frozen=True)
class ServingState:
    """Which model is in force, and which one the servers were told to answer with."""

    in_force: Promotion | None
    name: str | None
    """What the route says to ask for; None before the first hand-off."""
    promotion: Digest | None
    """The promotion that was handed off."""
    handed_off_at: Instant | None

    @property
    def in_step(self) -> bool:
        """Whether what is in force was handed off."""
        return self.in_force is not None and self.in_force.digest == self.promotion


@dataclass(frozen=True)
class CanaryQuestion:
    """A question to try a server on, with how to ask it and what the evaluated model replied."""

    suite_id: str
    item_id: str
    question: str
    system_prompt: str
    max_new_tokens: int
    reply: str | None
    """Its greedy reply; None when it was never evaluated here."""
