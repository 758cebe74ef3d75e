"""The end of a version's life: retired, held, and at last deleted; every step is an event."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import Connection

from data_contracts import Deletion, Digest, LegalHold, Retirement, short
from data_contracts.governance import DetailValue
from governance.approvals.proving import Proven
from governance.audit import log
from governance.registry import marks, promotions, retention
from governance.registry.errors import HoldError, NotFoundError, PromotionError, RetentionError
from governance.registry.lineage import candidates
from governance.registry.updates import find_update
from governance.services.handle import Governance
from governance.services.identity import acting
from governance.store.database import writing


def retire_model(gov: Governance, *, model: Digest, by: Proven, reason: str) -> Retirement:
    """Retire a version: it is never put in force again, by promotion or by rollback.

    Raises:
        RoleError: who acts is neither approver nor administrator.
        NotFoundError: there is no such version.
        PromotionError: it is in force, or retired already, or there is no reason.
    """
    with writing(gov.engine) as connection:
        actor = acting(connection, by, "retirement", "retire a version")
        if not reason.strip():
            raise PromotionError(f"registry: say why {short(model)} is retired")
        _check_known(gov, connection, model)
        found = promotions.current(connection)
        if found is not None and found.current == model:
            raise PromotionError(f"registry: {short(model)} is in force; put another version in force first")
        moment = log.now(connection, gov.clock)
        made = Retirement(model=model, actor=actor, reason=reason.strip(), retired_at=moment)
        marks.retire(connection, made)
        details: dict[str, DetailValue] = {"model": model, "reason": reason.strip()}
        log.append(connection, gov.clock, actor=actor, action="model-retired", subject=made.digest, details=details)
    return made


def set_hold(
    gov: Governance,
    *,
    hold_id: str,
    by: Proven,
    reason: str,
    model: Digest | None = None,
    update_id: str | None = None,
) -> LegalHold:
    """Hold a version, an update, or (neither named) everything: nothing of it is deleted, whatever its age.

    Raises:
        RoleError: who acts is no compliance officer.
        NotFoundError: there is no such version or update.
        HoldError: the id was used before, both a version and an update are named, or there is no reason.
    """
    if model is not None and update_id is not None:
        raise HoldError(f"hold {hold_id}: name a version or an update, not both")
    with writing(gov.engine) as connection:
        actor = acting(connection, by, "hold", "set or release a hold")
        subject = find_update(connection, update_id).bundle if update_id is not None else model
        if model is not None:
            _check_known(gov, connection, model)
        try:
            entry = LegalHold(
                kind="set",
                hold_id=hold_id,
                subject=subject,
                actor=actor,
                reason=_reason(hold_id, reason),
                decided_at=log.now(connection, gov.clock),
            )
        except ValidationError as error:
            raise HoldError(f"hold {hold_id!r}: an id is letters, digits, dots, dashes, up to 128") from error
        _add_hold(gov, connection, entry, "hold-set")
    return entry


def release_hold(gov: Governance, *, hold_id: str, by: Proven, reason: str) -> LegalHold:
    """Release a hold; its id is never used again.

    Raises:
        RoleError: who acts is no compliance officer.
        HoldError: there is no such hold, or no reason.
    """
    with writing(gov.engine) as connection:
        actor = acting(connection, by, "hold", "set or release a hold")
        held = marks.find_hold(connection, hold_id)
        changes = {
            "kind": "release",
            "actor": actor,
            "reason": _reason(hold_id, reason),
            "decided_at": log.now(connection, gov.clock),
        }
        entry = held.model_copy(update=changes)
        _add_hold(gov, connection, entry, "hold-released")
    return entry


def apply_retention(gov: Governance, *, by: Proven, reason: str, only: Sequence[Digest] = ()) -> tuple[Deletion, ...]:
    """Delete objects whose years are over and that nothing keeps; the events come first, then the files go.

    A file that an interrupted run left behind goes with the next one.

    Args:
        gov: the workspace.
        by: a compliance officer.
        reason: on what grounds.
        only: these objects, all of them or none; by default everything that may go.

    Raises:
        RoleError: who acts is no compliance officer.
        RetentionError: something of `only` is kept, and by what; or there is no reason.
        NotFoundError: something of `only` is nothing that is ever deleted.
    """
    if not reason.strip():
        raise RetentionError("retention: say on what grounds this is deleted")
    with writing(gov.engine) as connection:
        actor, moment = acting(connection, by, "retention", "delete what is past its time"), gov.clock()
        listed = retention.kept(connection, gov.objects, gov.rules.retention_years)
        for digest in only:
            _refuse(digest, {entry.object: entry for entry in listed}.get(digest), moment)
        going = [
            (entry, entry.last_in_effect)
            for entry in listed
            if entry.last_in_effect is not None and entry.why(moment) is None and (not only or entry.object in only)
        ]
        made = tuple(
            _delete(gov, connection, entry, end, actor, reason.strip()) for entry, end in going if not entry.recorded
        )
    for entry, _ in going:
        gov.objects.delete(entry.object)
    return made


def vault_limit(gov: Governance) -> datetime:
    """Return the moment before which what a vault sealed is past its years."""
    return retention.years_later(gov.clock(), -gov.rules.retention_years)


def record_vault_deletion(gov: Governance, *, records: Sequence[Digest], by: Proven, reason: str) -> tuple[Digest, ...]:
    """Write down that a vault's entries on these records are deleted, before they are; none while any hold stands.

    A vault does not know which version or update a record belongs to, so every hold keeps all of it.

    Returns:
        The records whose entries may now be deleted.

    Raises:
        RoleError: who acts is no compliance officer.
        RetentionError: there is no reason.
    """
    if not reason.strip():
        raise RetentionError("retention: say on what grounds this is deleted")
    with writing(gov.engine) as connection:
        actor = acting(connection, by, "retention", "delete what is past its time")
        if marks.active_holds(connection):
            return ()
        details: dict[str, DetailValue] = {"reason": reason.strip()}
        for record in records:
            log.append(
                connection, gov.clock, actor=actor, action="vault-entry-deleted", subject=record, details=details
            )
    return tuple(records)


def _refuse(digest: Digest, entry: retention.Kept | None, moment: datetime) -> None:
    if entry is None:
        raise NotFoundError(f"retention: {short(digest)} is no object that is ever deleted; see `retention list`")
    why = entry.why(moment)
    if why is not None:
        raise RetentionError(f"retention: {short(digest)} is kept; {why}")


def _delete(
    gov: Governance, connection: Connection, entry: retention.Kept, end: datetime, actor: str, reason: str
) -> Deletion:
    made = Deletion(
        object=entry.object,
        kind=entry.kind,
        owners=tuple(owner.name for owner in entry.owners),
        last_in_effect=end,
        actor=actor,
        reason=reason,
        deleted_at=log.now(connection, gov.clock),
    )
    retention.add_deletion(connection, made)
    details: dict[str, DetailValue] = {"object": entry.object, "kind": entry.kind, "reason": reason}
    log.append(connection, gov.clock, actor=actor, action="object-deleted", subject=made.digest, details=details)
    return made


def _add_hold(gov: Governance, connection: Connection, entry: LegalHold, action: str) -> None:
    position = marks.add_hold(connection, entry)
    details: dict[str, DetailValue] = {"hold": entry.hold_id, "on": entry.subject, "reason": entry.reason}
    details["position"] = position
    log.append(connection, gov.clock, actor=entry.actor, action=action, subject=entry.digest, details=details)


def _reason(hold_id: str, reason: str) -> str:
    if not reason.strip():
        raise HoldError(f"hold {hold_id}: give a reason")
    return reason.strip()


def _check_known(gov: Governance, connection: Connection, model: Digest) -> None:
    known = {entry.current for entry in promotions.history(connection)} | set(candidates(connection, gov.objects))
    if model not in known:
        raise NotFoundError(f"registry: {short(model)} is no version here; see `clinical-sdft registry history`")
