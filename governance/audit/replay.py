"""Replays the log: what its events, read in order, say that every row of every other table must hold.

Both sides become facts, tuples of text that begin with the table's name: `Replay.take` makes them from events,
`row_facts` from rows. A column that no fact mentions could be altered unseen, so every column is in one.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Table, select

from data_contracts import (
    AuditEvent,
    Contract,
    Deletion,
    LegalHold,
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
    instant_text,
    people,
    promotions,
    proofs_used,
    retirements,
    signatures,
    suite_spend,
    suites,
    updates,
)

Fact = tuple[str, ...]


class Replay:
    """What the events taken so far say; memory grows with the other tables, not with the log."""

    def __init__(self, inputs: dict[str, dict[str, Any]]) -> None:
        """Start before the first event.

        Args:
            inputs: what each decision was made from, by digest; `decision_inputs` reads it.
        """
        self._inputs = inputs
        self._facts = Counter[Fact]()
        self._first: dict[str, int] = {}
        self._suites: dict[str, tuple[str, str, bool]] = {}
        self._spent: dict[tuple[str, str, str], int] = {}
        self._line: list[str] = []
        self._signatures = 0
        self.stamped: list[AuditEvent] = []
        """Events that name a time stamp."""
        self.unknown: set[str] = set()
        """Tables of which the log says something that cannot be told, because another table was altered."""

    def take(self, event: AuditEvent) -> None:
        """Read the next event.

        Raises:
            KeyError: it lacks a detail that its action promises.
        """
        subject, details = event.subject or "", event.details
        match event.action:
            case "person-added":
                username = str(details["username"])
                self._say(event, people, details["credential"], username, username.casefold())
            case "totp-enrolled" | "totp-reset" | "identity-linked" | "identity-unlinked":
                self._say(event, credentials, details["username"], details["kind"], str(details["position"]))
            case "proof-accepted":
                self._facts[_fact(proofs_used, details["proof"], event.actor)] += 1
            case "gate-decided":
                self._decided(event)
            case "update-submitted":
                self._say(event, updates, event.update_id, details["decision"], details["submitted_at"])
            case "update-signed":
                self._signatures += 1
                given = (details["roles"], event.update_id, event.actor, details["decision"])
                self._say(event, signatures, subject, self._signatures, *given, True)
            case "model-installed" | "update-promoted" | "model-rolled-back":
                self._line.append(str(details["current"]))
                moved = (details["previous"], details["current"], event.update_id)
                self._say(event, promotions, subject, len(self._line), *moved, True)
            case "suite-registered" | "suite-joined-prior" | "suite-retired":
                self._first.setdefault(subject, event.seq)
                retired = event.action == "suite-retired"
                self._suites[subject] = (str(details["suite_id"]), str(details["kind"]), retired)
            case "checkpoint-time-stamped":
                self.stamped.append(event)
            case "model-retired":
                self._say(event, retirements, details["model"])
            case "hold-set" | "hold-released":
                self._say(event, holds, details["hold"], str(details["position"]))
            case "object-deleted":
                self._say(event, deletions, details["object"])

    def facts(self) -> Counter[Fact]:
        """Return all that the tables must hold, in the order in which it was said."""
        facts = Counter(self._facts)
        for position, (digest, entry) in enumerate(self._suites.items(), 1):
            facts[_fact(suites, digest, *entry, position)] += 1
        if suite_spend.name not in self.unknown:
            facts.update(_fact(suite_spend, *key, attempt) for key, attempt in self._spent.items())
        return facts

    def first_said(self, fact: Fact) -> int | None:
        """Return the seq of the first event on what a fact is about."""
        return self._first.get(fact[1])

    def _say(self, event: AuditEvent, table: Table, *columns: object) -> None:
        self._facts[_fact(table, event.subject or "", *columns)] += 1
        self._first.setdefault(event.subject or "", event.seq)

    def _decided(self, event: AuditEvent) -> None:
        details = event.details
        key, control = str(details["inputs"]), details["control"]
        self._say(event, decisions, key, key, event.update_id, details["verdict"], control)
        inputs = self._inputs.get(key)
        if inputs is None:
            self.unknown.add(suite_spend.name)
        if inputs is None or control or details["verdict"] == "ERROR":
            return
        incumbent = inputs["incumbent"]
        lineage = self._line[0] if incumbent in self._line else incumbent
        for suite in inputs["prior_suites"]:
            self._first.setdefault(suite, event.seq)
            self._spent.setdefault((suite, lineage, inputs["candidate"]), int(str(details["attempt"])))


def decision_inputs(connection: Connection) -> dict[str, dict[str, Any]]:
    """Return what each decision was made from, under the digest of its bytes; what cannot be read is left out."""
    found = {}
    for data in connection.scalars(select(decisions.c.inputs)):
        try:
            read = json.loads(data)
            found[sha256_digest(data)] = {name: read[name] for name in ("incumbent", "candidate", "prior_suites")}
        except (ValueError, TypeError, KeyError):
            continue
    return found


def row_facts(connection: Connection) -> Iterator[tuple[str, Fact | None]]:
    """Yield every row of every table with its fact; None where it cannot be read."""
    for table, columns in _ROWS.items():
        for row in connection.execute(select(table)):
            try:
                yield table.name, _fact(table, *columns(row))
            except (ValueError, TypeError, AttributeError):
                yield table.name, None


def _fact(table: Table, about: object, *columns: object) -> Fact:
    return table.name, str(about), *(repr(column) for column in columns)


def _signature(row: Any) -> tuple[object, ...]:
    made = Signature.from_bytes(row.canonical)
    agrees = (made.update_id, made.username, made.decision) == (row.update_id, row.username, row.decision)
    given = (row.roles, row.update_id, row.username, row.decision)
    return sha256_digest(row.canonical), row.digest, row.position, *given, agrees


def _promotion(row: Any) -> tuple[object, ...]:
    made = Promotion.from_bytes(row.canonical)
    agrees = instant_text(made.valid_from) == row.valid_from == row.recorded_at
    moved = (row.previous, row.current, row.update_id)
    return sha256_digest(row.canonical), row.digest, row.position, *moved, agrees


def _decision(row: Any) -> tuple[object, ...]:
    return row.digest, sha256_digest(row.inputs), row.inputs_digest, row.update_id, row.verdict, row.control


def _person(row: Any) -> tuple[object, ...]:
    credential = sha256_digest(row.password_hash.encode())
    return sha256_digest(row.person), credential, row.username, row.username_key


def _digest(row: Any, kind: type[Contract], *columns: str) -> str:
    """Return the digest of a row's contract; columns that repeat the contract must say the same."""
    contract = kind.from_bytes(row.canonical)
    told = contract.model_dump(mode="json") | {"digest": contract.digest}
    wrong = [name for name in columns if getattr(row, name) != told[name]]
    return sha256_digest(row.canonical) if not wrong else f"{contract.digest} (column {', '.join(wrong)})"


