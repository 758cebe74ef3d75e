"""Records that were held back, and the vault: quarantine list, show, release, discard; records reidentify."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clinical_sdft.commands.common import (
    DEFAULT_WORKSPACE,
    ActorOption,
    JsonOption,
    WorkspaceOption,
    known_actor,
    open_both,
    prove,
    show,
)
from clinical_sdft.errors import InputError

if TYPE_CHECKING:
    from clinical_sdft.stages.quarantine import Shown, Waiting
    from data_contracts import MarkedSpan

quarantine = typer.Typer(help="Records that were held back: a person decides on each.", no_args_is_help=True)

RecordArgument = Annotated[str, typer.Argument(help="Digest of the record, or its first digits, as `list` shows it.")]
WhereOption = Annotated[
    Path | None, typer.Option("--records", help="Where the records lie, if not in the inbox.", exists=True)
]
ReasonOption = Annotated[
    str, typer.Option(envvar="CLINICAL_SDFT_REASON", help="Why, in your words, without an identifier; kept for good.")
]
CheckOption = Annotated[
    bool, typer.Option("--check", help="Only say whether it would be accepted; no password, nothing is decided.")
]
_MARK = re.compile(r"(\d+)-(\d+)(?::([a-z_0-9]+))?")
_EMPTY = (
    "nothing waits in quarantine. A run that holds records back lists them here; `clinical-sdft records import FILE` "
    "says beforehand what would be held back, and `clinical-sdft run-once` works through the inbox"
)


@quarantine.command("list")
def quarantine_list(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    records: WhereOption = None,
    settled: Annotated[bool, typer.Option("--all", help="Also those that were decided on.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the records that runs held back, why, and in which file they stand. Exit 4: some wait for a decision.

    File names may name patients: they are shown here, and stored nowhere.
    """
    from clinical_sdft.stages import quarantine as room

    rows = room.quarantine(*open_both(workspace), records)
    waiting = [row for row in rows if row.waits]
    chosen = rows if settled else waiting
    text = "\n".join(_line(row) for row in chosen)
    if waiting:
        text += "\nlook at one with `clinical-sdft quarantine show RECORD`, then release or discard it"
    show([_row(row) for row in chosen], as_json, text or _EMPTY)
    if waiting:
        raise typer.Exit(4)


