"""Collects what an export shows, as of one signed head of the log."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, select

from data_contracts import AuditEvent, Checkpoint, Person, Promotion, Settlement
from governance.approvals.people import everyone
from governance.audit.timestamps import StoredToken, TimeStamps
from governance.export.selection import Selection, choose
from governance.registry import promotions, suites
from governance.registry.records import UpdateRecord
from governance.store.database import reading
from governance.store.objects import ObjectStore
from governance.store.tables import checkpoints, events


@dataclass(frozen=True)
class Entry:
    """One leaf of the log; `event` is None where the export withholds it and shows the hash alone."""

    seq: int
    leaf: bytes
    event: AuditEvent | None

    @property
    def line(self) -> bytes:
        """The line of `events.jsonl`: the event's canonical bytes, or the hash that stands for it."""
        if self.event is None:
            return b'{"leaf_hash":"%s","seq":%d}' % (self.leaf.hex().encode(), self.seq)
        return self.event.canonical_bytes()


@dataclass(frozen=True)
class Material:
    """All that an export is made from."""

    head: Checkpoint
    exported_at: datetime
    export_event: int
    """Seq of the event that this export is."""
    selection: Selection
    entries: tuple[Entry, ...]
    notes: tuple[tuple[int, str], ...]
    """Tree size and signed note of every checkpoint, the smallest first."""
    tokens: tuple[StoredToken, ...]
    token_roots: bytes | None
    records: tuple[UpdateRecord, ...]
    promotions: tuple[Promotion, ...]
    people: tuple[Person, ...]
    suites: tuple[suites.SuiteEntry, ...]
    settlements: tuple[Settlement, ...]

    @property
    def events(self) -> tuple[AuditEvent, ...]:
        """The events that are shown."""
        return tuple(entry.event for entry in self.entries if entry.event is not None)

    @property
    def of(self) -> str:
        """What is shown, for titles: empty, or ` of …`."""
        return f" of {self.selection.words}" if self.selection.words else ""


def collect(
    engine: Engine,
    objects: ObjectStore,
    *,
    head: Checkpoint,
    event: AuditEvent,
    selection: Selection,
    time_stamps: TimeStamps,
) -> Material:
    """Read everything in one consistent view.

    Args:
        engine: the database.
        objects: the object store.
        head: the signed head up to which the log is shown.
        event: the event that this export is.
        selection: what is shown; the rest is represented by its hashes.
        time_stamps: the folder of time-stamp tokens.

    Raises:
        NotFoundError: there is no such update, or nothing concerns the record.
        IntegrityError: a time-stamp token that the log knows is gone or altered.
    """
    with reading(engine) as connection:
        leaves, log = _log(connection, head.tree_size)
        choice = choose(connection, objects, log, selection)
        entries = tuple(
            Entry(seq, leaf, one if seq in choice.shown else None)
            for seq, (leaf, one) in enumerate(zip(leaves, log, strict=True))
        )
        subjects = {one.subject for one in log if one.seq in choice.shown}
        notes = connection.execute(
            select(checkpoints.c.tree_size, checkpoints.c.note)
            .where(checkpoints.c.tree_size <= head.tree_size)
            .order_by(checkpoints.c.tree_size)
        )
        return Material(
            head=head,
            exported_at=event.recorded_at,
            export_event=event.seq,
            selection=selection,
            entries=entries,
            notes=tuple((row.tree_size, row.note) for row in notes),
            tokens=time_stamps.stored(log),
            token_roots=time_stamps.roots_pem(),
            records=choice.records,
            promotions=tuple(p for p in promotions.history(connection) if p.digest in subjects),
            people=_people(connection, None if selection.everything else choice.records),
            suites=tuple(e for e in suites.entries(connection) if e.digest in subjects),
            settlements=tuple(
                Settlement.from_bytes(objects.get(one.subject))
                for one in log
                if one.seq in choice.shown and one.action == "conflicts-settled" and one.subject
            ),
        )


def _log(connection: Connection, size: int) -> tuple[list[bytes], tuple[AuditEvent, ...]]:
    query = select(events.c.canonical, events.c.leaf_hash).where(events.c.seq < size).order_by(events.c.seq)
    rows = connection.execute(query).all()
    return [row.leaf_hash for row in rows], tuple(AuditEvent.from_bytes(row.canonical) for row in rows)


def _people(connection: Connection, records: tuple[UpdateRecord, ...] | None) -> tuple[Person, ...]:
    if records is None:
        return everyone(connection)
    named = {entry.signature.username for record in records for entry in record.signed}
    named |= {record.bundle.requester for record in records}
    return tuple(person for person in everyone(connection) if person.username in named)
