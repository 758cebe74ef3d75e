"""What a new guideline contradicts: list it, and settle it by a signed act."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clinical_sdft.commands.common import (
    DEFAULT_WORKSPACE,
    ActorOption,
    JsonOption,
    ReasonOption,
    WorkspaceOption,
    known_actor,
    open_both,
    prove,
    show,
)
from clinical_sdft.errors import InputError

if TYPE_CHECKING:
    from data_contracts import Conflict, SettledConflict

conflicts = typer.Typer(help="Old answers that a new guideline contradicts.", no_args_is_help=True)

GuidelineArgument = Annotated[Path, typer.Argument(help="File of the new guideline.")]
_SELECT = "`all`, a suite's id, or SUITE/ITEM as the list names it; may be given several times."


@conflicts.command("list")
def conflicts_list(
    guideline: GuidelineArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """List the suite items and earlier demonstrations that a guideline contradicts. Exit 3: there are some."""
    from clinical_sdft.ingest.guidelines import read_guideline
    from clinical_sdft.stages.conflicts import open_conflicts

    opened, governance = open_both(workspace)
    found = open_conflicts(opened, governance, read_guideline(guideline))
    lines = [f"{one.key:48} {one.old} → {one.new}  ({one.kind}; by {one.cause}: {one.by})" for one in found]
    lines.append(f"{len(found)} old answers wait for a decision; `clinical-sdft conflicts settle` retires or relabels")
    text = "\n".join(lines) if found else "nothing in use contradicts this guideline"
    show([one.model_dump(mode="json") for one in found], as_json, text)
    if found:
        raise typer.Exit(3)


@conflicts.command("settle")
def conflicts_settle(
    guideline: GuidelineArgument,
    reason: ReasonOption,
    actor: ActorOption,
    retire: Annotated[list[str], typer.Option(help=f"No longer asked: {_SELECT}")] = [],  # noqa: B006
    relabel: Annotated[list[str], typer.Option(help=f"Asked, with the new answer as the right one: {_SELECT}")] = [],  # noqa: B006
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Retire or relabel what a guideline contradicts, signed as approver.

    Asks for your password, and code. Each suite concerned is sealed anew: what stays in it goes on to gate. An earlier
    demonstration can only be retired. What is not named stays open, and the update waits.
    """
    from clinical_sdft.ingest.guidelines import read_guideline
    from clinical_sdft.stages.conflicts import open_conflicts
    from governance.services import commands

    opened, governance = open_both(workspace)
    username = known_actor(governance, actor, "settle a conflict")
    read = read_guideline(guideline)
    found = open_conflicts(opened, governance, read)
    settled = choose(found, retire, relabel)
    by = prove(governance, username, "conflict")
    made = commands.settle_conflicts(governance, guideline=read, settled=settled, by=by, reason=reason)
    commands.checkpoint(governance)
    lines = [f"{made.printed_name}, {made.signed_at:%Y-%m-%d %H:%M:%S} UTC: {made.meaning}"]
    for revision in made.revisions:
        lines.append(f"{revision.before} → {revision.after or 'retired whole: no item is left'}")
    lines.append(f"{len(settled)} settled, {len(found) - len(settled)} still open")
    show(made.model_dump(mode="json"), as_json, "\n".join(lines))


def choose(found: "tuple[Conflict, ...]", retire: list[str], relabel: list[str]) -> "list[SettledConflict]":
    """Return the decisions that selections make on open conflicts; a single item counts before its suite, before all.

    Raises:
        InputError: a selection meets nothing, or one conflict is selected for both.
    """
    from data_contracts import SettledConflict

    acts: dict[str, Literal["retire", "relabel"]] = {}
    wanted: list[tuple[Literal["retire", "relabel"], list[str]]] = [("retire", retire), ("relabel", relabel)]
    for act, selections in wanted:
        for selection in selections:
            if acts.setdefault(selection, act) != act:
                raise InputError(f"conflicts settle: {selection} cannot be both retired and relabelled")
    met: set[str] = set()
    settled = []
    for one in found:
        names = [name for name in (one.key, one.name, "all") if name in acts]
        met.update(names)
        if names:
            act = "retire" if one.kind == "demonstration" else acts[names[0]]
            settled.append(SettledConflict(conflict=one, act=act))
    lost = [name for name in acts if name not in met]
    if lost or not settled:
        what = ", ".join(lost) or "nothing was selected"
        raise InputError(f"conflicts settle: {what}: no open conflict; see `clinical-sdft conflicts list`")
    return settled
