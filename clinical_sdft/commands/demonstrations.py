"""Drafted demonstrations before a clinician: list, show, accept, edit, refuse, accept-sample."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from clinical_sdft.commands.common import (
    DEFAULT_WORKSPACE,
    ActorOption,
    JsonOption,
    ReasonOption,
    WorkspaceOption,
    governed,
    known_actor,
    prove,
    show,
)
from clinical_sdft.errors import InputError

if TYPE_CHECKING:
    from data_contracts import Digest
    from governance.services.acceptance import DraftsState, DraftState
    from governance.services.handle import Governance

demonstrations = typer.Typer(
    help="Drafted demonstrations: a clinician accepts, edits or refuses them before anything is trained.",
    no_args_is_help=True,
)
UpdateArgument = Annotated[str, typer.Argument(help="Id of the update, as `demonstrations list` shows it.")]
DraftArgument = Annotated[str, typer.Argument(help="Id of the draft, as `demonstrations list UPDATE` shows it.")]
DraftsArgument = Annotated[list[str], typer.Argument(help="Ids of drafts, as `demonstrations list UPDATE` shows them.")]


@demonstrations.command("list")
def list_(
    update_id: Annotated[str | None, typer.Argument(help="Id of the update; without it, all that have drafts.")] = None,
    only_waiting: Annotated[bool, typer.Option("--waiting", help="Only drafts nobody has decided on.")] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List updates whose drafts a clinician decides on, or the drafts of one of them."""
    from governance.services import queries

    governance = governed(workspace)
    if update_id is None:
        states = [queries.drafts(governance, name) for name in queries.updates_with_drafts(governance)]
        rows = [{"update": s.update_id, "drafts": len(s.drafts), "waiting": len(s.waiting)} for s in states]
        lines = [f"{row['update']}: {row['waiting']} of {row['drafts']} drafts wait for a clinician" for row in rows]
        show(rows, as_json, "\n".join(lines) or "no update has drafts that a clinician must accept")
        return
    state = queries.drafts(governance, update_id)
    entries = state.waiting if only_waiting else state.drafts
    sample = set(state.sample)
    lines = [_line(entry, entry.digest in sample) for entry in entries]
    lines.append(_outlook(state))
    show([_row(entry, entry.digest in sample) for entry in entries], as_json, "\n".join(lines))


