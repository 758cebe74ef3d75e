"""Versions and their end: which answered when, where each comes from, retirement, legal holds, retention."""

import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
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
    from governance.services.views import Ancestor, Answered

registry = typer.Typer(help="Versions: which answered when, where each comes from.", no_args_is_help=True)
hold = typer.Typer(help="Legal holds: nothing held is ever deleted.", no_args_is_help=True)
retention = typer.Typer(help="What may be deleted, and when.", no_args_is_help=True)

ModelArgument = Annotated[str, typer.Argument(help="Digest of the version; see `registry history`.")]
HoldArgument = Annotated[str, typer.Argument(help="Id of the hold; never used twice.")]
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@registry.command("at")
def registry_at(
    when: Annotated[str, typer.Argument(help="A day (2027-03-03) or a moment (2027-03-03T14:30), UTC unless told.")],
    known: Annotated[
        str | None, typer.Option(help="Answer with what was known at this moment (of a day: at its end).")
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Say which version answered on a day or at a moment, who put it there, on what, and since when that is known."""
    from governance.services import queries

    start, end = _span(when)
    known_at = None if known is None else _end_of(known)
    found = queries.answered(governed(workspace), start, end, known_at)
    told = "" if known is None else f", as far as was known at {known}"
    text = "\n\n".join(_answered(one) for one in found) or f"no version answered at {when}{told}"
    show([asdict(one) for one in found], as_json, text)


@registry.command("history")
def registry_history(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List every version that ever answered, and when."""
    from governance.services import queries

    found = queries.versions(governed(workspace))
    lines = [
        f"{one.valid_from:%Y-%m-%d %H:%M:%S} to {_until(one):19} {one.model} {one.kind:8} {one.put_there_by}"
        f"{' retired' if one.retired_at else ''}{' held: ' + ', '.join(one.holds) if one.holds else ''}"
        for one in found
    ]
    show([asdict(one) for one in found], as_json, "\n".join(lines) or "no version was ever in force")


@registry.command("lineage")
def registry_lineage(
    model: Annotated[str | None, typer.Argument(help="Digest of the version; default: the one in force.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show where a version comes from: parent by parent down to the base model, with the update that made each."""
    from governance.services import queries

    governance = governed(workspace)
    current = queries.current_model(governance)
    if model is None and current is None:
        raise InputError("registry: no version is in force; name one")
    steps = queries.model_lineage(governance, model or (current.current if current else ""))
    show([asdict(step) for step in steps], as_json, "\n".join(_ancestor(step) for step in steps))


@registry.command("retire")
def registry_retire(
    model: ModelArgument,
    reason: ReasonOption,
    actor: ActorOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Retire a version, never the one in force: it is never put in force again. Asks for your password, and code."""
    from governance.services import commands

    governance = governed(workspace)
    by = prove(governance, known_actor(governance, actor, "retire a version"), "retirement")
    commands.retire_model(governance, model=model, by=by, reason=reason)
    commands.checkpoint(governance)
    typer.echo(f"{model}: retired")


@hold.command("set")
def hold_set(
    hold_id: HoldArgument,
    reason: ReasonOption,
    actor: ActorOption,
    model: Annotated[str | None, typer.Option("--version", help="Digest of a version to hold.")] = None,
    update_id: Annotated[str | None, typer.Option("--update", help="An update to hold.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="Hold all there is.")] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Hold a version, an update or everything, as compliance officer. Asks for your password, and code."""
    from governance.services import commands

    if [model is not None, update_id is not None, everything].count(True) != 1:
        raise InputError(f"hold {hold_id}: name one of --version, --update, --everything")
    governance = governed(workspace)
    by = prove(governance, known_actor(governance, actor, "set or release a hold"), "hold")
    commands.set_hold(governance, hold_id=hold_id, by=by, reason=reason, model=model, update_id=update_id)
    commands.checkpoint(governance)
    typer.echo(f"{hold_id}: set; nothing of it is deleted until it is released")


@hold.command("release")
def hold_release(
    hold_id: HoldArgument, reason: ReasonOption, actor: ActorOption, workspace: WorkspaceOption = DEFAULT_WORKSPACE
) -> None:
    """Release a hold, as compliance officer. Asks for your password, and code."""
    from governance.services import commands

    governance = governed(workspace)
    by = prove(governance, known_actor(governance, actor, "set or release a hold"), "hold")
    commands.release_hold(governance, hold_id=hold_id, by=by, reason=reason)
    commands.checkpoint(governance)
    typer.echo(f"{hold_id}: released")


@hold.command("list")
def hold_list(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List every hold and every release."""
    from governance.services import queries

    rows = queries.legal_holds(governed(workspace))
    lines = [
        f"{row.decided_at:%Y-%m-%d %H:%M} {row.kind:8} {row.hold_id:24} {row.subject or 'everything'} "
        f"{row.actor}: {row.reason}"
        for row in rows
    ]
    show([row.model_dump(mode="json") for row in rows], as_json, "\n".join(lines) or "no holds")


@retention.command("list")
def retention_list(
    expired: Annotated[bool, typer.Option("--expired", help="Only what may be deleted now.")] = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List weights, demonstrations and replies, and what keeps each; all else is kept for good."""
    from governance.services import queries

    rows = [row for row in queries.retention_list(governed(workspace)) if not expired or row.kept_because is None]
    lines = [f"{row.object} {row.kind:14} {row.kept_because or 'may be deleted'}" for row in rows]
    show([asdict(row) for row in rows], as_json, "\n".join(lines) or "nothing")


@retention.command("apply")
def retention_apply(
    reason: ReasonOption,
    actor: ActorOption,
    only: Annotated[list[str] | None, typer.Option(help="Only this object; may be given several times.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Delete what `retention list --expired` shows, as compliance officer; each deletion is an event.

    What the re-identification vault holds of a record goes when no run sealed it for those years and no hold stands.
    An object named with --only that is kept is refused, and then nothing is deleted. Asks for your password, and code.
    """
    from clinical_sdft.deid.vault import remove, sealed_before
    from governance.services import commands

    governance = governed(workspace)
    by = prove(governance, known_actor(governance, actor, "delete what is past its time"), "retention")
    made = commands.apply_retention(governance, by=by, reason=reason, only=only or ())
    records = () if only else sealed_before(workspace, commands.vault_limit(governance))
    records = commands.record_vault_deletion(governance, records=records, by=by, reason=reason)
    for record in records:
        remove(workspace, record)
    commands.checkpoint(governance)
    lines = [f"{one.object} {one.kind}: deleted" for one in made] + [f"{one} vault: deleted" for one in records]
    typer.echo("\n".join(lines) or "nothing is past its time")


def _span(when: str) -> tuple[datetime, datetime | None]:
    """Return a day's first moment and the next day's, or a moment and None."""
    start = _moment(when)
    return (start, start + timedelta(days=1)) if _DAY.fullmatch(when) else (start, None)


def _end_of(when: str) -> datetime:
    start, end = _span(when)
    return start if end is None else end - timedelta(microseconds=1)


def _moment(when: str) -> datetime:
    try:
        found = datetime.fromisoformat(when)
    except ValueError:
        raise InputError(f"{when}: give a day as 2027-03-03, or a moment as 2027-03-03T14:30") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _until(one: "Answered") -> str:
    return "now" if one.until is None else f"{one.until:%Y-%m-%d %H:%M:%S}"


def _answered(one: "Answered") -> str:
    facts: dict[str, Any] = {
        "version": one.model,
        "in force": f"{one.valid_from:%Y-%m-%d %H:%M:%S} to {_until(one)} UTC",
        "put there by": f"{one.put_there_by} ({one.kind}): {one.reason}",
        "update": f"{one.update_id}, gate {one.verdict}" if one.update_id else None,
        "approved by": ", ".join(one.approved_by),
        "recorded": f"{one.recorded_at:%Y-%m-%d %H:%M:%S} UTC",
        "retired": f"{one.retired_at:%Y-%m-%d}" if one.retired_at else None,
        "held": ", ".join(one.holds),
    }
    return "\n".join(f"{name:14}{value}" for name, value in facts.items() if value)


def _ancestor(step: "Ancestor") -> str:
    made = {
        "update": f"update {step.update_id} ({step.guideline_title}), gate {step.verdict}"
        + ("" if step.promoted else ", never in force"),
        "installation": "installed as the first version",
        "publisher": "base model",
    }
    return f"{step.model}  {made[step.made_by]}"
