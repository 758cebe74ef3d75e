"""Proof for others: audit log, verify, export. Loads no machine-learning package."""

from pathlib import Path
from typing import Annotated

import typer

from clinical_sdft.commands.common import (
    DEFAULT_WORKSPACE,
    ActorOption,
    JsonOption,
    WorkspaceOption,
    governed,
    known_actor,
    show,
)

audit = typer.Typer(help="The audit log, its verification and its export.", no_args_is_help=True)


@audit.command("log")
def audit_log(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    update_id: Annotated[str | None, typer.Option("--update", help="Only events of this update.")] = None,
    action: Annotated[str | None, typer.Option(help="Only events of this kind.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, newest first.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show events, newest first."""
    from governance.services import queries

    rows = queries.events(governed(workspace), update_id=update_id, action=action, limit=limit, offset=0)
    lines = []
    for row in rows:
        details = ", ".join(f"{key}={value}" for key, value in row.details.items())
        lines.append(f"{row.seq:6} {row.recorded_at:%Y-%m-%d %H:%M:%S} {row.actor:12} {row.action:24} {details}")
    show([row.model_dump(mode="json") for row in rows], as_json, "\n".join(lines) or "no events")


@audit.command("verify")
def audit_verify(
    export: Annotated[Path | None, typer.Argument(help="An export; without one the workspace's own store.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    public_key: Annotated[Path | None, typer.Option(help="PEM of the log's key, kept outside the export.")] = None,
    witness: Annotated[Path | None, typer.Option(help="Checkpoints that another host kept.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Verify the live store or an export, offline. Exit 5: something was altered; the first bad event is named."""
    from governance.services import commands

    if export is not None and not export.exists():
        raise FileNotFoundError(f"{export}: no such export")
    report = (
        commands.verify_export(export, public_key, witness) if export else commands.verify_store(governed(workspace))
    )
    lines = [f"{report.subject}: {'verified' if report.ok else 'NOT intact'}, {report.events} events"]
    lines += [f"  {problem.where}: {problem.what}" for problem in report.problems]
    lines += [f"  note: {note}" for note in report.notes]
    value = {
        "ok": report.ok,
        "events": report.events,
        "first_bad_event": report.first_bad_event,
        "problems": [vars(problem) for problem in report.problems],
        "notes": list(report.notes),
    }
    show(value, as_json, "\n".join(lines))
    if not report.ok:
        raise typer.Exit(5)


@audit.command("prove")
def audit_prove(
    seq: Annotated[int, typer.Argument(min=0, help="Number of the event, as `audit log` shows it.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show one event with the proof that it stands under the newest signed head. Exit 5: it does not."""
    from governance.services import queries

    proof = queries.event_proof(governed(workspace), seq)
    lines = [proof.event, "", f"stands in the log of {proof.tree_size} events with this signed head:", ""]
    lines += [proof.checkpoint, "by these hashes, from its own up to the root (RFC 9162):", "", *proof.proof]
    show(vars(proof), as_json, "\n".join(lines))


@audit.command("export")
def audit_export(
    actor: ActorOption,
    target: Annotated[Path | None, typer.Argument(help="The zip to write; default: exports/ in the workspace.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    update_id: Annotated[str | None, typer.Option("--update", help="Only this update.")] = None,
) -> None:
    """Write a signed zip that anybody can verify offline with the `verify.py` inside."""
    from governance.services import commands

    governance = governed(workspace)
    path = target or workspace / "exports" / f"audit-{update_id or 'all'}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    commands.export_audit(governance, path, update_id=update_id, actor=known_actor(governance, actor))
    typer.echo(str(path))
