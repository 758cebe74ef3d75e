"""Verifies the live store: the log against its signed heads and the witness, all else against the log."""

from collections import Counter
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError
from sqlalchemy import Connection, Engine, select

from data_contracts import AuditEvent, UpdateBundle
from governance.audit.facts import FACTS, Fact, in_force, said
from governance.audit.log import columns_of
from governance.export.verify import Log, VerificationReport, check_notes, fingerprint, split_notes
from governance.registry.pointer import pointer_bytes, read_pointer
from governance.registry.promotions import current
from governance.store.database import reading
from governance.store.errors import IntegrityError, MissingObjectError
from governance.store.objects import ObjectStore
from governance.store.tables import checkpoints, deletions, events, updates


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
        _verify_presence(connection, objects, report)
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
    try:
        expected = pointer_bytes(current(connection))
    except ValidationError:
        report.bad("promotions", "the last one cannot be read")
        return
    if read_pointer(serving) != expected:
        report.bad("serving/current.json", "does not name the model in force; open the workspace to mend it")


def _verify_rows(connection: Connection, logged: list[AuditEvent], report: VerificationReport) -> None:
    logged_facts, found = Counter[Fact](), Counter[Fact]()
    for event in in_force(logged):
        try:
            logged_facts.update(said(event))
        except KeyError as error:
            report.bad("events", f"event {event.seq} lacks {error}", event.seq)
    for table, fact in FACTS.items():
        for row in connection.execute(select(table)):
            try:
                found[table.name, *fact(row)] += 1
            except (ValueError, TypeError):
                report.bad(table.name, "holds a row that cannot be read")
    for fact_ in sorted(found - logged_facts):
        report.bad(fact_[0], f"{fact_[1]} is not what the log says")
    for fact_ in sorted(logged_facts - found):
        seq = next((event.seq for event in logged if fact_[1] == event.subject), None)
        report.bad(fact_[0], f"{fact_[1]} stands in the log, but not in the table", seq)


def _verify_presence(connection: Connection, objects: ObjectStore, report: VerificationReport) -> None:
    """Report what an update was judged on and is gone, without retention having deleted it."""
    gone = set(connection.scalars(select(deletions.c.object)))
    wanted: dict[str, str] = {}
    for row in connection.execute(select(updates)):
        wanted[row.bundle] = row.update_id
        try:
            bundle = UpdateBundle.from_bytes(objects.get(row.bundle))
        except (MissingObjectError, IntegrityError, ValidationError):
            continue
        named = (bundle.decision, bundle.guideline, bundle.manifest, bundle.new_suite, *bundle.prior_suites)
        for digest in (*named, *bundle.incumbent_scores, *bundle.candidate_scores):
            wanted[digest] = bundle.update_id
    for digest, update_id in sorted(wanted.items()):
        if digest not in gone and not objects.has(digest):
            report.bad("objects", f"{digest} of update {update_id} is missing")
