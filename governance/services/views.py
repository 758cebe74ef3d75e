"""What the queries return: frozen, and free of the database."""

from dataclasses import dataclass
from typing import Literal

from data_contracts import (
    AdapterManifest,
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
from governance.export.verify import Problem, VerificationReport

__all__ = [
    "Change",
    "EventProof",
    "ItemChange",
    "Problem",
    "UpdateDetail",
    "UpdateSummary",
    "VerificationReport",
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
