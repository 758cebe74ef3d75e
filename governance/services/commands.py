"""What changes something. Every command writes its event in the same transaction as its effect."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from data_contracts import AuditEvent, Checkpoint, Digest, Person, Suite
from data_contracts.governance import DetailValue
from governance.approvals import people
from governance.audit import log
from governance.audit.errors import EventError
from governance.registry import suites
from governance.registry.errors import SuiteError
from governance.services.handle import Governance, create, log_key, open_governance
from governance.services.lifecycle import (
    install_model,
    judge,
    promote,
    rollback,
    sign,
    submit_update,
)
from governance.services.serving import (
    SERVING_ACTIONS,
    place_in_force,
    record_drained,
    record_failure,
    record_hand_off,
)
from governance.store.database import writing

if TYPE_CHECKING:
    from governance.services.views import VerificationReport

__all__ = [
    "add_person",
    "authenticate",
    "checkpoint",
    "create",
    "export_audit",
    "install_model",
    "judge",
    "open_governance",
    "place_in_force",
    "promote",
    "record_drained",
    "record_event",
    "record_failure",
    "record_hand_off",
    "record_read",
    "register_suite",
    "retire_suite",
    "rollback",
    "sign",
    "submit_update",
    "verify_export",
    "verify_store",
]

OWN_ACTIONS = SERVING_ACTIONS | frozenset(
    {
        "audit-exported",
        "checkpoint-failed",
        "gate-decided",
        "model-installed",
        "model-rolled-back",
        "page-read",
        "person-added",
        "sign-in-failed",
        "sign-in-refused",
        "signature-refused",
        "signed-in",
        "suite-joined-prior",
        "suite-registered",
        "suite-retired",
        "update-promoted",
        "update-signed",
        "update-submitted",
        "workspace-created",
    }
)
"""Actions that only governance itself may write: each stands for something it did."""


def add_person(gov: Governance, person: Person, password: str, *, actor: str) -> None:
    """Add a person with a password.

    Raises:
        PersonError: the username is taken, or the password has fewer than 12 characters.
    """
    with writing(gov.engine) as connection:
        account = people.add(connection, person, password)
        log.append(
            connection,
            gov.clock,
            actor=actor,
            action="person-added",
            subject=person.digest,
            details={"username": person.username, "credential": people.credential(account)},
        )


def authenticate(gov: Governance, username: str, password: str) -> Person:
    """Return the person who signs in.

    Raises:
        SignInError: username and password do not belong together, or (AccountWaitsError) the account waits after
            five failures within 15 minutes.
    """
    return people.authenticate(gov.engine, gov.clock, username, password, purpose="sign-in")


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
    if action in OWN_ACTIONS:
        raise EventError(f"event {action}: governance writes this one itself; choose another action")
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


def record_read(gov: Governance, *, actor: str, page: str, update_id: str | None = None) -> AuditEvent:
    """Write down that somebody read a sensitive page."""
    with writing(gov.engine) as connection:
        details = {"page": page}
        return log.append(connection, gov.clock, actor=actor, action="page-read", update_id=update_id, details=details)


def register_suite(gov: Governance, suite: Suite, *, kind: Literal["prior", "new"], actor: str) -> Digest:
    """Seal a suite and return its digest; sealing it again changes nothing.

    Raises:
        SuiteError: another suite with this id is in use, or this one was retired, or is new and shall be prior.
    """
    digest = gov.objects.put_contract(suite)
    with writing(gov.engine) as connection:
        if suites.register(connection, suite, kind):
            details: dict[str, DetailValue] = {"suite_id": suite.id, "version": suite.version, "kind": kind}
            log.append(
                connection,
                gov.clock,
                actor=actor,
                action="suite-registered",
                subject=digest,
                details=details | {"items": len(suite.items)},
            )
    return digest


def retire_suite(gov: Governance, suite_digest: Digest, *, actor: str, reason: str) -> None:
    """Take a suite out of use; later candidates need not face it.

    Raises:
        NotFoundError: there is no such suite in use.
        SuiteError: there is no reason.
        EventError: the reason is longer than 300 characters.
    """
    if not reason.strip():
        raise SuiteError(f"suite {suite_digest}: say why it is retired")
    with writing(gov.engine) as connection:
        entry = suites.retire(connection, suite_digest)
        details = {"suite_id": entry.suite_id, "kind": entry.kind, "reason": reason}
        log.append(
            connection,
            gov.clock,
            actor=actor,
            action="suite-retired",
            subject=suite_digest,
            details=details,
        )


def checkpoint(gov: Governance) -> Checkpoint:
    """Sign the head of the log and hand the note to the witness.

    Raises:
        WitnessError: the witness file cannot be written.
    """
    return log.checkpoint(gov.engine, log_key(gov), gov.witness)


def export_audit(gov: Governance, path: Path, *, update_id: str | None = None, actor: str) -> Path:
    """Write the audit export, a zip that proves itself offline; the export itself is an event of the log.

    Args:
        gov: the workspace.
        path: the zip to write, replaced whole.
        update_id: only this update; events of others are then represented by their hashes.
        actor: who exports.

    Raises:
        NotFoundError: there is no such update.
        ExportError: the export is too large for one zip.
    """
    from governance.export.write import export
    from governance.registry.updates import find_update

    with writing(gov.engine) as connection:
        if update_id is not None:
            find_update(connection, update_id)
        event = log.append(connection, gov.clock, actor=actor, action="audit-exported", update_id=update_id)
    export(
        gov.engine,
        gov.objects,
        key=log_key(gov),
        head=checkpoint(gov),
        exported_at=event.recorded_at,
        update_id=update_id,
        path=path,
    )
    return path


def verify_store(gov: Governance) -> "VerificationReport":
    """Verify the live store: every leaf and root, checkpoints, witness, rows, objects, and the serving pointer."""
    from governance.audit.verify import verify_live

    return verify_live(gov.engine, gov.objects, key=log_key(gov).public, witness=gov.witness, serving=gov.serving)


def verify_export(path: Path, public_key: Path | None = None, witness: Path | None = None) -> "VerificationReport":
    """Verify an export with the code that lies in it as `verify.py`.

    Args:
        path: the zip, or the folder it was unpacked into.
        public_key: PEM of the key to trust; None takes the export's own, and the report says so.
        witness: the checkpoints another host kept.

    Raises:
        ExportError: a file cannot be read.
    """
    from governance.export.errors import ExportError
    from governance.export.verify import verify

    try:
        key = public_key.read_bytes() if public_key else None
        return verify(path, key, witness.read_text("utf-8") if witness else None)
    except OSError as error:
        raise ExportError(f"{error.filename}: {error.strerror}; name an export, a key and a witness") from error
