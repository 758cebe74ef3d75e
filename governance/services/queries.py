"""What reads. Nothing here changes the store."""

from datetime import datetime

from data_contracts import (
    AuditEvent,
    Digest,
    Guideline,
    Person,
    Promotion,
    Recommendation,
    Suite,
    SuiteItem,
    SuiteScores,
)
from governance.approvals import people as accounts
from governance.approvals import signatures
from governance.audit.log import read_events
from governance.audit.prove import prove
from governance.registry import promotions, suites
from governance.registry.errors import RetentionError
from governance.registry.records import ItemPair, UpdateRecord, load_update
from governance.registry.updates import all_updates
from governance.services.handle import Governance
from governance.services.history import answered, legal_holds, model_lineage, retention_list, versions
from governance.services.identity import proofs_of
from governance.services.serving import canary_questions, served_names, serving_state
from governance.services.views import Change, EventProof, ItemChange, UpdateDetail, UpdateSummary
from governance.store.database import reading

__all__ = [
    "answered",
    "canary_questions",
    "current_model",
    "events",
    "gate_explanation",
    "item_changes",
    "legal_holds",
    "model_history",
    "model_lineage",
    "people",
    "prior_suites",
    "proofs_of",
    "retention_list",
    "served_names",
    "serving_state",
    "update_detail",
    "updates",
    "versions",
]


def current_model(gov: Governance, at: datetime | None = None) -> Promotion | None:
    """Return which model is in force, or was at a moment; None when there was none."""
    with reading(gov.engine) as connection:
        return promotions.current(connection, at)


def model_history(gov: Governance) -> tuple[Promotion, ...]:
    """Return every installation, promotion and rollback, the first first."""
    with reading(gov.engine) as connection:
        return promotions.history(connection)


def updates(gov: Governance) -> tuple[UpdateSummary, ...]:
    """Return all submitted updates, the newest first."""
    with reading(gov.engine) as connection:
        records = [load_update(connection, gov.objects, u.update_id) for u in all_updates(connection)]
    return tuple(_summary(record) for record in records)


def update_detail(gov: Governance, update_id: str) -> UpdateDetail:
    """Return all that belongs to one update.

    Raises:
        NotFoundError: it was not submitted.
        IntegrityError, MissingObjectError: an object it names was altered or is gone.
    """
    record = _record(gov, update_id)
    return UpdateDetail(
        bundle=record.bundle,
        bundle_digest=record.stored.bundle,
        decision=record.decision,
        policy=record.policy,
        signatures=tuple(entry.signature for entry in record.signed),
        status=record.status,
        control=record.control,
        missing=signatures.missing(record.signed),
        promotion=record.promotion,
        guideline=record.guideline,
        preflight=record.preflight,
        manifest=record.manifest,
        deidentification=record.deidentification,
    )


def item_changes(gov: Governance, update_id: str) -> tuple[ItemChange, ...]:
    """Return every item of every suite before and after: the new suite first, then the prior ones.

    Raises:
        NotFoundError: the update was not submitted.
        RetentionError: its replies were deleted when their time was over.
    """
    record = _record(gov, update_id)
    if record.replies_deleted:
        raise RetentionError(f"update {update_id}: its replies were deleted when their time was over; the rest remains")
    before, after = _replies(record.incumbent_scores), _replies(record.candidate_scores)
    return tuple(
        _change(record, one, before.get(key, ""), after.get(key, ""))
        for one in record.pairs
        for key in [(one.suite.digest, one.item.id)]
    )


def events(
    gov: Governance,
    *,
    update_id: str | None = None,
    action: str | None = None,
    limit: int | None = 100,
    offset: int = 0,
) -> tuple[AuditEvent, ...]:
    """Return events, the newest first.

    Args:
        gov: the workspace.
        update_id: only those of this update.
        action: only those of this action.
        limit: at most so many; None for all.
        offset: after so many.
    """
    return read_events(gov.engine, update_id=update_id, action=action, limit=limit, offset=offset, newest_first=True)


def event_proof(gov: Governance, seq: int) -> EventProof:
    """Return one event with the proof that it stands under the newest signed head; quick however long the log.

    Raises:
        EventError: there is no such event, or no signed head covers it yet.
        IntegrityError: the log does not lead from this event to the signed root.
    """
    with reading(gov.engine) as connection:
        return prove(connection, seq)


def people(gov: Governance) -> tuple[Person, ...]:
    """Return everybody, by username."""
    with reading(gov.engine) as connection:
        return accounts.everyone(connection)


def prior_suites(gov: Governance) -> tuple[Suite, ...]:
    """Return the suites every candidate must face, in the order they were sealed."""
    with reading(gov.engine) as connection:
        digests = suites.priors(connection)
    return tuple(Suite.from_bytes(gov.objects.get(digest)) for digest in digests)


def gate_explanation(gov: Governance, update_id: str) -> str:
    """Return the gate's decision on an update, in words.

    Raises:
        NotFoundError: the update was not submitted.
    """
    from governance.gate import explain

    return explain(_record(gov, update_id).decision)


def _record(gov: Governance, update_id: str) -> UpdateRecord:
    with reading(gov.engine) as connection:
        return load_update(connection, gov.objects, update_id)


def _summary(record: UpdateRecord) -> UpdateSummary:
    bundle = record.bundle
    return UpdateSummary(
        update_id=bundle.update_id,
        arm=bundle.arm,
        guideline_title=bundle.guideline_title,
        requester=bundle.requester,
        created=bundle.created,
        submitted_at=datetime.fromisoformat(record.stored.submitted_at),
        status=record.status,
        verdict=record.decision.verdict,
        control=record.control,
        incumbent=bundle.incumbent,
        candidate=bundle.candidate,
        bundle=record.stored.bundle,
        approvals=sum(entry.signature.decision == "approve" for entry in record.signed),
    )


def _replies(scores: tuple[SuiteScores, ...]) -> dict[tuple[Digest, str], str]:
    return {(entry.suite, score.item): score.reply for entry in scores for score in entry.scores}


def _change(record: UpdateRecord, one: ItemPair, old_reply: str, new_reply: str) -> ItemChange:
    suite, item, old, new = one.suite, one.item, one.pair.incumbent, one.pair.candidate
    is_new = suite.digest == record.bundle.new_suite
    basis = _basis(record.guideline, item) if is_new else None
    return ItemChange(
        suite_id=suite.id,
        suite=suite.digest,
        new=is_new,
        item_id=item.id,
        specialty=item.specialty,
        question=item.question,
        expected=item.answers[0],
        must_pass=item.must_pass,
        incumbent_reply=old_reply,
        incumbent_score=old,
        candidate_reply=new_reply,
        candidate_score=new,
        change=_word(old, new),
        quote=basis.quote if basis else None,
        statement=basis.statement if basis else None,
        source=basis.source if basis else None,
    )


def _word(old: float, new: float) -> Change:
    """Return what the gate counts a change of score as."""
    if new != old:
        return "broken" if new < old else "fixed"
    return "same-right" if new == 1.0 else "same-wrong"


def _basis(guideline: Guideline, item: SuiteItem) -> Recommendation | None:
    """Return the recommendation that leads to this item's answer."""
    accepted = {answer.casefold() for answer in item.answers}
    return next((r for r in guideline.recommendations if r.answer.casefold() in accepted), None)