@quarantine.command("show")
def quarantine_show(
    record: RecordArgument,
    actor: ActorOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    records: WhereOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a held record with the places to decide on, as clinician or compliance officer; looking is an event.

    The text is read from the record's own file and shown on this terminal alone.
    """
    from clinical_sdft.stages.quarantine import look_up
    from governance.services import commands

    opened, governance = open_both(workspace)
    actor = known_actor(governance, actor, "resolve quarantine")
    shown = look_up(opened, governance, record, records)
    commands.record_event(governance, actor=actor, action="quarantined-record-shown", subject=shown.waiting.held.record)
    show(_whole(shown), as_json, _page(shown))


@quarantine.command("release")
def quarantine_release(
    record: RecordArgument,
    reason: ReasonOption,
    actor: ActorOption,
    redact: Annotated[
        list[str] | None, typer.Option(help="START-END:CATEGORY: an identifier; a surrogate takes its place.")
    ] = None,
    keep: Annotated[list[str] | None, typer.Option(help="START-END: no identifier; it stays.")] = None,
    keep_diagnosis: Annotated[bool, typer.Option(help="The diagnosis field holds no identifier.")] = False,
    check: CheckOption = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    records: WhereOption = None,
) -> None:
    """Release a held record, every place marked by you. Asks for your password, and code.

    The record is de-identified anew with your marks; the next update by these records learns from it. Exit 4: an
    identifier may be left even so, and nothing is released.
    """
    from clinical_sdft.stages import quarantine as room

    marks = [*(_mark(text, True) for text in redact or ()), *(_mark(text, False) for text in keep or ())]
    opened, governance = open_both(workspace)
    actor = known_actor(governance, actor, "resolve quarantine")
    shown = room.look_up(opened, governance, record, records)
    if check:
        room.check_release(opened, governance, shown, marks=marks, keep_diagnosis=keep_diagnosis, reason=reason)
        typer.echo(f"{shown.waiting.held.record}: may be released so; nothing is decided yet")
        return
    by = prove(governance, actor, "quarantine")
    made = room.release(opened, governance, shown, marks=marks, keep_diagnosis=keep_diagnosis, by=by, reason=reason)
    typer.echo(f"{made.record}: released; the next update by these records learns from it")


@quarantine.command("discard")
def quarantine_discard(
    record: RecordArgument,
    reason: ReasonOption,
    actor: ActorOption,
    check: CheckOption = False,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    records: WhereOption = None,
) -> None:
    """Discard a held record for good: no update ever learns from it. Asks for your password, and code."""
    from clinical_sdft.stages import quarantine as room

    opened, governance = open_both(workspace)
    actor = known_actor(governance, actor, "resolve quarantine")
    shown = room.look_up(opened, governance, record, records)
    if check:
        room.check_discard(governance, shown, reason)
        typer.echo(f"{shown.waiting.held.record}: may be discarded so; nothing is decided yet")
        return
    made = room.discard(governance, shown, by=prove(governance, actor, "quarantine"), reason=reason)
    typer.echo(f"{made.record}: discarded; it never trains")


def records_reidentify(
    record: RecordArgument,
    reason: ReasonOption,
    actor: ActorOption,
    surrogate: Annotated[str | None, typer.Option(help="Only what stands behind this surrogate.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show what was taken out of a record, as compliance officer. Asks for your password, and code.

    Only where the hospital keeps a vault (`reidentification_vault = true` in config.toml). Each opening is an event,
    written before anything is shown; the event holds no text.
    """
    from clinical_sdft.deid.vault import open_vault
    from governance.services import commands

    opened, governance = open_both(workspace)
    actor = known_actor(governance, actor, "re-identify a record")
    digest, rows = open_vault(opened.root).open(record)
    by = prove(governance, actor, "reidentification")
    chosen = [one for one in rows if surrogate is None or one[2] == surrogate]
    commands.record_reidentification(governance, record=digest, by=by, reason=reason, identifiers=len(chosen))
    lines = [f"{category:14} {new} ← {old}" for category, old, new in chosen]
    value = [{"category": category, "identifier": old, "surrogate": new} for category, old, new in chosen]
    show(value, as_json, "\n".join(lines) or "nothing of this record stands behind that surrogate")


def _mark(text: str, identifier: bool) -> "MarkedSpan":
    from data_contracts import MarkedSpan

    match = _MARK.fullmatch(text)
    if match is None or bool(match[3]) != identifier or int(match[1]) >= int(match[2]):
        form = "--redact START-END:CATEGORY, as in 10-25:name" if identifier else "--keep START-END, as in 10-25"
        raise InputError(f"{text[:40]}: give {form}")
    return MarkedSpan(start=int(match[1]), end=int(match[2]), category=match[3])


def _row(row: "Waiting") -> dict[str, Any]:
    return {
        **row.held.model_dump(mode="json"),
        "updates": list(row.updates),
        "file": str(row.file) if row.file else None,
        "place": row.place,
        "decision": row.decision.decision if row.decision else None,
    }


def _line(row: "Waiting") -> str:
    from data_contracts import short

    where = f"{row.file}, {row.place}" if row.file else "its file is gone from the inbox: name it with --records"
    state = "" if row.decision is None else f"  [{row.decision.decision}d by {row.decision.actor}]"
    return f"{short(row.held.record)}  {row.held.reason}: {row.held.detail}{state}\n              {where}"


def _whole(shown: "Shown") -> dict[str, Any]:
    from clinical_sdft.deid.categories import Category

    record = shown.record
    return {
        **_row(shown.waiting),
        "categories": [category.value for category in Category],
        "narrative": record.narrative if record else None,
        "diagnosis": record.diagnosis if record else None,
    }


def _page(shown: "Shown") -> str:
    row, record = shown.waiting, shown.record
    if record is None:
        return f"{_line(row)}\nthere is no text to show: mend the file, or discard the record"
    lines = [_line(row), "", record.narrative, "", f"diagnosis: {record.diagnosis}", ""]
    for span in row.held.spans:
        before, after = (
            record.narrative[max(0, span.start - 30) : span.start],
            record.narrative[span.end : span.end + 30],
        )
        quoted = " ".join(f"{before}[[{record.narrative[span.start : span.end]}]]{after}".split())
        lines.append(f"{span.start}-{span.end}  {span.rule}: …{quoted}…")
    return "\n".join([*lines, "say of each place: --redact START-END:CATEGORY or --keep START-END"])
