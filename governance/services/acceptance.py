"""Drafted demonstrations before a clinician: accepted, edited or refused, one by one or by sample.

The log is the record: the engine writes which drafts an update has (their file lies among the objects), and every
decision is an event about the draft's digest. The last decision on a draft counts, until the update takes the accepted
ones over (`demonstrations-drafted`); from then on nothing can be decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from data_contracts import AuditEvent, Demonstration, Digest, DraftDemonstration, SamplingPlan, short
from data_contracts.governance import DetailValue
from governance.approvals import sampling
from governance.approvals.errors import AcceptanceError
from governance.approvals.proving import Proven
from governance.audit import log
from governance.audit.log import read_events
from governance.registry.errors import NotFoundError
from governance.services.handle import Governance
from governance.services.identity import acting
from governance.store.database import writing

Decision = Literal["accepted", "edited", "refused"]
DRAFTS_ACTION, FIXED_ACTION = "demonstrations-await-acceptance", "demonstrations-drafted"
_ACTIONS: dict[str, Decision] = {
    "demonstration-accepted": "accepted",
    "demonstration-edited": "edited",
    "demonstration-refused": "refused",
    "demonstration-accepted-by-sample": "accepted",
}
_BY_SAMPLE = "demonstration-accepted-by-sample"
ACCEPTANCE_ACTIONS = frozenset(_ACTIONS)
"""Actions that only governance writes: a person proved who decides."""


@dataclass(frozen=True)
class Choice:
    """A decision on one draft; an edit brings the demonstration as it shall be."""

    draft: Digest
    decision: Decision
    reason: str
    demonstration: Demonstration | None = None


@dataclass(frozen=True)
class DraftState:
    """A draft, what was decided on it and by whom; what is trained on where it was accepted."""

    draft: DraftDemonstration
    digest: Digest
    decision: Decision | None
    by: str | None
    at: datetime | None
    reason: str | None
    by_sample: bool
    demonstration: Demonstration | None
    """None while undecided, and when refused."""


@dataclass(frozen=True)
class DraftsState:
    """All drafts of an update, and the plan by which a clinician may accept them from a sample."""

    update_id: str
    drafts: tuple[DraftState, ...]
    fixed: bool
    """Whether the update took them over, so that nothing can be decided any more."""
    plan: SamplingPlan | None
    """None where no draft is complete."""
    sample: tuple[Digest, ...]

    @property
    def waiting(self) -> tuple[DraftState, ...]:
        """Drafts nobody has decided on."""
        return tuple(state for state in self.drafts if state.decision is None)

    @property
    def accepted(self) -> tuple[Demonstration, ...]:
        """What is trained on: exactly what was accepted, in the order of the drafts."""
        return tuple(state.demonstration for state in self.drafts if state.demonstration is not None)

    @property
    def sample_refusal(self) -> str | None:
        """Why the rest cannot be accepted from the sample, in words; None when it can."""
        drawn = [state for state in self.drafts if state.digest in set(self.sample)]
        if self.plan is None:
            return "no draft has both a question and an answer; complete them one by one"
        bad = [state.draft.id for state in drawn if state.decision in ("edited", "refused")]
        if bad:
            return f"{bad[0]} of the sample was not right as drafted (c = 0); decide on every draft one by one"
        open_ones = [state.draft.id for state in drawn if state.decision is None or state.by_sample]
        if open_ones:
            return f"{len(open_ones)} of {len(drawn)} of the sample are not decided yet, first {open_ones[0]}"
        return None


def updates_with_drafts(gov: Governance) -> tuple[str, ...]:
    """Return the updates that have drafts for a clinician, the newest first."""
    found = read_events(gov.engine, update_id=None, action=DRAFTS_ACTION, limit=None, offset=0, newest_first=True)
    return tuple(dict.fromkeys(event.update_id for event in found if event.update_id))


def drafts(gov: Governance, update_id: str) -> DraftsState:
    """Return the drafts of an update and where each stands.

    Raises:
        NotFoundError: the update has none, or there is no such update.
        IntegrityError, MissingObjectError: an object was altered, or is gone.
    """
    events = read_events(gov.engine, update_id=update_id, action=None, limit=None, offset=0, newest_first=False)
    made = [event.subject for event in events if event.action == DRAFTS_ACTION]
    if not made or made[-1] is None:
        raise NotFoundError(
            f"update {update_id}: has no drafted demonstrations; see `clinical-sdft demonstrations list`"
        )
    lines = gov.objects.get(made[-1]).splitlines()
    rows = [DraftDemonstration.from_bytes(line) for line in lines if line.strip()]
    decided = {event.subject: event for event in events if event.action in _ACTIONS}
    states = tuple(_state(gov, row, decided.get(row.digest)) for row in rows)
    lot = [state.digest for state in states if state.draft.complete]
    plan = sampling.plan(len(lot)) if lot else None
    return DraftsState(
        update_id=update_id,
        drafts=states,
        fixed=any(event.action == FIXED_ACTION for event in events),
        plan=plan,
        sample=sampling.draw(lot, plan.sample) if plan else (),
    )


def decide_drafts(gov: Governance, *, update_id: str, choices: Sequence[Choice], by: Proven) -> DraftsState:
    """Decide on drafts, all of them or none; every decision is an event.

    Raises:
        RoleError: who acts is no clinician.
        NotFoundError: the update has no drafts.
        AcceptanceError: a draft is not of this update, or lacks what an acceptance needs; or the update took them over.
    """
    known = {state.digest: state.draft for state in drafts(gov, update_id).drafts}
    with writing(gov.engine) as connection:
        actor = acting(connection, by, "acceptance", "accept demonstrations")
        rows = []
        for choice in choices:
            draft = known.get(choice.draft)
            if draft is None:
                raise AcceptanceError(f"update {update_id}: no draft {choice.draft}; read the list again")
            rows.append(_event(gov, update_id, actor, by, draft, choice))
        _write(gov, connection, update_id, rows)
    return drafts(gov, update_id)


def accept_by_sample(gov: Governance, *, update_id: str, by: Proven, reason: str) -> DraftsState:
    """Accept every complete draft that is undecided, because the whole sample was accepted as drafted.

    Raises:
        RoleError: who acts is no clinician.
        NotFoundError: the update has no drafts.
        AcceptanceError: the sample is not accepted whole, there is no reason, or the update took the drafts over.
    """
    state = drafts(gov, update_id)
    refusal = state.sample_refusal
    if refusal is not None or state.plan is None:
        raise AcceptanceError(f"update {update_id}: {refusal}")
    plan: dict[str, DetailValue] = {"lot": state.plan.lot, "sample": state.plan.sample}
    plan |= {"ltpd": state.plan.ltpd, "risk": state.plan.risk}
    rest = [entry for entry in state.waiting if entry.draft.complete]
    with writing(gov.engine) as connection:
        actor = acting(connection, by, "acceptance", "accept demonstrations")
        rows = []
        for entry in rest:
            row = _event(gov, update_id, actor, by, entry.draft, Choice(entry.digest, "accepted", reason))
            rows.append(log.Draft(row.actor, _BY_SAMPLE, row.subject, row.update_id, {**(row.details or {}), **plan}))
        _write(gov, connection, update_id, rows)
    return drafts(gov, update_id)


def _write(gov: Governance, connection: Connection, update_id: str, rows: Sequence[log.Draft]) -> None:
    """Write decisions, unless the update took the demonstrations over in the meantime."""
    if read_events(gov.engine, update_id=update_id, action=FIXED_ACTION, limit=1, offset=0, newest_first=True):
        raise AcceptanceError(f"update {update_id}: its demonstrations are taken over already; nothing can be decided")
    log.append_all(connection, gov.clock, rows)


def _event(
    gov: Governance, update_id: str, actor: str, by: Proven, draft: DraftDemonstration, choice: Choice
) -> log.Draft:
    if not choice.reason.strip():
        raise AcceptanceError(f"draft {draft.id}: say why it is {choice.decision}")
    details: dict[str, DetailValue] = {"draft": draft.id, "reason": choice.reason.strip(), "proof": by.how}
    if choice.decision == "edited":
        details["demonstration"] = gov.objects.put_contract(_edited(draft, choice.demonstration))
    elif choice.decision == "accepted":
        details["demonstration"] = demonstration_of(draft).digest
    action = f"demonstration-{choice.decision}"
    return log.Draft(actor, action, draft.digest, update_id, details)


def demonstration_of(draft: DraftDemonstration) -> Demonstration:
    """Return what an accepted draft is trained on as.

    Raises:
        AcceptanceError: it has no question or no answer.
    """
    if draft.made is not None:
        return draft.made
    if draft.question is None or draft.answer is None or draft.label is None:
        raise AcceptanceError(f"draft {draft.id}: has no question or no answer; edit it, or refuse it")
    return Demonstration(
        id=draft.id,
        question=draft.question,
        answer=draft.answer,
        label=draft.label,
        quote=draft.quote,
        guideline=draft.guideline,
        recommendation=draft.recommendation,
        record=draft.record,
    )


def edited(draft: DraftDemonstration, question: str, answer: str, label: str) -> Demonstration:
    """Return a draft with other words; the source beside it, and what else it carries, stays where it still holds.

    A rule's reasoning holds for its own answer and case, and its readings for its own case.

    Raises:
        pydantic.ValidationError: one of the texts is empty.
    """
    names = {"id", "quote", "guideline", "recommendation", "record"}
    gone = set()
    if (question, label) != (draft.question, draft.label):
        gone |= {"rule", "reasoning", "worked"}
    if question != draft.question:
        gone.add("fields")
    kept = (draft.made or draft).model_dump(mode="json", include=None if draft.made else names, exclude=gone)
    return Demonstration.model_validate(kept | {"question": question, "answer": answer, "label": label})


def _edited(draft: DraftDemonstration, made: Demonstration | None) -> Demonstration:
    """Check that an edit is one of question, answer and label; the source beside it stays."""
    if made is None:
        raise AcceptanceError(f"draft {draft.id}: an edit needs question, answer and label")
    if made != edited(draft, made.question, made.answer, made.label):
        raise AcceptanceError(f"draft {draft.id}: an edit changes question, answer and label, never the source")
    if made.label.casefold() not in made.answer.casefold():
        raise AcceptanceError(f"draft {draft.id}: the label must stand within the answer; it is what must be said")
    return made


def _state(gov: Governance, draft: DraftDemonstration, event: AuditEvent | None) -> DraftState:
    decision = _ACTIONS[event.action] if event else None
    made: Demonstration | None = None
    if event is not None and decision == "edited":
        made = Demonstration.from_bytes(gov.objects.get(str(event.details["demonstration"])))
    elif event is not None and decision == "accepted":
        made = demonstration_of(draft)
        if made.digest != event.details.get("demonstration"):
            raise AcceptanceError(f"draft {short(draft.digest)}: is not what was accepted; decide on it again")
    return DraftState(
        draft=draft,
        digest=draft.digest,
        decision=decision,
        by=event.actor if event else None,
        at=event.recorded_at if event else None,
        reason=str(event.details["reason"]) if event else None,
        by_sample=event is not None and event.action == _BY_SAMPLE,
        demonstration=made,
    )
