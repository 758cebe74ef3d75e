"""What the registry knows of versions: where each comes from, which one answered when, and what is kept of it."""

from datetime import datetime

from sqlalchemy import Connection

from data_contracts import Digest, LegalHold
from governance.approvals.signatures import signatures_of
from governance.registry import marks, retention
from governance.registry.intervals import Interval, intervals
from governance.registry.lineage import Ancestor, lineage
from governance.registry.updates import find_decision, find_update
from governance.services.handle import Governance
from governance.services.views import Answered, RetentionEntry
from governance.store.database import reading


def answered(
    gov: Governance, start: datetime, end: datetime | None = None, known_at: datetime | None = None
) -> tuple[Answered, ...]:
    """Return which versions answered in a span of time, the first first; who put each there, and on what.

    Args:
        gov: the workspace.
        start: the first moment asked about.
        end: the moment after the last one; None asks about `start` alone.
        known_at: answer as the registry would have answered at this moment; None for what is known today.
    """
    with reading(gov.engine) as connection:
        return tuple(
            _answered(connection, one, known_at) for one in intervals(connection, known_at) if _holds(one, start, end)
        )


def versions(gov: Governance) -> tuple[Answered, ...]:
    """Return every version that ever answered, and when, the first first."""
    with reading(gov.engine) as connection:
        return tuple(_answered(connection, one, None) for one in intervals(connection))


def model_lineage(gov: Governance, model: Digest) -> tuple[Ancestor, ...]:
    """Return a version and all it comes from, down to the base model, with the update that made each.

    Raises:
        NotFoundError: it was neither installed nor made by an update.
    """
    with reading(gov.engine) as connection:
        return lineage(connection, gov.objects, model)


def legal_holds(gov: Governance) -> tuple[LegalHold, ...]:
    """Return every hold and every release, in their order."""
    with reading(gov.engine) as connection:
        return marks.all_holds(connection)


def retention_list(gov: Governance) -> tuple[RetentionEntry, ...]:
    """Return every object that can ever be deleted, and what keeps it now."""
    moment = gov.clock()
    with reading(gov.engine) as connection:
        entries = retention.kept(connection, gov.objects, gov.rules.retention_years)
    return tuple(
        RetentionEntry(
            object=entry.object,
            kind=entry.kind,
            owners=tuple(owner.name for owner in entry.owners),
            last_in_effect=entry.last_in_effect,
            deletable_from=entry.deletable_from,
            kept_because=entry.why(moment),
        )
        for entry in entries
    )


def _holds(one: Interval, start: datetime, end: datetime | None) -> bool:
    if end is not None:
        return one.overlaps(start, end)
    return one.promotion.valid_from <= start and (one.until is None or one.until > start)


def _answered(connection: Connection, one: Interval, known_at: datetime | None) -> Answered:
    promotion, subjects = one.promotion, {one.promotion.current}
    verdict, approved_by = None, tuple[str, ...]()
    if promotion.update_id is not None:
        stored = find_update(connection, promotion.update_id)
        decision = find_decision(connection, stored.decision)
        verdict, subjects = None if decision is None else decision.verdict, subjects | {stored.bundle}
        approved_by = tuple(
            entry.signature.printed_name
            for entry in signatures_of(connection, promotion.update_id)
            if entry.signature.decision == "approve"
        )
    retired = marks.retirement(connection, promotion.current, known_at)
    return Answered(
        model=promotion.current,
        adapter=promotion.adapter,
        valid_from=promotion.valid_from,
        until=one.until,
        kind=promotion.kind,
        put_there_by=promotion.actor,
        reason=promotion.reason,
        update_id=promotion.update_id,
        approved_by=approved_by,
        verdict=verdict,
        recorded_at=one.recorded_at,
        retired_at=None if retired is None else retired.retired_at,
        holds=marks.holds_on(connection, subjects, known_at),
    )
