"""What may be deleted, and since when: weights, demonstrations and replies whose years are over and that nobody holds.

The log, bundles, decisions, policies, guidelines, manifests, suites and signatures are never deleted: they prove the
history. A version's years run from when it last was in force; those of an update that never was, from its end.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, func, insert, select

from data_contracts import AuditEvent, Deletion, Digest, UpdateBundle, UpdateStatus, short
from governance.registry import updates
from governance.registry.intervals import Interval, intervals, last_in_effect
from governance.registry.marks import holds_on, retirement
from governance.store.objects import ObjectStore
from governance.store.tables import deletions, events, instant_text

Kind = Literal["adapter", "demonstrations", "scores"]


@dataclass(frozen=True)
class Owner:
    """A version or an update that objects belong to, and what keeps them."""

    name: str
    last_in_effect: datetime | None
    kept_by: str | None
    """Why nothing of it may be deleted, whatever its age."""


@dataclass(frozen=True)
class Kept:
    """An object, whose it is, and why it is kept."""

    object: Digest
    kind: Kind
    owners: tuple[Owner, ...]
    years: int
    recorded: bool
    """Whether its deletion stands in the log already: an interrupted run left the file, or it was stored again."""

    @property
    def last_in_effect(self) -> datetime | None:
        """When the last of its owners ceased to be in effect; None while one is."""
        ends = [owner.last_in_effect for owner in self.owners if owner.last_in_effect is not None]
        return max(ends) if len(ends) == len(self.owners) else None

    @property
    def deletable_from(self) -> datetime | None:
        """When its years are over; None while an owner is in effect."""
        return None if self.last_in_effect is None else years_later(self.last_in_effect, self.years)

    def why(self, moment: datetime) -> str | None:
        """Return in words what keeps it at a moment; None when it may be deleted."""
        for owner in self.owners:
            if owner.kept_by is not None:
                return f"{owner.name}: {owner.kept_by}"
        end = self.deletable_from
        if end is None or moment < end:
            return "still in effect" if end is None else f"its {self.years} years end on {end:%Y-%m-%d}"
        return None


def years_later(moment: datetime, years: int) -> datetime:
    """Return the moment so many years later; the 29th of February becomes the 1st of March."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, month=3, day=1)


def kept(connection: Connection, objects: ObjectStore, years: int) -> tuple[Kept, ...]:
    """Return every object that can ever be deleted and is there, by digest.

    Args:
        connection: any transaction.
        objects: the store; what is not in it is not listed.
        years: how long after last in effect.
    """
    gone = frozenset(connection.scalars(select(deletions.c.object)))
    owned: dict[Digest, tuple[Kind, list[Owner]]] = {}
    for owner, kind, digest in _owned(connection, objects):
        owned.setdefault(digest, (kind, []))[1].append(owner)
    return tuple(
        Kept(digest, kind, tuple(owners), years, digest in gone)
        for digest, (kind, owners) in sorted(owned.items())
        if objects.has(digest)
    )


def add_deletion(connection: Connection, made: Deletion) -> None:
    """Remember a deletion."""
    row = {
        "object": made.object,
        "digest": made.digest,
        "canonical": made.canonical_bytes(),
        "deleted_at": instant_text(made.deleted_at),
    }
    connection.execute(insert(deletions).values(**row))


def _owned(connection: Connection, objects: ObjectStore) -> Iterator[tuple[Owner, Kind, Digest]]:
    line = intervals(connection)
    for entry in line:
        if entry.promotion.kind == "install":
            model = entry.promotion.current
            name = f"version {short(model)}"
            yield _owner(connection, name, (model,), *last_in_effect(line, model)), "adapter", entry.promotion.adapter
    for stored in updates.all_updates(connection):
        bundle = UpdateBundle.from_bytes(objects.get(stored.bundle))
        owner = _owner_of_update(connection, line, stored, bundle)
        yield owner, "adapter", bundle.adapter
        yield owner, "demonstrations", bundle.demonstrations
        for digest in _drafted(connection, bundle.update_id):
            yield owner, "demonstrations", digest
        for digest in (*bundle.incumbent_scores, *bundle.candidate_scores):
            yield owner, "scores", digest


def _drafted(connection: Connection, update_id: str) -> Iterator[Digest]:
    """Yield the drafts a clinician decided on, and the demonstrations as a clinician edited them."""
    wanted = ("demonstrations-await-acceptance", "demonstration-edited")
    query = select(events.c.canonical).where(events.c.update_id == update_id, events.c.action.in_(wanted))
    for row in connection.scalars(query.order_by(events.c.seq)):
        event = AuditEvent.from_bytes(row)
        digest = event.subject if event.action == wanted[0] else event.details.get("demonstration")
        if isinstance(digest, str):
            yield digest


def _owner_of_update(
    connection: Connection, line: tuple[Interval, ...], stored: updates.StoredUpdate, bundle: UpdateBundle
) -> Owner:
    # A hold on a version holds the updates that were judged against it, too.
    subjects, name = (bundle.candidate, stored.bundle, bundle.incumbent), f"update {bundle.update_id}"
    ever, end = last_in_effect(line, bundle.candidate)
    if ever:
        return _owner(connection, name, subjects, ever, end)
    stands = updates.status(connection, stored)
    if stands in (UpdateStatus.WAITING, UpdateStatus.APPROVED):
        return Owner(name, None, f"is {stands.value}")
    # From the log: the row of an update has no moment that the log vouches for.
    ended = select(func.max(events.c.recorded_at)).where(
        events.c.update_id == bundle.update_id, events.c.action.in_(("update-submitted", "update-signed"))
    )
    return _owner(connection, name, subjects, False, datetime.fromisoformat(connection.scalars(ended).one()))


def _owner(connection: Connection, name: str, subjects: tuple[Digest, ...], ever: bool, end: datetime | None) -> Owner:
    """Return an owner; a version that was in force must be retired first, or a rollback would find no weights."""
    held = holds_on(connection, subjects)
    if held:
        return Owner(name, end, f"legal hold {', '.join(held)}")
    if ever and end is None:
        return Owner(name, None, "is in force")
    if ever and retirement(connection, subjects[0]) is None:
        return Owner(name, end, "is not retired, so it can still be rolled back to")
    return Owner(name, end, None)
