"""The life of a prior suite after it was sealed: retired, relabelled, refreshed; each by a person who proves it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from data_contracts import AuditEvent, Digest, Suite
from data_contracts.governance import DetailValue
from governance.approvals.proving import Proven
from governance.audit import log
from governance.registry import suites
from governance.registry.errors import NotFoundError, SuiteError
from governance.registry.suite_changes import Change, Differences, check_change, same_questions
from governance.services.handle import Governance
from governance.services.identity import acting
from governance.store.database import reading, writing

ACTIONS = ("suite-registered", "suite-joined-prior", "suite-retired")


@dataclass(frozen=True)
class SuiteEvent:
    """One thing that happened to a suite."""

    at: datetime
    action: str
    actor: str
    digest: Digest
    version: str
    items: int
    details: Mapping[str, DetailValue]


@dataclass(frozen=True)
class SuiteHistory:
    """What happened to all versions of a suite, and how often they were spent.

    Attributes:
        spent: by line of models, how many candidates its versions have judged together; the next is one more.
    """

    suite_id: str
    events: tuple[SuiteEvent, ...]
    in_use: Digest | None
    spent: Mapping[Digest, int]


def retire_suite(gov: Governance, suite_digest: Digest, *, by: Proven, reason: str) -> None:
    """Take a suite out of use; later candidates need not face it.

    Raises:
        RoleError: the actor is neither approver nor administrator: a suite fewer makes the gate easier to pass.
        PersonError: the proof was given for something else.
        NotFoundError: there is no such suite in use.
        SuiteError: there is no reason.
        EventError: the reason is longer than 300 characters.
    """
    with writing(gov.engine) as connection:
        actor = acting(connection, by, "suite", "retire a suite")
        _retire(gov, connection, suite_digest, actor, reason, {"proof": by.how})


def replace_suite(gov: Governance, suite: Suite, *, change: Change, by: Proven, reason: str) -> Differences:
    """Retire the prior suite of this id and seal its next version, in one transaction.

    The error that earlier versions have spent stays spent: the ledger goes by the suite's id.

    Raises:
        RoleError: the actor is neither approver nor administrator.
        PersonError: the proof was given for something else.
        NotFoundError: no prior one of this id is in use.
        SuiteError: there is no reason, or the new version changes other things than this act may.
        EventError: the reason is longer than 300 characters.
    """
    digest = gov.objects.put_contract(suite)
    with writing(gov.engine) as connection:
        actor = acting(connection, by, "suite", "retire a suite")
        entry = in_use(connection, suite.id)
        if entry is None or entry.kind != "prior":
            raise NotFoundError(f"suite {suite.id}: no prior one of this id is in use; see `clinical-sdft suite list`")
        found = check_change(change, Suite.from_bytes(gov.objects.get(entry.digest)), suite)
        told: dict[str, DetailValue] = {"change": change, "proof": by.how}
        _retire(gov, connection, entry.digest, actor, reason, told | {"replaced_by": digest})
        suites.register(connection, suite, "prior")
        counts: dict[str, DetailValue] = {
            "relabelled": len(found.relabelled),
            "dropped": len(found.dropped),
            "renewed": len(found.renewed),
        }
        details = registered(suite, "prior") | told | counts | {"replaces": entry.digest}
        log.append(connection, gov.clock, actor=actor, action="suite-registered", subject=digest, details=details)
    return found


def refuse_renamed(gov: Governance, connection: Connection, suite: Suite) -> None:
    """Refuse a suite that asks what a retired one of another id asked: its spent error would be forgotten.

    Raises:
        SuiteError: at least half of its questions are those of a retired suite.
    """
    for entry in suites.entries(connection):
        if entry.retired and entry.suite_id != suite.id:
            before = Suite.from_bytes(gov.objects.get(entry.digest))
            if same_questions(suite, before):
                raise SuiteError(
                    f"suite {suite.id}: asks what the retired suite {entry.suite_id} asked; give it that id, so that "
                    "what was spent on these questions stays spent"
                )


def suite_history(gov: Governance, suite_id: str) -> SuiteHistory:
    """Return what happened to a suite under one id, the first first.

    Raises:
        NotFoundError: no suite of this id was ever sealed.
    """
    with reading(gov.engine) as connection:
        known = {entry.digest for entry in suites.entries(connection) if entry.suite_id == suite_id}
        entry = in_use(connection, suite_id)
        spent = suites.spent_by_line(connection, suite_id)
    if not known:
        raise NotFoundError(f"suite {suite_id}: never sealed here; see `clinical-sdft suite list`")
    texts = {digest: Suite.from_bytes(gov.objects.get(digest)) for digest in known}
    events = (e for action in ACTIONS for e in log.read_events(gov.engine, action=action) if e.subject in known)
    found = [_told(event, texts[str(event.subject)]) for event in sorted(events, key=lambda event: event.seq)]
    return SuiteHistory(suite_id, tuple(found), None if entry is None else entry.digest, spent)


def in_use(connection: Connection, suite_id: str) -> suites.SuiteEntry | None:
    """Return the version of a suite that is in use."""
    return next((e for e in suites.entries(connection) if e.suite_id == suite_id and not e.retired), None)


def registered(suite: Suite, kind: str) -> dict[str, DetailValue]:
    """Return what the log says of a suite that is sealed."""
    return {"suite_id": suite.id, "version": suite.version, "kind": kind, "items": len(suite.items)}


def _told(event: AuditEvent, suite: Suite) -> SuiteEvent:
    return SuiteEvent(
        at=event.recorded_at,
        action=event.action,
        actor=event.actor,
        digest=suite.digest,
        version=suite.version,
        items=len(suite.items),
        details=event.details,
    )


def _retire(
    gov: Governance,
    connection: Connection,
    digest: Digest,
    actor: str,
    reason: str,
    more: Mapping[str, DetailValue],
) -> None:
    if not reason.strip():
        raise SuiteError(f"suite {digest}: say why it is retired")
    entry = suites.retire(connection, digest)
    details: dict[str, DetailValue] = {"suite_id": entry.suite_id, "kind": entry.kind, "reason": reason, **more}
    log.append(connection, gov.clock, actor=actor, action="suite-retired", subject=digest, details=details)