@demonstrations.command("show")
def show_draft(
    update_id: UpdateArgument,
    draft: DraftArgument,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show a draft with the source's words, where they stand, and what de-identification replaced."""
    governance = governed(workspace)
    state, entry = _found(governance, update_id, draft)
    made = entry.draft
    replaced = ", ".join(f"{one.count} {one.category}" for one in made.replaced)
    facts = {
        "draft": made.id,
        "question": made.question or "(none: a clinician writes it)",
        "answer": made.answer or "(none: a clinician writes it)",
        "said before it": made.made and made.made.worked,
        "how it follows": made.made and made.made.reasoning,
        "what must be said": made.label or "(none: a clinician writes it)",
        "source says": made.quote,
        "in": made.place,
        "file": made.source_sha256 or "the guideline itself",
        "holds when": made.condition,
        "strength": made.strength,
        "evidence": made.evidence,
        "patient record": made.record,
        "replaced in it": replaced or ("nothing was found to replace" if made.record else None),
        "in the sample": "yes" if entry.digest in state.sample else "no",
        "decision": _decided(entry),
    }
    lines = [f"{name + ':':18} {value}" for name, value in facts.items() if value is not None]
    show(_row(entry, entry.digest in state.sample), as_json, "\n".join(lines))


@demonstrations.command("accept")
def accept(
    update_id: UpdateArgument,
    drafts: DraftsArgument,
    reason: ReasonOption,
    actor: ActorOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Accept drafts as they are. Asks for your password, and code; only a clinician may."""
    from governance.services.commands import Choice

    governance = governed(workspace)
    entries = [_found(governance, update_id, draft)[1] for draft in drafts]
    _decide(governance, update_id, actor, [Choice(entry.digest, "accepted", reason) for entry in entries])


@demonstrations.command("edit")
def edit(
    update_id: UpdateArgument,
    draft: DraftArgument,
    reason: ReasonOption,
    actor: ActorOption,
    question: Annotated[str | None, typer.Option(help="The question, as the model will be asked it.")] = None,
    answer: Annotated[str | None, typer.Option(help="The full reply, as the model should phrase it.")] = None,
    label: Annotated[str | None, typer.Option(help="What must be said to be right; it stands in the answer.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Complete or correct a draft and accept it so; what is not given stays. Asks for your password, and code."""
    from governance.services.acceptance import edited
    from governance.services.commands import Choice

    governance = governed(workspace)
    entry = _found(governance, update_id, draft)[1]
    made = entry.draft
    texts = {"question": question or made.question, "answer": answer or made.answer, "label": label or made.label}
    missing = [name for name, text in texts.items() if not (text and text.strip())]
    if missing:
        raise InputError(f"draft {draft}: has no {missing[0]} yet; give it with --{missing[0]}")
    changed = edited(made, **{name: text or "" for name, text in texts.items()})
    _decide(governance, update_id, actor, [Choice(entry.digest, "edited", reason, changed)])


@demonstrations.command("refuse")
def refuse(
    update_id: UpdateArgument,
    reason: ReasonOption,
    actor: ActorOption,
    drafts: Annotated[list[str] | None, typer.Argument(help="Ids of drafts.")] = None,
    incomplete: Annotated[
        bool, typer.Option("--incomplete", help="All undecided drafts without a question or an answer.")
    ] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Refuse drafts: they are never trained on. Asks for your password, and code; only a clinician may."""
    from governance.services import queries
    from governance.services.commands import Choice

    governance = governed(workspace)
    entries = [_found(governance, update_id, draft)[1] for draft in drafts or ()]
    if incomplete:
        entries += [entry for entry in queries.drafts(governance, update_id).waiting if not entry.draft.complete]
    if not entries:
        raise InputError(f"update {update_id}: name drafts, or --incomplete where some wait; none was refused")
    _decide(governance, update_id, actor, [Choice(entry.digest, "refused", reason) for entry in entries])


@demonstrations.command("accept-sample")
def accept_sample(
    update_id: UpdateArgument,
    reason: ReasonOption,
    actor: ActorOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Accept all complete drafts once every draft of the sample was accepted as drafted, one by one.

    The plan: a sample without replacement, no defect allowed (c = 0), so large that a lot in which 5% are wrong passes
    with at most 5% probability. `demonstrations list UPDATE` marks the sample with *. One of it edited or refused,
    and every draft must be decided on its own. Asks for your password, and code.
    """
    from governance.services import commands, queries

    governance = governed(workspace)
    known_actor(governance, actor, "accept demonstrations")
    before = queries.drafts(governance, update_id)
    if before.sample_refusal is not None:
        raise InputError(f"update {update_id}: {before.sample_refusal}")
    proven = prove(governance, actor, "acceptance")
    after = commands.accept_by_sample(governance, update_id=update_id, by=proven, reason=reason)
    typer.echo(f"{len(before.waiting) - len(after.waiting)} accepted by sample; {_outlook(after)}")


def _found(governance: "Governance", update_id: str, draft: str) -> "tuple[DraftsState, DraftState]":
    from governance.services import queries

    state = queries.drafts(governance, update_id)
    for entry in state.drafts:
        if entry.draft.id == draft:
            return state, entry
    raise InputError(f"draft {draft}: update {update_id} has none of this id; see `demonstrations list {update_id}`")


def _decide(governance: "Governance", update_id: str, actor: str, choices: list[Any]) -> None:
    from governance.services import commands

    known_actor(governance, actor, "accept demonstrations")
    proven = prove(governance, actor, "acceptance")
    state = commands.decide_drafts(governance, update_id=update_id, choices=choices, by=proven)
    typer.echo(f"{len(choices)} {choices[0].decision}; {_outlook(state)}")


def _line(entry: "DraftState", in_sample: bool) -> str:
    made = entry.draft
    words = made.question or made.quote
    missing = "" if made.complete else "  (to complete)"
    return f"{'*' if in_sample else ' '} {made.id:32} {_decided(entry):12} {' '.join(words.split())[:70]}{missing}"


def _decided(entry: "DraftState") -> str:
    return f"{entry.decision} by {entry.by}" if entry.decision else "waiting"


def _outlook(state: "DraftsState") -> str:
    if state.fixed:
        return f"{len(state.accepted)} demonstrations were taken over; nothing can be decided any more"
    words = f"{len(state.waiting)} of {len(state.drafts)} wait"
    if state.plan and state.waiting:
        plan = state.plan
        words += (
            f"; sample (*) of {plan.sample} out of {plan.lot}: a lot with {plan.defective} wrong ones passes with "
            f"{plan.achieved:.1%}"
        )
    return words if state.waiting else f"{words}; `clinical-sdft run-once` goes on"


def _row(entry: "DraftState", in_sample: bool) -> dict[str, Any]:
    digest: Digest = entry.digest
    return {
        **entry.draft.model_dump(mode="json"),
        "digest": digest,
        "decision": entry.decision,
        "by": entry.by,
        "at": entry.at,
        "reason": entry.reason,
        "by_sample": entry.by_sample,
        "in_sample": in_sample,
        "trained_on": entry.demonstration.model_dump(mode="json") if entry.demonstration else None,
    }
