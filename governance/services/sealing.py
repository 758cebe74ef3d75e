"""Seals the log: signs its head, hands the note to the witness, and has it time-stamped where that is set up."""

from dataclasses import dataclass

from data_contracts import AuditEvent, Checkpoint, sha256_digest
from governance.audit import log, timestamps
from governance.audit.errors import TimeStampError
from governance.services.handle import Governance, log_key
from governance.store.database import writing


@dataclass(frozen=True)
class Seal:
    """A signed head; with an authority set up, the event that says how its time stamp went."""

    checkpoint: Checkpoint
    event: AuditEvent | None = None
    note: str | None = None
    """Why there is no time stamp although one was asked for: one line for a person."""


def seal(gov: Governance) -> Seal:
    """Sign the head of the log and have it stamped; the checkpoint stands also where the stamp fails.

    Where nothing happened since the last stamp but the stamp itself, no other is asked for.

    Raises:
        WitnessError: the witness file cannot be written.
    """
    head = log.checkpoint(gov.engine, log_key(gov), gov.witness)
    authority = gov.time_stamps.authority
    if authority is None or _stamped_last(gov):
        return Seal(head)
    try:
        answer = timestamps.ask(authority, head.note + "\n")  # contracts strip the line feed that ends a note
    except TimeStampError as error:
        event = _append(gov, timestamps.FAILED, None, {"tree_size": head.tree_size, "reason": error.reason})
        return Seal(head, event, str(error))
    token = timestamps.StoredToken(head.tree_size, answer)
    gov.time_stamps.keep(token)
    event = _append(gov, timestamps.STAMPED, sha256_digest(token.data), {"tree_size": head.tree_size})
    return Seal(head, event)


def seal_whole(gov: Governance) -> Checkpoint:
    """Seal the log and sign once more over what was said of the stamp, so that the last head covers all."""
    sealed = seal(gov)
    return log.checkpoint(gov.engine, log_key(gov), gov.witness) if sealed.event else sealed.checkpoint


def _stamped_last(gov: Governance) -> bool:
    last = log.read_events(gov.engine, limit=1, newest_first=True)
    return bool(last) and last[0].action == timestamps.STAMPED


def _append(gov: Governance, action: str, subject: str | None, details: dict[str, str | int]) -> AuditEvent:
    with writing(gov.engine) as connection:
        return log.append(connection, gov.clock, actor="system", action=action, subject=subject, details=details)
