"""Which of two guidelines is the newer, where their own stamps disagree: a person says so, and it is kept."""

from data_contracts import Digest
from data_contracts.governance import DetailValue
from governance.approvals.errors import AcceptanceError
from governance.approvals.proving import Proven
from governance.audit import log
from governance.audit.log import read_events
from governance.services.handle import Governance
from governance.services.identity import acting
from governance.store.database import writing

ORDERED_ACTION = "guideline-ordered"


def order_guidelines(gov: Governance, *, newer: Digest, older: Digest, by: Proven, reason: str) -> None:
    """Record that one guideline is newer than another; the last word on a pair counts.

    Raises:
        RoleError: who acts is neither clinician nor approver.
        AcceptanceError: there is no reason, or both are the same.
    """
    if newer == older or not reason.strip():
        raise AcceptanceError("order of guidelines: name two of them, and say why")
    with writing(gov.engine) as connection:
        actor = acting(connection, by, "order", "order guidelines")
        details: dict[str, DetailValue] = {"older": older, "reason": reason.strip(), "proof": by.how}
        log.append(connection, gov.clock, actor=actor, action=ORDERED_ACTION, subject=newer, details=details)


def ordered_guidelines(gov: Governance) -> frozenset[tuple[Digest, Digest]]:
    """Return the pairs (newer, older) that people put in order."""
    latest: dict[frozenset[str], tuple[Digest, Digest]] = {}
    for event in read_events(gov.engine, action=ORDERED_ACTION):
        pair = (event.subject or "", str(event.details["older"]))
        latest[frozenset(pair)] = pair
    return frozenset(latest.values())
