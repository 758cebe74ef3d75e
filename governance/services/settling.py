"""A new guideline changes what is right: old items and demonstrations are retired or relabelled by a signed act."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from data_contracts import Conflict, Digest, Guideline, SettledConflict, Settlement, Suite, SuiteRevision
from data_contracts.governance import DetailValue
from governance.approvals import people
from governance.approvals.errors import RoleError
from governance.approvals.proving import Proven
from governance.audit import log
from governance.registry import suites
from governance.registry.errors import SuiteError
from governance.registry.revisions import revise
from governance.services.handle import Governance
from governance.services.identity import acting
from governance.store.database import reading, writing

SETTLED = "conflicts-settled"
MEANING = "These answers were right before this guideline and are no longer; what they tested is retired or relabelled."


def settle_conflicts(
    gov: Governance, *, guideline: Guideline, settled: Sequence[SettledConflict], by: Proven, reason: str
) -> Settlement:
    """Retire or relabel what a guideline contradicts, with a signed record of it, in one transaction.

    A suite that loses or changes items is retired, and a new version of it is sealed in its place; what stays goes on
    to gate. A demonstration is struck: it taught the old answer, and no later update is asked about it again.

    Raises:
        RoleError: who acts is no approver: it takes items from what an update must pass, as retiring a suite does.
        SuiteError: there is no reason, nothing to settle, or a suite is not what was shown.
        NotFoundError: a suite is no longer in use.
    """
    if not reason.strip():
        raise SuiteError("conflicts: say why they are settled so")
    if not settled:
        raise SuiteError("conflicts: nothing to settle")
    revised = list(_revised(gov, guideline, settled))
    for _, after in revised:
        if after is not None:
            gov.objects.put_contract(after)
    gov.objects.put_contract(guideline)
    with writing(gov.engine) as connection:
        actor = acting(connection, by, "conflict", "settle a conflict")
        for before, after in revised:
            _replace(gov, connection, before, after, by, reason)
        account = people.find(connection, actor)
        if account is None:
            raise RoleError(f"{actor}: no such person here")
        settlement = Settlement(
            guideline=guideline.digest,
            guideline_title=guideline.title,
            settled=tuple(settled),
            revisions=tuple(
                SuiteRevision(before=one.digest, after=None if two is None else two.digest) for one, two in revised
            ),
            username=actor,
            printed_name=account.person.printed_name,
            meaning=MEANING,
            reason=reason.strip(),
            signed_at=log.now(connection, gov.clock),
        )
        subject = gov.objects.put_contract(settlement)
        details: dict[str, DetailValue] = {
            "guideline": guideline.digest,
            "retired": sum(one.act == "retire" for one in settled),
            "relabelled": sum(one.act == "relabel" for one in settled),
            "suites": len(revised),
            "proof": by.how,
        }
        log.append(connection, gov.clock, actor=actor, action=SETTLED, subject=subject, details=details)
    return settlement


def settlements(gov: Governance, guideline: Digest) -> tuple[Settlement, ...]:
    """Return what was settled for a guideline, the newest first."""
    known = log.read_events(gov.engine, action=SETTLED, newest_first=True)
    found = [Settlement.from_bytes(gov.objects.get(event.subject)) for event in known if event.subject]
    return tuple(one for one in found if one.guideline == guideline)


def unsettled(gov: Governance, guideline: Digest, found: Sequence[Conflict]) -> tuple[Conflict, ...]:
    """Return the conflicts that no signed act covers and that still stand: their suite is in use, as it was."""
    done = {
        (one.conflict.holder, one.conflict.item)
        for settlement in settlements(gov, guideline)
        for one in settlement.settled
    }
    with reading(gov.engine) as connection:
        used = set(suites.priors(connection))
    return tuple(
        one
        for one in found
        if (one.holder, one.item) not in done and (one.kind == "demonstration" or one.holder in used)
    )


def _revised(
    gov: Governance, guideline: Guideline, settled: Sequence[SettledConflict]
) -> Iterator[tuple[Suite, Suite | None]]:
    holders = dict.fromkeys(one.conflict.holder for one in settled if one.conflict.kind == "suite item")
    for holder in holders:
        before = Suite.from_bytes(gov.objects.get(holder))
        yield before, revise(before, [one for one in settled if one.conflict.holder == holder], guideline)


def _replace(gov: Governance, connection: Connection, before: Suite, after: Suite | None, by: Proven, why: str) -> None:
    """Retire a suite and seal the one that takes its place; both events say of each other."""
    actor, entry = by.person.username, suites.retire(connection, before.digest)
    told: dict[str, DetailValue] = {"kind": entry.kind, "change": "settle", "proof": by.how}
    retired = told | {
        "suite_id": before.id,
        "reason": why.strip(),
        "replaced_by": None if after is None else after.digest,
    }
    log.append(connection, gov.clock, actor=actor, action="suite-retired", subject=before.digest, details=retired)
    if after is not None:
        suites.register(connection, after, "new" if entry.kind == "new" else "prior")
        counts = {"items": len(after.items), "dropped": len(before.items) - len(after.items)}
        sealed = told | counts | {"suite_id": after.id, "version": after.version, "replaces": before.digest}
        log.append(connection, gov.clock, actor=actor, action="suite-registered", subject=after.digest, details=sealed)
