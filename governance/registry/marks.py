"""What stands beside a version: that it is retired, or that a legal hold keeps it; insert-only."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from data_contracts import Digest, LegalHold, Retirement, short
from governance.registry.errors import HoldError, PromotionError
from governance.store.tables import holds, instant_text, retirements


def retirement(connection: Connection, model: Digest, known_at: datetime | None = None) -> Retirement | None:
    """Return a version's retirement, as it is known now or was at a moment."""
    query = select(retirements.c.canonical).where(retirements.c.model == model)
    if known_at is not None:
        query = query.where(retirements.c.retired_at <= instant_text(known_at))
    row = connection.scalar(query)
    return None if row is None else Retirement.from_bytes(row)


def refuse_retired(connection: Connection, model: Digest) -> None:
    """Check that a version may be put in force.

    Raises:
        PromotionError: it is retired.
    """
    found = retirement(connection, model)
    if found is not None:
        raise PromotionError(
            f"registry: {short(model)} was retired on {found.retired_at:%Y-%m-%d}; it is never in force again"
        )


def retire(connection: Connection, made: Retirement) -> None:
    """Remember a retirement.

    Raises:
        PromotionError: the version is retired already.
    """
    refuse_retired(connection, made.model)
    row = {
        "model": made.model,
        "digest": made.digest,
        "canonical": made.canonical_bytes(),
        "retired_at": instant_text(made.retired_at),
    }
    connection.execute(insert(retirements).values(**row))


def all_holds(connection: Connection) -> tuple[LegalHold, ...]:
    """Return every hold and every release, in their order."""
    rows = connection.scalars(select(holds.c.canonical).order_by(holds.c.position))
    return tuple(LegalHold.from_bytes(row) for row in rows)


def holds_on(connection: Connection, subjects: Iterable[Digest], known_at: datetime | None = None) -> tuple[str, ...]:
    """Return the ids of the holds on any of these, or on everything, as known now or at a moment."""
    wanted = {None, *subjects}
    return tuple(hold.hold_id for hold in active_holds(connection, known_at) if hold.subject in wanted)


def active_holds(connection: Connection, known_at: datetime | None = None) -> tuple[LegalHold, ...]:
    """Return every hold that was set and not released, as known now or at a moment."""
    active: dict[str, LegalHold] = {}
    for entry in all_holds(connection):
        if known_at is not None and entry.decided_at > known_at:
            continue
        if entry.kind == "set":
            active[entry.hold_id] = entry
        else:
            active.pop(entry.hold_id, None)
    return tuple(active.values())


def find_hold(connection: Connection, hold_id: str) -> LegalHold:
    """Return a hold that was set and not released.

    Raises:
        HoldError: there is none of this id.
    """
    mine = [entry for entry in all_holds(connection) if entry.hold_id == hold_id]
    if not mine:
        raise HoldError(f"hold {hold_id}: never set; see `clinical-sdft hold list`")
    if mine[-1].kind == "release":
        raise HoldError(f"hold {hold_id}: was released; set a new one under another id")
    return mine[-1]


def add_hold(connection: Connection, entry: LegalHold) -> int:
    """Remember a hold or its release, and return its position.

    Raises:
        HoldError: a hold's id was used before; ids are never used again.
    """
    if entry.kind == "set" and any(known.hold_id == entry.hold_id for known in all_holds(connection)):
        raise HoldError(f"hold {entry.hold_id}: this id was used before; choose a fresh one")
    position = (connection.scalar(select(func.max(holds.c.position))) or 0) + 1
    row = {
        "position": position,
        "digest": entry.digest,
        "canonical": entry.canonical_bytes(),
        "hold_id": entry.hold_id,
        "kind": entry.kind,
    }
    connection.execute(insert(holds).values(**row))
    return position
