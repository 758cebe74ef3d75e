"""Appends events, each in the transaction of what it documents, and signs the head of the log."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select

from data_contracts import AuditEvent, Checkpoint, Digest, canonical_json
from data_contracts.governance import DetailValue
from governance.audit.errors import EventError, WitnessError
from governance.audit.merkle import grow, leaf_hash, root_of, split_peaks
from governance.audit.note import LogKey
from governance.store.database import reading, writing
from governance.store.tables import checkpoints, events

Clock = Callable[[], datetime]

_LONGEST_TEXT = 300
_LAG_SECONDS = 1.0
_LAST = select(events.c.seq, events.c.peaks, events.c.canonical).order_by(events.c.seq.desc()).limit(1)
_INSERT = insert(events)
_REPEATED = ("recorded_at", "actor", "action", "subject", "update_id")


@dataclass(frozen=True)
class LogHead:
    """The end of the log."""

    size: int
    peaks: tuple[bytes, ...]
    recorded_at: datetime | None


@dataclass(frozen=True)
class Draft:
    """An event that has no place in the log yet.

    Args:
        actor: a username, or a part of the system.
        action: what happened, a short slug.
        subject: digest of what it happened to.
        update_id: the update it belongs to.
        details: digests, offsets and counts; never text of a patient.
    """

    actor: str
    action: str
    subject: Digest | None = None
    update_id: str | None = None
    details: Mapping[str, DetailValue] = field(default_factory=dict)


def head(connection: Connection) -> LogHead:
    """Return the end of the log."""
    row = connection.execute(_LAST).first()
    if row is None:
        return LogHead(0, (), None)
    return LogHead(row.seq + 1, split_peaks(row.peaks), AuditEvent.from_bytes(row.canonical).recorded_at)


def now(connection: Connection, clock: Clock) -> datetime:
    """Return the moment, but never one before the last event: time in the log does not run backwards."""
    last = head(connection).recorded_at
    return clock() if last is None else max(clock(), last)


def append(
    connection: Connection,
    clock: Clock,
    *,
    actor: str,
    action: str,
    subject: Digest | None = None,
    update_id: str | None = None,
    details: Mapping[str, DetailValue] | None = None,
) -> AuditEvent:
    """Write the next event inside the caller's transaction; arguments as `Draft` and `append_all` take them.

    Raises:
        EventError: a detail is too long to be one.
    """
    (event,) = append_all(connection, clock, [Draft(actor, action, subject, update_id, details or {})])
    return event


def append_all(connection: Connection, clock: Clock, drafts: Iterable[Draft]) -> tuple[AuditEvent, ...]:
    """Write the next events inside the caller's transaction, all or none; costs O(log n) for each.

    Args:
        connection: a transaction of `governance.store.database.writing`.
        clock: returns an aware moment. An event is never dated before the one above it; when the clock lags by
            more than a second, the event's details say by how much.
        drafts: what happened, in its order; up to some ten thousand at once, for they are held in memory.

    Raises:
        EventError: a detail is too long to be one.
    """
    end = head(connection)
    size, peaks, last = end.size, end.peaks, end.recorded_at
    written, rows = [], []
    for draft in drafts:
        event = _event(draft, size, last, clock())
        row = columns_of(event, peaks)
        size, peaks, last = size + 1, split_peaks(row["peaks"]), event.recorded_at
        written.append(event)
        rows.append(row)
    if rows:
        connection.execute(_INSERT, rows)
    return tuple(written)


def _event(draft: Draft, seq: int, last: datetime | None, moment: datetime) -> AuditEvent:
    facts = dict(draft.details)
    for name, value in facts.items():
        if isinstance(value, str) and len(value) > _LONGEST_TEXT:
            words = f"detail {name} is longer than {_LONGEST_TEXT}; log its digest instead"
            raise EventError(f"event {draft.action}: {words}")
    if last is not None and moment < last:
        lag, moment = (last - moment).total_seconds(), last
        if lag > _LAG_SECONDS:
            facts["clock_behind_seconds"] = round(lag, 3)
    return AuditEvent(
        seq=seq,
        recorded_at=moment,
        actor=draft.actor,
        action=draft.action,
        subject=draft.subject,
        update_id=draft.update_id,
        details=facts,
    )


def last_subject(connection: Connection, action: str) -> Digest | None:
    """Return what the newest event of an action happened to."""
    query = select(events.c.subject).where(events.c.action == action).order_by(events.c.seq.desc()).limit(1)
    return connection.scalar(query)


def columns_of(event: AuditEvent, peaks: Sequence[bytes]) -> dict[str, Any]:
    """Return the row of an event, given the peaks before it."""
    dumped = event.model_dump(mode="json")
    canonical = canonical_json(dumped)
    leaf = leaf_hash(canonical)
    return {
        "seq": event.seq,
        "canonical": canonical,
        "leaf_hash": leaf,
        "peaks": b"".join(grow(peaks, event.seq, leaf)),
        **{name: dumped[name] for name in _REPEATED},
    }


def checkpoint(engine: Engine, key: LogKey, witness: Path) -> Checkpoint:
    """Sign the head of the log, hand the note to the witness, and remember it.

    The witness comes first: after a crash it may know more than the database, never less. Signing the same head
    again returns the same note.

    Raises:
        WitnessError: the witness file cannot be written; nothing is remembered then.
    """
    with writing(engine) as connection:
        end = head(connection)
        root = root_of(end.peaks)
        note = key.sign_checkpoint(end.size, root)
        _append_witness(witness, note)
        stored = connection.scalar(select(func.count()).where(checkpoints.c.tree_size == end.size))
        if not stored:
            row = {"tree_size": end.size, "root": root.hex(), "note": note}
            connection.execute(insert(checkpoints).values(**row))
    return Checkpoint(origin=key.origin, tree_size=end.size, root=root.hex(), note=note)


def read_events(
    engine: Engine,
    *,
    update_id: str | None = None,
    action: str | None = None,
    limit: int | None = None,
    offset: int = 0,
    newest_first: bool = False,
) -> tuple[AuditEvent, ...]:
    """Return events in the order of the log, or the newest first."""
    query = select(events.c.canonical).order_by(events.c.seq.desc() if newest_first else events.c.seq)
    if update_id is not None:
        query = query.where(events.c.update_id == update_id)
    if action is not None:
        query = query.where(events.c.action == action)
    with reading(engine) as connection:
        rows = connection.scalars(query.limit(limit).offset(offset)).all()
    return tuple(AuditEvent.from_bytes(row) for row in rows)


def _append_witness(witness: Path, note: str) -> None:
    entry = f"{note}\n".encode()
    try:
        witness.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(witness, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        with open(handle, "r+b", buffering=0) as file:
            if not (file.readall() or b"").endswith(entry):
                file.write(entry)
                os.fsync(file.fileno())
    except OSError as error:
        raise WitnessError(f"witness {witness}: {error.strerror}; make it a writable file") from error
