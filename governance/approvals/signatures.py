"""Signatures on updates, and the rule that makes an approval of them (21 CFR 11.50, 11.70, 11.200)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import permutations
from typing import Literal

from sqlalchemy import Connection, func, insert, select

from data_contracts import Person, PersonRole, Signature, UpdateBundle, UpdateStatus
from governance.approvals.errors import SignatureError
from governance.approvals.roles import ALLOWED
from governance.store.tables import signatures

Decision = Literal["approve", "reject"]
SIGNING_ROLES = ALLOWED["sign"]
_WANTED = {
    PersonRole.CLINICIAN: "a signature by a clinician",
    PersonRole.APPROVER: "a signature by an approver",
}
MEANINGS: dict[Decision, str] = {
    "approve": "I reviewed the changed answers and their source, and approve that this model answers patients.",
    "reject": "I reviewed the changed answers and their source, and refuse that this model answers patients.",
}


@dataclass(frozen=True)
class Signed:
    """A signature with the signer's roles at that time."""

    signature: Signature
    roles: tuple[PersonRole, ...]


def signatures_of(connection: Connection, update_id: str) -> tuple[Signed, ...]:
    """Return an update's signatures in the order they were given."""
    query = select(signatures).where(signatures.c.update_id == update_id).order_by(signatures.c.position)
    return tuple(
        Signed(Signature.from_bytes(row.canonical), tuple(PersonRole(role) for role in row.roles.split(",")))
        for row in connection.execute(query)
    )


def missing(signed: Sequence[Signed]) -> tuple[str, ...]:
    """Return what an approval still needs, in words; nothing when two people filled the two roles."""
    approvals = {entry.signature.username.casefold(): entry for entry in signed if _approves(entry)}
    if any(
        PersonRole.CLINICIAN in one.roles and PersonRole.APPROVER in other.roles
        for one, other in permutations(approvals.values(), 2)
    ):
        return ()
    present = {role for entry in approvals.values() for role in entry.roles}
    open_roles = tuple(_WANTED[role] for role in SIGNING_ROLES if role not in present)
    return open_roles or ("a signature by a second person",)


def approves(signed: Sequence[Signed]) -> bool:
    """Say whether two distinct people approve, one of them a clinician and the other an approver."""
    return not missing(signed)


def refuse_signer(
    person: Person,
    roles: Sequence[PersonRole],
    bundle: UpdateBundle,
    status: UpdateStatus,
    signed: Sequence[Signed],
    decision: Decision,
) -> None:
    """Check that a person may sign, with the roles that the proof of identity leaves.

    Raises:
        SignatureError: the person requested the update, has no signing role, has signed already, or the update
            is past this decision.
    """
    where = f"signature on {bundle.update_id}"
    if bundle.requester.casefold() in (person.username.casefold(), person.printed_name.casefold()):
        raise SignatureError(f"{where}: {person.username} requested this update; somebody else must sign")
    if not set(roles) & set(SIGNING_ROLES):
        raise SignatureError(f"{where}: {person.username} is neither clinician nor approver; ask one who is")
    allowed = (UpdateStatus.WAITING, UpdateStatus.APPROVED) if decision == "reject" else (UpdateStatus.WAITING,)
    if status not in allowed:
        raise SignatureError(f"{where}: the update is {status.value}; only one that waits can be signed")
    if any((s.signature.username, s.signature.decision) == (person.username, decision) for s in signed):
        raise SignatureError(f"{where}: {person.username} has signed; a second person must")


def make(person: Person, bundle: UpdateBundle, decision: Decision, reason: str, signed_at: datetime) -> Signature:
    """Return the signature: printed name, time and meaning, bound to the bundle's digest.

    Raises:
        SignatureError: there is no reason.
    """
    if not reason.strip():
        raise SignatureError(f"signature on {bundle.update_id}: give a reason in your own words")
    return Signature(
        update_id=bundle.update_id,
        bundle=bundle.digest,
        username=person.username,
        printed_name=person.printed_name,
        decision=decision,
        meaning=MEANINGS[decision],
        reason=reason,
        signed_at=signed_at,
    )


def add(connection: Connection, signature: Signature, roles: Sequence[PersonRole]) -> None:
    """Remember a signature."""
    last = connection.scalar(select(func.max(signatures.c.position))) or 0
    row = {
        "position": last + 1,
        "digest": signature.digest,
        "canonical": signature.canonical_bytes(),
        "update_id": signature.update_id,
        "username": signature.username,
        "decision": signature.decision,
        "roles": join_roles(roles),
    }
    connection.execute(insert(signatures).values(**row))


def join_roles(roles: Sequence[PersonRole]) -> str:
    """Return roles as the database and the log write them."""
    return ",".join(sorted(role.value for role in roles))


def _approves(entry: Signed) -> bool:
    return entry.signature.decision == "approve"
