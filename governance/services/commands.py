"""What changes something. Every command writes its event in the same transaction as its effect."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from data_contracts import AuditEvent, Checkpoint, Digest, Suite
from data_contracts.governance import DetailValue
from governance.audit import log
from governance.audit.errors import EventError
from governance.registry import suites
from governance.services.acceptance import (
    ACCEPTANCE_ACTIONS,
    Choice,
    accept_by_sample,
    decide_drafts,
)
from governance.services.handle import Governance, create, log_key, open_governance
from governance.services.identity import (
    add_person,
    authenticate,
    begin_login,
    enroll_totp,
    link_identity,
    new_totp,
    prove_now,
    redeem_login,
    reset_totp,
)
from governance.services.keeping import (
    apply_retention,
    record_vault_deletion,
    release_hold,
    retire_model,
    set_hold,
    vault_limit,
)
from governance.services.lifecycle import install_model, judge, promote, rollback, submit_update
from governance.services.ordering import ORDERED_ACTION, order_guidelines
from governance.services.quarantine import decide_quarantine, record_reidentification
from governance.services.sealing import Seal, seal, seal_whole
from governance.services.serving import (
    SERVING_ACTIONS,
    place_in_force,
    record_drained,
    record_failure,
    record_hand_off,
)
from governance.services.settling import settle_conflicts
from governance.services.signing import sign
from governance.services.suites import refuse_renamed, registered, replace_suite, retire_suite
from governance.store.database import writing

if TYPE_CHECKING:
    from governance.services.views import VerificationReport

__all__ = [
    "Choice",
    "Seal",
    "accept_by_sample",
    "add_person",
    "apply_retention",
    "authenticate",
    "begin_login",
    "checkpoint",
    "create",
    "decide_drafts",
    "decide_quarantine",
    "enroll_totp",
    "export_audit",
    "install_model",
    "judge",
    "link_identity",
    "new_totp",
    "open_governance",
    "order_guidelines",
    "place_in_force",
    "promote",
    "prove_now",
    "record_drained",
    "record_event",
    "record_events",
    "record_failure",
    "record_hand_off",
    "record_read",
    "record_reidentification",
    "record_vault_deletion",
    "redeem_login",
    "register_suite",
    "release_hold",
    "replace_suite",
    "reset_totp",
    "retire_model",
    "retire_suite",
    "rollback",
    "seal",
    "set_hold",
    "settle_conflicts",
    "sign",
    "submit_update",
    "vault_limit",
    "verify_export",
    "verify_store",
]

OWN_ACTIONS = (
    SERVING_ACTIONS
    | ACCEPTANCE_ACTIONS
    | frozenset(
        {
            "audit-exported",
            "checkpoint-failed",
            "code-failed",
            "conflicts-settled",
            "checkpoint-time-stamped",
            ORDERED_ACTION,
            "gate-decided",
            "hold-released",
            "hold-set",
            "identity-linked",
            "identity-unlinked",
            "model-installed",
            "model-retired",
            "model-rolled-back",
            "object-deleted",
            "page-read",
            "person-added",
            "proof-accepted",
            "quarantine-discarded",
            "quarantine-released",
            "record-reidentified",
            "rules-changed",
            "sign-in-failed",
            "sign-in-refused",
            "signature-refused",
            "signed-in",
            "suite-joined-prior",
            "suite-registered",
            "suite-retired",
            "totp-enrolled",
            "totp-reset",
            "time-stamp-failed",
            "update-promoted",
            "vault-entry-deleted",
            "update-signed",
            "update-submitted",
            "workspace-created",
        }
    )
)
"""Actions that only governance itself may write: each stands for something it did."""


def record_event(
    gov: Governance,
    *,
    actor: str,
    action: str,
    subject: Digest | None = None,
    update_id: str | None = None,
    details: Mapping[str, DetailValue] | None = None,
) -> AuditEvent:
    """Write an event of the engine or the app: digests, offsets and counts, never text of a patient.

    Raises:
        EventError: the action is one that governance writes itself, or a detail is too long.
    """
    _refuse_own(action)
    with writing(gov.engine) as connection:
        return log.append(
            connection,
            gov.clock,
            actor=actor,
            action=action,
            subject=subject,
            update_id=update_id,
            details=details,
        )


def record_events(gov: Governance, drafts: Sequence[log.Draft]) -> tuple[AuditEvent, ...]:
    """Write many events of the engine or the app in one transaction: all of them, or none.

    Raises:
        EventError: as `record_event`.
    """
    for draft in drafts:
        _refuse_own(draft.action)
    with writing(gov.engine) as connection:
        return log.append_all(connection, gov.clock, drafts)


def record_read(gov: Governance, *, actor: str, page: str, update_id: str | None = None) -> AuditEvent:
    """Write down that somebody read a sensitive page."""
    with writing(gov.engine) as connection:
        details = {"page": page}
        return log.append(connection, gov.clock, actor=actor, action="page-read", update_id=update_id, details=details)


def register_suite(gov: Governance, suite: Suite, *, kind: Literal["prior", "new"], actor: str) -> Digest:
    """Seal a suite and return its digest; sealing it again changes nothing.

    Raises:
        SuiteError: another suite with this id is in use, or this one was retired, or is new and shall be prior; or it
            asks what a retired suite of another id asked.
    """
    digest = gov.objects.put_contract(suite)
    with writing(gov.engine) as connection:
        if suites.register(connection, suite, kind):
            refuse_renamed(gov, connection, suite)
            log.append(
                connection,
                gov.clock,
                actor=actor,
                action="suite-registered",
                subject=digest,
                details=registered(suite, kind),
            )
    return digest


def checkpoint(gov: Governance) -> Checkpoint:
    """Sign the head of the log, hand the note to the witness, and have it time-stamped where that is set up.

    Raises:
        WitnessError: the witness file cannot be written.
    """
    return seal(gov).checkpoint


def export_audit(
    gov: Governance,
    path: Path,
    *,
    update_id: str | None = None,
    record: Digest | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    actor: str,
) -> Path:
    """Write the audit export, a zip that proves itself offline; the export itself is an event of the log.

    Of update, record and period one may be given; events that do not belong to it are then represented by their
    hashes.

    Args:
        gov: the workspace.
        path: the zip to write, replaced whole.
        update_id: only this update.
        record: only what concerns the patient record with this keyed digest.
        since: only what happened from this moment on, with the whole story of the updates it was about.
        until: only what happened before this moment.
        actor: who exports.

    Raises:
        NotFoundError: there is no such update, or nothing concerns the record.
        ExportError: more than one selection was given, or the export is too large for one zip.
        IntegrityError: a time stamp that the log names is gone or altered.
    """
    from governance.export.selection import Selection
    from governance.export.write import check_selection, export

    selection = Selection(update_id=update_id, record=record, since=since, until=until)
    check_selection(gov.engine, gov.objects, selection)
    with writing(gov.engine) as connection:
        details = {name: value for name, value in selection.as_json().items() if value and name != "update"}
        event = log.append(
            connection,
            gov.clock,
            actor=actor,
            action="audit-exported",
            subject=record,
            update_id=update_id,
            details=details,
        )
    export(
        gov.engine,
        gov.objects,
        key=log_key(gov),
        head=seal_whole(gov),
        event=event,
        selection=selection,
        time_stamps=gov.time_stamps,
        path=path,
    )
    return path


def verify_store(gov: Governance) -> "VerificationReport":
    """Verify the live store: the log, checkpoints, witness, time stamps, rows, objects, and the serving pointer."""
    from governance.audit.verify import verify_live

    return verify_live(
        gov.engine,
        gov.objects,
        key=log_key(gov).public,
        witness=gov.witness,
        serving=gov.serving,
        time_stamps=gov.time_stamps,
    )


def verify_export(
    path: Path, public_key: Path | None = None, witness: Path | None = None, tsa_roots: Path | None = None
) -> "VerificationReport":
    """Verify an export with the code that lies in it as `verify.py`, and the time stamps' signatures besides.

    Args:
        path: the zip, or the folder it was unpacked into.
        public_key: PEM of the key to trust; None takes the export's own, and the report says so.
        witness: the checkpoints another host kept.
        tsa_roots: PEM of the certificates that time stamps must chain to; None takes the export's own.

    Raises:
        ExportError: a file cannot be read, or the witness is no text.
    """
    from governance.export.errors import ExportError
    from governance.export.stamps import check_stamps
    from governance.export.verify import verify

    try:
        key = public_key.read_bytes() if public_key else None
        report = verify(path, key, witness.read_bytes().decode() if witness else None)
        check_stamps(path, tsa_roots.read_bytes() if tsa_roots else None, report)
    except OSError as error:
        raise ExportError(f"{error.filename}: {error.strerror}; name an export, a key and a witness") from error
    except UnicodeDecodeError as error:
        raise ExportError(f"{witness}: is no text; name the file that holds the witnessed checkpoints") from error
    return report


def _refuse_own(action: str) -> None:
    if action in OWN_ACTIONS:
        raise EventError(f"event {action}: governance writes this one itself; choose another action")
