"""Guidelines in: ingest."""

import contextlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clinical_sdft.commands.common import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, err, show
from clinical_sdft.errors import InputError

if TYPE_CHECKING:
    from clinical_sdft.workspace import Workspace
    from data_contracts import Guideline, IngestReport
    from governance.services.handle import Governance

SHOWN = 12
"""Skipped places that are printed; `--json` has all."""
_OUT = "not put into the inbox"


def ingest(
    guideline: Annotated[
        Path,
        typer.Argument(
            help="A guideline file (YAML, JSON, Markdown, HTML, DOCX, PDF, FHIR PlanDefinition, USPSTF JSON, JSONL or "
            "CSV of question and answer, docling's JSON), or a folder of such files that are one guideline."
        ),
    ],
    name: Annotated[str | None, typer.Option("--id", help="Id of the guideline; else from the file's name.")] = None,
    title: Annotated[str | None, typer.Option(help="Its title, where no file states one.")] = None,
    issuer: Annotated[str | None, typer.Option(help="Who issued it.")] = None,
    version: Annotated[str | None, typer.Option("--guideline-version", help="Its version, as printed.")] = None,
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day it takes effect; needed where no file says.")
    ] = None,
    licence: Annotated[str | None, typer.Option(help="Its licence.")] = None,
    url: Annotated[str | None, typer.Option(help="Where it is published.")] = None,
    supersedes: Annotated[
        str | None, typer.Option(help="Digest (sha256:…) of the guideline this one replaces; not for the own format.")
    ] = None,
    order: Annotated[
        Literal["newer", "older"] | None,
        typer.Option(
            help="Your decision when this guideline and one of the inbox disagree about which is newer: this one is "
            "`newer` (it comes in) or `older` (it stays out). Needs --reason and --as, and asks for your password."
        ),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why you order them so; it is kept for good.")] = None,
    actor: Annotated[
        str | None, typer.Option("--as", envvar="CLINICAL_SDFT_USER", help="Who orders: a clinician or an approver.")
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Read a guideline whole, say what was found and what was skipped, and put it into the workspace's inbox.

    A guideline in the project's own YAML or JSON goes in as it is; from all others a guideline file ID.json is made,
    each recommendation with its quote, place, and the sha256 of the file it stands in.
    """
    from clinical_sdft.files import write_bytes
    from clinical_sdft.ingest.collect import Facts, collect
    from clinical_sdft.ingest.guidelines import is_project_format, read_guideline
    from clinical_sdft.workspace import Workspace

    opened = Workspace(workspace)
    decision = (order, reason, actor)
    if is_project_format(guideline):
        read = read_guideline(guideline)
        target = opened.guidelines / guideline.name
        comes_in = _comes_in(opened, read, *decision)
        if comes_in:
            write_bytes(target, guideline.read_bytes())
        counts = {"recommendations": len(read.recommendations), "cases": len(read.cases)}
        text = f"{read.id} {read.version}: {len(read.recommendations)} recommendations, {len(read.cases)} cases"
        show({"digest": read.digest} | counts, as_json, f"{text} → {target if comes_in else _OUT}")
        return
    facts = Facts(name, title, issuer, version, date.date() if date else None, licence, url, supersedes)
    made, report = collect(guideline, facts)
    target = opened.guidelines / f"{made.id}.json"
    comes_in = _comes_in(opened, made, *decision)
    if comes_in:
        write_bytes(target, made.canonical_bytes())
    show(report.model_dump(mode="json"), as_json, _words(made, report, str(target) if comes_in else _OUT))


def _comes_in(
    opened: "Workspace",
    made: "Guideline",
    order: Literal["newer", "older"] | None,
    reason: str | None,
    actor: str | None,
) -> bool:
    """Say whether a guideline is put into the inbox: it is unless it is older than one that lies there.

    Raises:
        InputError: it and one of the inbox disagree about which is newer and nobody decides; or the decision lacks
            its reason or its author.
        ClinicalSdftError, GovernanceError: who decides may not, or does not prove who it is.
    """
    from clinical_sdft.commands.common import open_both
    from clinical_sdft.ingest.order import compare
    from governance.services import queries

    older: list[str] = []
    for name, other in _inbox(opened):
        try:
            stands = compare(made, other)
        except InputError:
            governance = open_both(opened.root)[1]
            if order is not None:
                _record_order(governance, made, other, order, reason, actor)
            stands = compare(made, other, queries.ordered_guidelines(governance))
        if stands == "older":
            older.append(name)
    if older:
        err.print(f"{made.id} {made.version} is older than {older[0]} of the inbox; it stays out", markup=False)
    return not older


def _inbox(opened: "Workspace") -> "list[tuple[str, Guideline]]":
    """Return the guidelines of the inbox by file name; one that cannot be read is reported by `run-once`."""
    from clinical_sdft.ingest.guidelines import read_guideline

    read: list[tuple[str, Guideline]] = []
    for file in sorted(opened.guidelines.iterdir()):
        if file.suffix in (".yaml", ".yml", ".json"):
            with contextlib.suppress(InputError):
                read.append((file.name, read_guideline(file)))
    return read


def _record_order(
    governance: "Governance",
    made: "Guideline",
    other: "Guideline",
    order: Literal["newer", "older"],
    reason: str | None,
    actor: str | None,
) -> None:
    from clinical_sdft.commands.common import known_actor, prove
    from governance.services import commands

    if not reason or not actor:
        raise InputError("--order: needs --reason and --as; the decision is signed and recorded")
    known_actor(governance, actor, "order guidelines")
    proven = prove(governance, actor, "order")
    newer, older = (made.digest, other.digest) if order == "newer" else (other.digest, made.digest)
    commands.order_guidelines(governance, newer=newer, older=older, by=proven, reason=reason)


def _words(made: "Guideline", report: "IngestReport", target: str) -> str:
    lines = [f"{made.id} {made.version}: {report.recommendations} recommendations, {report.cases} cases → {target}"]
    for file in report.files:
        pages = f", {file.pages} pages" if file.pages else ""
        lines.append(f"  {file.path} ({file.format}{pages}): {file.recommendations} found, {file.skipped} skipped")
    if report.to_complete:
        lines.append(
            f"{len(report.to_complete)} recommendations state no question or no answer: a clinician completes or "
            "refuses them before anything is trained"
        )
    if report.not_stated:
        lines.append(f"not stated: {', '.join(report.not_stated)}; say it with the options of this command if you know")
    if report.skipped:
        lines.append(f"skipped ({len(report.skipped)}):")
        lines += [f"  {one.path}: {one.place}: {one.reason}" for one in report.skipped[:SHOWN]]
        if len(report.skipped) > SHOWN:
            lines.append(f"  and {len(report.skipped) - SHOWN} more; --json lists all")
    return "\n".join(lines)
