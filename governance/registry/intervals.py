"""When which version answered, as it is known now or was known at a moment: the bitemporal view of promotions."""

from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from sqlalchemy import Connection, select

from data_contracts import Digest, Promotion
from governance.store.tables import instant_text, promotions


@dataclass(frozen=True)
class Interval:
    """A version in force from one promotion to the next."""

    promotion: Promotion
    recorded_at: datetime
    until: datetime | None
    """Exclusive; None while it is in force."""

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Say whether it was in force at some moment from `start` (inclusive) to `end` (exclusive)."""
        return self.promotion.valid_from < end and (self.until is None or self.until > start)


def intervals(connection: Connection, known_at: datetime | None = None) -> tuple[Interval, ...]:
    """Return who answered when, the first first; a promotion that took effect at once with the next has no interval.

    Args:
        connection: any transaction.
        known_at: only what the registry had recorded by then; None for all.
    """
    query = select(promotions).order_by(promotions.c.valid_from, promotions.c.position)
    if known_at is not None:
        query = query.where(promotions.c.recorded_at <= instant_text(known_at))
    rows = connection.execute(query).all()
    ends = [datetime.fromisoformat(row.valid_from) for row in rows[1:]]
    found = (
        Interval(Promotion.from_bytes(row.canonical), datetime.fromisoformat(row.recorded_at), end)
        for row, end in zip_longest(rows, ends)
    )
    return tuple(one for one in found if one.until is None or one.promotion.valid_from < one.until)


def last_in_effect(line: tuple[Interval, ...], model: Digest) -> tuple[bool, datetime | None]:
    """Return whether a version was ever in force, and when it last ceased to be; None while it is."""
    mine = [one.until for one in line if one.promotion.current == model]
    if not mine:
        return False, None
    ended = [end for end in mine if end is not None]
    return True, max(ended) if len(ended) == len(mine) else None
