"""What the log says of every other table, and what the tables say: the two must be the same."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Table

from data_contracts import (
    AuditEvent,
    Contract,
    Deletion,
    LegalHold,
    Person,
    Promotion,
    Retirement,
    Signature,
    sha256_digest,
)
from governance.store.tables import (
    credentials,
    decisions,
    deletions,
    holds,
    people,
    promotions,
    proofs_used,
    retirements,
    signatures,
    suites,
    updates,
)

Fact = tuple[str, ...]
_SUITE_ACTIONS = ("suite-registered", "suite-joined-prior", "suite-retired")


def in_force(logged: list[AuditEvent]) -> Iterator[AuditEvent]:
    """Yield the events without those on a suite that a later event on the same suite replaced."""
    last = {event.subject: event.seq for event in logged if event.action in _SUITE_ACTIONS}
    for event in logged:
        if event.action not in _SUITE_ACTIONS or last[event.subject] == event.seq:
            yield event


def said(event: AuditEvent) -> Iterator[Fact]:
    """Yield what an event says that a row must say.

    Raises:
        KeyError: it lacks a detail that events of its action have.
    """
    subject, details = event.subject or "", event.details
    match event.action:
        case "person-added":
            yield "people", subject, str(details["credential"])
        case "totp-enrolled" | "totp-reset" | "identity-linked" | "identity-unlinked":
            yield "credentials", subject, str(details["username"]), str(details["kind"]), str(details["position"])
        case "proof-accepted":
            yield "proofs_used", str(details["proof"]), event.actor
        case "gate-decided":
            yield "decisions", subject, str(details["inputs"]), str(details["verdict"]), str(details["control"])
        case "update-submitted":
            yield "updates", subject, str(event.update_id), str(details["decision"])
        case "update-signed":
            yield "signatures", subject, str(details["roles"])
        case "model-installed" | "update-promoted" | "model-rolled-back":
            yield "promotions", subject, str(details["previous"]), str(details["current"])
        case "suite-registered" | "suite-joined-prior" | "suite-retired":
            yield "suites", subject, str(details["kind"]), str(event.action == "suite-retired")
        case "model-retired":
            yield "retirements", subject, str(details["model"])
        case "hold-set" | "hold-released":
            yield "holds", subject, str(details["hold"]), str(details["position"])
        case "object-deleted":
            yield "deletions", subject, str(details["object"])


FACTS: dict[Table, Callable[[Any], Fact]] = {
    people: lambda row: (_person(row), sha256_digest(row.password_hash.encode())),
    credentials: lambda row: (sha256_digest(row.value), row.username, row.kind, str(row.position)),
    proofs_used: lambda row: (_proof(row.proof, row.step), row.username),
    decisions: lambda row: (row.digest, sha256_digest(row.inputs), row.verdict, str(row.control)),
    updates: lambda row: (row.bundle, row.update_id, row.decision),
    signatures: lambda row: (_digest(row, Signature, "digest", "update_id", "username", "decision"), row.roles),
    promotions: lambda row: (_promotion(row), str(row.previous), row.current),
    suites: lambda row: (row.digest, row.kind, str(row.retired)),
    retirements: lambda row: (_digest(row, Retirement, "digest", "model", "retired_at"), row.model),
    holds: lambda row: (_digest(row, LegalHold, "digest", "hold_id", "kind"), row.hold_id, str(row.position)),
    deletions: lambda row: (_digest(row, Deletion, "digest", "object", "deleted_at"), row.object),
}
"""What each row claims; every claim must stand in the log, and everything the log says must have its row."""


def _digest(row: Any, kind: type[Contract], *columns: str) -> str:
    """Return the digest of a row's contract; columns that repeat the contract must say the same."""
    contract = kind.from_bytes(row.canonical)
    told = contract.model_dump(mode="json") | {"digest": contract.digest}
    wrong = [name for name in columns if getattr(row, name) != told[name]]
    return sha256_digest(row.canonical) if not wrong else f"{contract.digest} (column {', '.join(wrong)})"


def _promotion(row: Any) -> str:
    # A promotion takes effect when it is recorded; no event tells of another moment.
    columns = ("digest", "previous", "current", "update_id", "valid_from")
    return _digest(row, Promotion, *columns) + ("" if row.recorded_at == row.valid_from else " (column recorded_at)")


def _person(row: Any) -> str:
    person = Person.from_bytes(row.person)
    named = (row.username, row.username_key) == (person.username, person.username.casefold())
    return person.digest if named else f"{person.digest} (column username)"


def _proof(proof: str, step: int | None) -> str:
    """Return a used proof as the log names it; a code's time step must be the one in its name."""
    expected = int(proof.removeprefix("totp:")) if proof.startswith("totp:") else None
    return proof if step == expected else f"{proof} (column step)"
