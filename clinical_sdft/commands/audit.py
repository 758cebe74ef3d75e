"""Proof for others: audit log, checkpoint, verify, export. Loads no machine-learning package."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
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
    reader,
    show,
)
from clinical_sdft.errors import InputError

audit = typer.Typer(help="The audit log, its verification and its export.", no_args_is_help=True)

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DAY = re.compile(r"\d{4}-?\d{2}-?\d{2}")


@audit.command("log")
def audit_log(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    update_id: Annotated[str | None, typer.Option("--update", help="Only events of this update.")] = None,
    action: Annotated[str | None, typer.Option(help="Only events of this kind.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, newest first.")] = 50,
    actor: Annotated[
        str | None,
        typer.Option("--as", envvar="CLINICAL_SDFT_USER", help="Who reads; default: the account of the machine."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show events, newest first. Reading the log is an event too."""
    from governance.services import commands, queries

    governance = governed(workspace)
    commands.record_read(governance, actor=reader(governance, actor), page="audit-log", update_id=update_id)
    rows = queries.events(governance, update_id=update_id, action=action, limit=limit, offset=0)
    lines = []
    for row in rows:
        details = ", ".join(f"{key}={value}" for key, value in row.details.items())
        lines.append(f"{row.seq:6} {row.recorded_at:%Y-%m-%d %H:%M:%S} {row.actor:12} {row.action:24} {details}")
    show([row.model_dump(mode="json") for row in rows], as_json, "\n".join(lines) or "no events")


@audit.command("checkpoint")
def audit_checkpoint(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Sign the head of the log, hand it to the witness, and have it time-stamped where an authority is set up."""
    from governance.services import commands

    seal = commands.seal(governed(workspace))
    head, event = seal.checkpoint, seal.event
    value = {
        "tree_size": head.tree_size,
        "root": head.root,
        "time_stamp": event.subject if event else None,
        "note": seal.note,
    }
    lines = [f"{head.tree_size} events, root {head.root}"]
    if event is not None:
        lines.append(f"  note: {seal.note}" if seal.note else f"  time stamp {event.subject}")
    show(value, as_json, "\n".join(lines))


@audit.command("verify")
def audit_verify(
    export: Annotated[Path | None, typer.Argument(help="An export; without one the workspace's own store.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    public_key: Annotated[Path | None, typer.Option(help="PEM of the log's key, kept outside the export.")] = None,
    witness: Annotated[Path | None, typer.Option(help="Checkpoints that another host kept.")] = None,
    tsa_roots: Annotated[Path | None, typer.Option(help="PEM that an export's time stamps must chain to.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Verify the live store or an export, offline. Exit 5: something was altered; the first bad event is named."""
    from governance.services import commands

    if export is not None and not export.exists():
        raise InputError(f"{export}: no such export")
    report = (
        commands.verify_export(export, public_key, witness, tsa_roots)
        if export
        else commands.verify_store(governed(workspace))
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
    record: Annotated[
        str | None, typer.Option(help="Only what concerns the patient record with this keyed digest (sha256:…).")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="Only what happened from this day or moment on (UTC unless it says).")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Only what happened up to this moment, or to the end of this day.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a signed zip that anybody can verify offline with the `verify.py` inside.

    Choose one: an update, a record, or a period. What is left out is counted and represented by its hashes.
    """
    from governance.services import commands

    if record is not None and not _DIGEST.fullmatch(record):
        raise InputError(f"--record {record}: give the record's digest as `sha256:` and 64 hexadecimal digits")
    start, end = _moment("--from", since), _moment("--to", until, end_of_day=True)
    governance = governed(workspace)
    path = target or workspace / "exports" / f"audit-{_name(update_id, record, since, until)}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    who = known_actor(governance, actor)
    commands.export_audit(governance, path, update_id=update_id, record=record, since=start, until=end, actor=who)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    show({"path": str(path), "sha256": digest, "bytes": path.stat().st_size}, as_json, str(path))


def _moment(option: str, text: str | None, *, end_of_day: bool = False) -> datetime | None:
    """Read a day or a moment; a day given as an end is over at midnight after it."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{option} {text}: give a day as 2026-03-31 or a moment as 2026-03-31T14:00") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment + timedelta(days=1) if end_of_day and _DAY.fullmatch(text) else moment


def _name(update_id: str | None, record: str | None, since: str | None, until: str | None) -> str:
    if record:
        return f"record-{record[7:19]}"
    if since or until:
        return re.sub(r"[^0-9A-Za-z-]", "", f"{since or 'beginning'}--{until or 'now'}")
    return update_id or "all"
