"""Decisions and updates: what was judged, what was submitted, and where each update stands."""

import json
from dataclasses import dataclass

from sqlalchemy import Connection, Row, func, insert, select

from data_contracts import Digest, Signature, UpdateBundle, UpdateStatus, Verdict, canonical_json, sha256_digest
from governance.approvals.signatures import approves, signatures_of
from governance.registry.errors import NotFoundError, SubmissionError
from governance.store.tables import decisions, promotions, updates


@dataclass(frozen=True)
class Inputs:
    """What a decision was made from, by digest."""

    arm: str
    policy: Digest
    incumbent: Digest
    candidate: Digest
    new_suite: Digest
    prior_suites: tuple[Digest, ...]
    incumbent_scores: tuple[Digest, ...]
    candidate_scores: tuple[Digest, ...]
    control: bool

    def canonical_bytes(self) -> bytes:
        """Return the bytes whose digest finds an earlier decision over the same inputs."""
        sorted_lists = {
            name: sorted(value) if isinstance(value, tuple) else value for name, value in vars(self).items()
        }
        return canonical_json(sorted_lists)


@dataclass(frozen=True)
class StoredDecision:
    """A decision the gate made here."""

    digest: Digest
    update_id: str
    verdict: Verdict
    control: bool
    inputs: dict[str, object]


@dataclass(frozen=True)
class StoredUpdate:
    """An update as it was submitted."""

    update_id: str
    bundle: Digest
    decision: Digest
    submitted_at: str


def decision_on(connection: Connection, inputs: Inputs) -> StoredDecision | None:
    """Return the decision that was made over these inputs."""
    key = sha256_digest(inputs.canonical_bytes())
    row = connection.execute(select(decisions).where(decisions.c.inputs_digest == key)).first()
    return None if row is None else _decision(row)


def add_decision(connection: Connection, inputs: Inputs, digest: Digest, update_id: str, verdict: Verdict) -> None:
    """Remember a decision and what it was made from."""
    row = {
        "inputs_digest": sha256_digest(inputs.canonical_bytes()),
        "inputs": inputs.canonical_bytes(),
        "digest": digest,
        "update_id": update_id,
        "verdict": verdict.value,
        "control": inputs.control,
    }
    connection.execute(insert(decisions).values(**row))


def find_decision(connection: Connection, digest: Digest) -> StoredDecision | None:
    """Return a decision by its digest; one that counts before one of a control arm."""
    query = select(decisions).where(decisions.c.digest == digest).order_by(decisions.c.control).limit(1)
    row = connection.execute(query).first()
    return None if row is None else _decision(row)


def find_update(connection: Connection, update_id: str) -> StoredUpdate:
    """Return a submitted update.

    Raises:
        NotFoundError: there is none of this id.
    """
    row = connection.execute(select(updates).where(updates.c.update_id == update_id)).first()
    if row is None:
        raise NotFoundError(f"update {update_id}: not submitted; see `clinical-sdft review list`")
    return StoredUpdate(row.update_id, row.bundle, row.decision, row.submitted_at)


def all_updates(connection: Connection) -> tuple[StoredUpdate, ...]:
    """Return all submitted updates, the newest first."""
    rows = connection.execute(select(updates).order_by(updates.c.submitted_at.desc(), updates.c.update_id))
    return tuple(StoredUpdate(row.update_id, row.bundle, row.decision, row.submitted_at) for row in rows)


def add_update(connection: Connection, bundle: UpdateBundle, submitted_at: str) -> bool:
    """Remember a submitted bundle. Return False when this very bundle was submitted before.

    Raises:
        SubmissionError: the id names another bundle.
    """
    digest = bundle.digest
    known = connection.scalar(select(updates.c.bundle).where(updates.c.update_id == bundle.update_id))
    if known == digest:
        return False
    if known is not None:
        raise SubmissionError(f"update {bundle.update_id}: this id names another bundle; choose a fresh id")
    row = {
        "update_id": bundle.update_id,
        "bundle": digest,
        "decision": bundle.decision,
        "submitted_at": submitted_at,
    }
    connection.execute(insert(updates).values(**row))
    return True


def status(connection: Connection, update: StoredUpdate) -> UpdateStatus:
    """Return where an update stands: never stored, it follows from decision, signatures and promotions."""
    decision = find_decision(connection, update.decision)
    promoted = connection.scalar(select(func.count()).where(promotions.c.update_id == update.update_id))
    signed = signatures_of(connection, update.update_id)
    if promoted:
        return UpdateStatus.PROMOTED
    if decision is None or decision.verdict is not Verdict.PASS or decision.control:
        return UpdateStatus.BLOCKED
    if any(entry.signature.decision == "reject" for entry in signed):
        return UpdateStatus.REJECTED
    return UpdateStatus.APPROVED if approves(signed) else UpdateStatus.WAITING


def signatures(connection: Connection, update_id: str) -> tuple[Signature, ...]:
    """Return an update's signatures in the order they were given."""
    return tuple(entry.signature for entry in signatures_of(connection, update_id))


def _decision(row: Row[*tuple[object, ...]]) -> StoredDecision:
    return StoredDecision(row.digest, row.update_id, Verdict(row.verdict), row.control, json.loads(row.inputs))