def _proof(proof: str, step: int | None) -> str:
    """Return a used proof as the log names it; a code's time step must be the one in its name."""
    expected = int(proof.removeprefix("totp:")) if proof.startswith("totp:") else None
    return proof if step == expected else f"{proof} (column step)"


_ROWS: dict[Table, Callable[[Any], tuple[object, ...]]] = {
    people: _person,
    credentials: lambda row: (sha256_digest(row.value), row.username, row.kind, str(row.position)),
    proofs_used: lambda row: (_proof(row.proof, row.step), row.username),
    decisions: _decision,
    updates: lambda row: (row.bundle, row.update_id, row.decision, row.submitted_at),
    signatures: _signature,
    promotions: _promotion,
    suites: lambda row: (row.digest, row.suite_id, row.kind, row.retired, row.position),
    retirements: lambda row: (_digest(row, Retirement, "digest", "model", "retired_at"), row.model),
    holds: lambda row: (_digest(row, LegalHold, "digest", "hold_id", "kind"), row.hold_id, str(row.position)),
    deletions: lambda row: (_digest(row, Deletion, "digest", "object", "deleted_at"), row.object),
    suite_spend: lambda row: (row.suite, row.lineage, row.candidate, row.attempt),
}
"""The columns of each row as the log says them; the first names what the row is about."""
