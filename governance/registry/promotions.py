"""The history of models in force: insert-only, and each entry compares and swaps the one before."""

from datetime import datetime

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from data_contracts import Digest, Promotion, short
from governance.registry.errors import ConflictError
from governance.store.tables import instant_text, promotions


def current(connection: Connection, at: datetime | None = None, known_at: datetime | None = None) -> Promotion | None:
    """Return which model was in force.

    Args:
        connection: any transaction.
        at: the moment asked about; None for the present one.
        known_at: answer as the registry would have answered at this moment; None for what is known today.
    """
    query = select(promotions.c.canonical).order_by(promotions.c.position.desc()).limit(1)
    if at is not None:
        query = query.where(promotions.c.valid_from <= instant_text(at))
    if known_at is not None:
        query = query.where(promotions.c.recorded_at <= instant_text(known_at))
    row = connection.scalar(query)
    return None if row is None else Promotion.from_bytes(row)


def history(connection: Connection) -> tuple[Promotion, ...]:
    """Return all promotions, the first first."""
    rows = connection.scalars(select(promotions.c.canonical).order_by(promotions.c.position))
    return tuple(Promotion.from_bytes(row) for row in rows)


def lineage(connection: Connection, model: Digest) -> Digest:
    """Return the first model of the line a model stands in; itself when it was never in force."""
    line = history(connection)
    return line[0].current if any(entry.current == model for entry in line) else model


def swap(connection: Connection, promotion: Promotion, recorded_at: datetime) -> None:
    """Put a model in force, if `promotion.previous` still is.

    Raises:
        ConflictError: another model is in force by now.
    """
    found = current(connection)
    in_force = found.current if found else None
    if in_force != promotion.previous:
        raise _conflict(promotion.previous, in_force)
    last = connection.scalar(select(func.max(promotions.c.position))) or 0
    row = {
        "position": last + 1,
        "digest": promotion.digest,
        "canonical": promotion.canonical_bytes(),
        "previous": promotion.previous,
        "current": promotion.current,
        "update_id": promotion.update_id,
        "valid_from": instant_text(promotion.valid_from),
        "recorded_at": instant_text(recorded_at),
    }
    try:
        connection.execute(insert(promotions).values(**row))
    except IntegrityError as error:
        raise _conflict(promotion.previous, in_force) from error


def _conflict(expected: Digest | None, found: Digest | None) -> ConflictError:
    names = [short(digest) if digest else "no model" for digest in (expected, found)]
    return ConflictError(
        f"registry: the incumbent was {names[0]}, in force is {names[1]}; evaluate the update against it anew"
    )
