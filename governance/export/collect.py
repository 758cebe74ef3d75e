"""Collects what an export shows, as of one signed head of the log."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, select

from data_contracts import AuditEvent, Checkpoint, Digest, Person, Promotion
from governance.approvals.people import everyone
from governance.registry import promotions, suites
from governance.registry.records import UpdateRecord, load_update
from governance.registry.updates import all_updates
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
    update_id: str | None
    entries: tuple[Entry, ...]
    notes: tuple[tuple[int, str], ...]
    """Tree size and signed note of every checkpoint, the smallest first."""
    records: tuple[UpdateRecord, ...]
    promotions: tuple[Promotion, ...]
    people: tuple[Person, ...]
    suites: tuple[suites.SuiteEntry, ...]

    @property
    def events(self) -> tuple[AuditEvent, ...]:
        """The events that are shown."""
        return tuple(entry.event for entry in self.entries if entry.event is not None)


def collect(
    engine: Engine, objects: ObjectStore, head: Checkpoint, exported_at: datetime, update_id: str | None
) -> Material:
    """Read everything in one consistent view.

    Raises:
        NotFoundError: there is no such update.
    """
    with reading(engine) as connection:
        ids = [update_id] if update_id else [entry.update_id for entry in reversed(all_updates(connection))]
        records = tuple(load_update(connection, objects, one) for one in ids)
        line = promotions.history(connection)
        shown = None if update_id is None else _subjects(records[0])
        notes = connection.execute(
            select(checkpoints.c.tree_size, checkpoints.c.note)
            .where(checkpoints.c.tree_size <= head.tree_size)
            .order_by(checkpoints.c.tree_size)
        )
        return Material(
            head=head,
            exported_at=exported_at,
            update_id=update_id,
            entries=tuple(_entries(connection, head.tree_size, update_id, shown)),
            notes=tuple((row.tree_size, row.note) for row in notes),
            records=records,
            promotions=tuple(p for p in line if update_id is None or p.update_id == update_id),
            people=_people(connection, records if update_id else None),
            suites=tuple(e for e in suites.entries(connection) if shown is None or e.digest in shown),
        )


def _entries(connection: Connection, size: int, update_id: str | None, shown: set[Digest] | None) -> Iterator[Entry]:
    query = select(events.c.canonical, events.c.leaf_hash).where(events.c.seq < size).order_by(events.c.seq)
    for seq, row in enumerate(connection.execute(query)):
        event = AuditEvent.from_bytes(row.canonical)
        show = shown is None or event.update_id == update_id or event.subject in shown
        yield Entry(seq, row.leaf_hash, event if show else None)


def _subjects(record: UpdateRecord) -> set[Digest]:
    """Return the digests whose events belong to one update's story."""
    bundle = record.bundle
    return {bundle.new_suite, *bundle.prior_suites, record.stored.bundle, bundle.decision}


def _people(connection: Connection, records: tuple[UpdateRecord, ...] | None) -> tuple[Person, ...]:
    if records is None:
        return everyone(connection)
    named = {entry.signature.username for record in records for entry in record.signed}
    named |= {record.bundle.requester for record in records}
    return tuple(person for person in everyone(connection) if person.username in named)
