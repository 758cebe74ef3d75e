"""What people decide about patient records: a held one released or discarded, a released one re-identified.

No text of a record comes here: digests, offsets and reasons only.
"""

from collections.abc import Sequence
from typing import Literal

from data_contracts import Digest, MarkedSpan, QuarantineDecision, short
from data_contracts.governance import DetailValue
from governance.approvals.proving import Proven
from governance.audit import log
from governance.errors import GovernanceError
from governance.services.handle import Governance
from governance.services.identity import acting
from governance.store.database import writing

_ACTIONS = {"release": "quarantine-released", "discard": "quarantine-discarded"}
_LONGEST_REASON = 300


class RecordActError(GovernanceError, ValueError):
    """An act on a record lacks its reason, or contradicts an earlier one."""


def decide_quarantine(
    gov: Governance,
    *,
    record: Digest,
    decision: Literal["release", "discard"],
    by: Proven,
    reason: str,
    spans: Sequence[MarkedSpan] = (),
    keep_diagnosis: bool = False,
) -> QuarantineDecision:
    """Write down what a person decided on a held record; a later decision on it replaces this one.

    Raises:
        RoleError: who acts is neither clinician nor compliance officer.
        RecordActError: there is no reason, or the record was discarded before.
    """
    with writing(gov.engine) as connection:
        actor = acting(connection, by, "quarantine", "resolve quarantine")
        earlier = quarantine_decisions(gov).get(record)
        if earlier is not None and earlier.decision == "discard":
            raise RecordActError(f"record {short(record)}: was discarded by {earlier.actor}; that is final")
        made = QuarantineDecision(
            record=record,
            decision=decision,
            spans=tuple(spans),
            keep_diagnosis=keep_diagnosis,
            actor=actor,
            reason=_reason(record, reason),
            decided_at=log.now(connection, gov.clock),
        )
        identifiers = sum(span.category is not None for span in made.spans)
        details: dict[str, DetailValue] = {
            "decision": gov.objects.put_contract(made),
            "reason": made.reason,
            "identifiers": identifiers,
            "kept": len(made.spans) - identifiers,
        }
        log.append(connection, gov.clock, actor=actor, action=_ACTIONS[decision], subject=record, details=details)
    return made


def quarantine_decisions(gov: Governance) -> dict[Digest, QuarantineDecision]:
    """Return the decision in force on each record that was decided on.

    Raises:
        MissingObjectError: a decision's object is missing.
        IntegrityError: one was altered.
    """
    events = [event for action in _ACTIONS.values() for event in log.read_events(gov.engine, action=action, limit=None)]
    found: dict[Digest, QuarantineDecision] = {}
    for event in sorted(events, key=lambda event: event.seq):
        made = QuarantineDecision.from_bytes(gov.objects.get(str(event.details["decision"])))
        found[made.record] = made
    return found


def record_reidentification(gov: Governance, *, record: Digest, by: Proven, reason: str, identifiers: int) -> None:
    """Write down that somebody opens the vault on a record, before anything of it is shown.

    Raises:
        RoleError: who acts is no compliance officer.
        RecordActError: there is no reason.
    """
    with writing(gov.engine) as connection:
        actor = acting(connection, by, "reidentification", "re-identify a record")
        details: dict[str, DetailValue] = {"reason": _reason(record, reason), "identifiers": identifiers}
        log.append(connection, gov.clock, actor=actor, action="record-reidentified", subject=record, details=details)


def _reason(record: Digest, reason: str) -> str:
    words = " ".join(reason.split())
    if not words or len(words) > _LONGEST_REASON:
        raise RecordActError(f"record {short(record)}: say why, in up to {_LONGEST_REASON} characters")
    return words
