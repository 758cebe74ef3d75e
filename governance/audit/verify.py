"""Verifies the live store: the log against its signed heads and the witness, all else against the log."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError
from sqlalchemy import Connection, Engine, Table, select

from data_contracts import AuditEvent, Person, sha256_digest
from governance.audit.log import columns_of
from governance.export.verify import Log, VerificationReport, check_notes, fingerprint, split_notes
from governance.registry.pointer import CONTENTS, POINTER, read_pointer
from governance.store.database import reading
from governance.store.objects import ObjectStore
from governance.store.tables import (
    checkpoints,
    decisions,
    events,
    people,
    promotions,
    signatures,
    suites,
    updates,
)

Fact = tuple[str, ...]


def verify_live(
    engine: Engine, objects: ObjectStore, *, key: Ed25519PublicKey, witness: Path, serving: Path
) -> VerificationReport:
    """Verify everything governance keeps.

    Args:
        engine: the database.
        objects: the object store; every object's bytes are hashed.
        key: the log's public key.
        witness: the witness file; best a copy that another host kept.
        serving: folder of the serving pointer.
    """
    report = VerificationReport(str(engine.url), key_fingerprint=fingerprint(key))
    with reading(engine) as connection:
        log, logged = _verify_events(connection, report)
        _verify_heads(connection, key, witness, log, report)
        if log.readable:
            _verify_rows(connection, logged, report)
        else:
            report.notes.append("the other tables were not compared with the log, which cannot be read to its end")
        _verify_pointer(connection, serving, report)
    for digest in objects.altered():
        report.bad("objects", f"{digest} was altered")
    return report


def _verify_events(connection: Connection, report: VerificationReport) -> tuple[Log, list[AuditEvent]]:
    log, before = Log(), ""
    logged: list[AuditEvent] = []
    for number, row in enumerate(connection.execute(select(events).order_by(events.c.seq))):
        try:
            event = AuditEvent.from_bytes(row.canonical)
            expected = columns_of(event, log.peaks)
        except ValidationError:
            return _broken(log, logged, row.seq, "is not an event", report)
        if row.seq != number or event.seq != number:
            return _broken(log, logged, number, "is missing or out of place", report)
        found = {name: getattr(row, name) for name in expected}
        if found != expected:
            names = ", ".join(name for name in expected if found[name] != expected[name])
            return _broken(log, logged, number, f"was altered ({names})", report)
        if row.recorded_at < before:
            report.bad("events", f"event {number} is dated before the event above it", number)
        before = row.recorded_at
        log.add(row.leaf_hash)
        logged.append(event)
    report.events = len(log.leaves)
    return log, logged


def _broken(
    log: Log, logged: list[AuditEvent], number: int, what: str, report: VerificationReport
) -> tuple[Log, list[AuditEvent]]:
    """Report the event at which the log cannot be read on, and return what stands before it."""
    report.bad("events", f"event {number} {what}", number)
    report.events, log.readable = len(log.leaves), False
    return log, logged


def _verify_heads(
    connection: Connection, key: Ed25519PublicKey, witness: Path, log: Log, report: VerificationReport
) -> None:
    stored = connection.execute(select(checkpoints).order_by(checkpoints.c.tree_size)).all()
    heads = check_notes([(f"checkpoint {row.tree_size}", row.note) for row in stored], key, log, report)
    if [(head.size, head.root.hex()) for head in heads] != [(row.tree_size, row.root) for row in stored]:
        report.bad("checkpoints", "the rows do not say what their notes say")
    try:
        notes = split_notes(witness.read_text("utf-8")) if witness.is_file() else []
    except ValueError as error:
        report.bad("witness", f"unreadable: {error}")
        return
    witnessed = check_notes([(f"witness, note {n}", note) for n, note in enumerate(notes, 1)], key, log, report)
    for size in sorted({head.size for head in heads} - {head.size for head in witnessed}):
        report.bad("witness", f"does not know checkpoint {size}")
    last = max((head.size for head in witnessed), default=0)
    if last < len(log.leaves):
        report.notes.append(f"{len(log.leaves) - last} events are younger than the last witnessed checkpoint")


def _verify_pointer(connection: Connection, serving: Path, report: VerificationReport) -> None:
    for name, content in CONTENTS.items():
        try:
            expected = content(connection)
        except (ValidationError, KeyError):
            where, what = ("promotions", "the last one") if name == POINTER else ("events", "the last hand-off")
            report.bad(where, f"{what} cannot be read")
            continue
        if read_pointer(serving, name) != expected:
            what = "the model in force" if name == POINTER else "the model handed off last"
            report.bad(f"serving/{name}", f"does not name {what}; open the workspace to mend it")


def _verify_rows(connection: Connection, logged: list[AuditEvent], report: VerificationReport) -> None:
    said, found = Counter[Fact](), Counter[Fact]()
    for event in _in_force(logged):
        try:
            said.update(_said(event))
        except KeyError as error:
            report.bad("events", f"event {event.seq} lacks {error}", event.seq)
    for table, fact in _FACTS.items():
        for row in connection.execute(select(table)):
            try:
                found[table.name, *fact(row)] += 1
            except (ValueError, TypeError):
                report.bad(table.name, "holds a row that cannot be read")
    for fact_ in sorted(found - said):
        report.bad(fact_[0], f"{fact_[1]} is not what the log says")
    for fact_ in sorted(said - found):
        seq = next((event.seq for event in logged if fact_[1] == event.subject), None)
        report.bad(fact_[0], f"{fact_[1]} stands in the log, but not in the table", seq)


def _in_force(logged: list[AuditEvent]) -> Iterator[AuditEvent]:
    """Yield the events without those on a suite that a later event on the same suite replaced."""
    last = {event.subject: event.seq for event in logged if event.action in _SUITE_ACTIONS}
    for event in logged:
        if event.action not in _SUITE_ACTIONS or last[event.subject] == event.seq:
            yield event


def _said(event: AuditEvent) -> Iterator[Fact]:
    subject, details = event.subject or "", event.details
    match event.action:
        case "person-added":
            yield "people", subject, str(details["credential"])
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


_SUITE_ACTIONS = ("suite-registered", "suite-joined-prior", "suite-retired")
_FACTS: dict[Table, Callable[[Any], Fact]] = {
    people: lambda row: (Person.from_bytes(row.person).digest, sha256_digest(row.password_hash.encode())),
    decisions: lambda row: (row.digest, sha256_digest(row.inputs), row.verdict, str(row.control)),
    updates: lambda row: (row.bundle, row.update_id, row.decision),
    signatures: lambda row: (sha256_digest(row.canonical), row.roles),
    promotions: lambda row: (sha256_digest(row.canonical), str(row.previous), row.current),
    suites: lambda row: (row.digest, row.kind, str(row.retired)),
}
"""What each row claims; every claim must stand in the log, and everything the log says must have its row."""
