"""Verifies the live store: the log against its signed heads and the witness, all else against the log."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError
from sqlalchemy import Connection, Engine, Row, select
from sqlalchemy.exc import DatabaseError

from data_contracts import AuditEvent, UpdateBundle, sha256_digest
from governance.audit.errors import TimeStampError
from governance.audit.log import columns_of
from governance.audit.replay import Fact, Replay, decision_inputs, row_facts
from governance.audit.timestamps import TimeStamps, check, named_in, read_roots
from governance.export.verify import Log, VerificationReport, check_notes, claimed_sizes, fingerprint, split_notes
from governance.registry.pointer import CONTENTS, POINTER, read_pointer
from governance.store.database import reading
from governance.store.errors import IntegrityError, MissingObjectError, StoreError
from governance.store.objects import ObjectStore
from governance.store.schema import schema_problems
from governance.store.tables import checkpoints, deletions, events, updates

_ROWS_AT_ONCE = 2_000


def verify_live(
    engine: Engine,
    objects: ObjectStore,
    *,
    key: Ed25519PublicKey,
    witness: Path,
    serving: Path,
    time_stamps: TimeStamps,
) -> VerificationReport:
    """Verify everything governance keeps.

    Events are read in one pass and not kept, so memory does not grow with the log.

    Args:
        engine: the database.
        objects: the object store; every object's bytes are hashed.
        key: the log's public key.
        witness: the witness file; best a copy that another host kept.
        serving: folder of the serving pointer.
        time_stamps: folder of the time-stamp tokens, and the authority whose roots they must chain to.
    """
    report = VerificationReport(str(engine.url), key_fingerprint=fingerprint(key))
    try:
        with reading(engine) as connection:
            stamped = _verify_database(connection, key, witness, serving, report)
            _verify_stamps(connection, time_stamps, stamped, report)
            _verify_presence(connection, objects, report)
    except (StoreError, DatabaseError, UnicodeDecodeError) as error:  # a table or a page that cannot even be read
        report.bad("database", f"cannot be read to its end: {str(error).splitlines()[0]}")
    except (TypeError, ValueError, AttributeError) as error:  # a value of a kind that its column never holds
        report.bad("database", f"cannot be read to its end: a value of the wrong kind ({type(error).__name__})")
    for digest in objects.altered():
        report.bad("objects", f"{digest} was altered")
    return report


def _verify_database(
    connection: Connection, key: Ed25519PublicKey, witness: Path, serving: Path, report: VerificationReport
) -> list[AuditEvent]:
    """Verify the tables and the pointer; return the events that name time stamps."""
    for problem in schema_problems(connection):
        report.bad("schema", problem)
    stored = connection.execute(select(checkpoints).order_by(checkpoints.c.tree_size)).all()
    witnessed = _read_witness(witness, report)
    log = Log(claimed_sizes("\n".join([*(row.note for row in stored), *(witnessed or [])])))
    replay = Replay(decision_inputs(connection))
    _verify_events(connection, log, replay, report)
    _verify_heads(stored, witnessed, key, log, report)
    if log.readable:
        _verify_rows(connection, replay, report)
    else:
        report.notes.append("the other tables were not compared with the log, which cannot be read to its end")
    _verify_pointer(connection, serving, report)
    return replay.stamped


def _verify_events(connection: Connection, log: Log, replay: Replay, report: VerificationReport) -> None:
    """Add every event to the log and the replay, up to the first that cannot be read."""
    before = ""
    query = select(events).order_by(events.c.seq).execution_options(yield_per=_ROWS_AT_ONCE)
    for row in connection.execute(query):
        number = log.size
        event = _next_event(row, log)
        if isinstance(event, str):
            report.bad("events", f"event {number} {event}", number)
            log.readable = False
            break
        if row.recorded_at < before:
            report.bad("events", f"event {number} is dated before the event above it", number)
        before = row.recorded_at
        try:
            replay.take(event)
        except KeyError as error:
            report.bad("events", f"event {number} lacks {error}", number)
    report.events = log.size


def _next_event(row: Row[*tuple[object, ...]], log: Log) -> AuditEvent | str:
    """Add a row's event to the log and return it, or say why it is not the next one."""
    try:
        event = AuditEvent.from_bytes(row.canonical)
    except (ValidationError, TypeError):
        return "is not an event"
    if row.seq != log.size or event.seq != log.size:
        return "is missing or out of place"
    expected = columns_of(event, log.peaks)
    if altered := [name for name, value in expected.items() if getattr(row, name) != value]:
        return f"was altered ({', '.join(altered)})"
    log.add(row.leaf_hash)
    return event


def _read_witness(witness: Path, report: VerificationReport) -> list[str] | None:
    try:
        return split_notes(witness.read_bytes().decode()) if witness.is_file() else []
    except ValueError as error:
        report.bad("witness", f"unreadable: {error}")
        return None


def _verify_heads(
    stored: Sequence[Row[*tuple[object, ...]]],
    witnessed: list[str] | None,
    key: Ed25519PublicKey,
    log: Log,
    report: VerificationReport,
) -> None:
    heads = check_notes([(f"checkpoint {row.tree_size}", row.note) for row in stored], key, log, report)
    if [(head.size, head.root.hex()) for head in heads] != [(row.tree_size, row.root) for row in stored]:
        report.bad("checkpoints", "the rows do not say what their notes say")
    if witnessed is None:
        return
    notes = [(f"witness, note {number}", note) for number, note in enumerate(witnessed, 1)]
    outside = {head.size for head in check_notes(notes, key, log, report)}
    for size in sorted({head.size for head in heads} - outside):
        report.bad("witness", f"does not know checkpoint {size}")
    if (last := max(outside, default=0)) < log.size:
        report.notes.append(f"{log.size - last} events are younger than the last witnessed checkpoint")


def _verify_rows(connection: Connection, replay: Replay, report: VerificationReport) -> None:
    said, found = replay.facts(), Counter[Fact]()
    for table, fact in row_facts(connection):
        if fact is None:
            report.bad(table, "holds a row that cannot be read")
        elif table not in replay.unknown:
            found[fact] += 1
    for table, about, *_ in sorted(found - said):
        report.bad(table, f"{about} is not what the log says")
    for fact in sorted(said - found):
        report.bad(fact[0], f"{fact[1]} stands in the log, but not in the table", replay.first_said(fact))


def _verify_stamps(
    connection: Connection, time_stamps: TimeStamps, stamped: list[AuditEvent], report: VerificationReport
) -> None:
    named = named_in(stamped)
    known = {time_stamps.path(size, digest).name for size, digest in named}
    for path in sorted(time_stamps.folder.glob("*.tsr")):
        if path.name not in known:
            report.notes.append(f"time stamp {path.name} is not in the log and was passed over")
    pem = time_stamps.roots_pem()
    if named and pem is None:
        report.notes.append("the time stamps' signatures were not checked: no authority is set up here")
    notes = {row.tree_size: row.note for row in connection.execute(select(checkpoints))}
    try:
        roots = read_roots(pem) if named and pem is not None else None
    except TimeStampError as error:
        report.bad("time stamps", str(error))
        return
    for event, (size, digest) in zip(stamped, named, strict=True):
        path = time_stamps.path(size, digest)
        data = path.read_bytes() if path.is_file() else b""
        if sha256_digest(data) != digest:
            report.bad(path.name, "was altered" if data else "stands in the log, but its file is gone", event.seq)
        elif roots is not None:
            try:
                check(data, notes.get(size, ""), roots)
            except TimeStampError as error:
                report.bad(path.name, str(error), event.seq)


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
