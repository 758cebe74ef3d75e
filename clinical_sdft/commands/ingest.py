"""Guidelines in: ingest."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinical_sdft.commands.common import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, show

if TYPE_CHECKING:
    from data_contracts import Guideline, IngestReport

SHOWN = 12
"""Skipped places that are printed; `--json` has all."""


def ingest(
    guideline: Annotated[
        Path,
        typer.Argument(
            help="A guideline file (YAML, JSON, Markdown, HTML, DOCX, PDF, FHIR PlanDefinition, USPSTF JSON, JSONL or "
            "CSV of question and answer), or a folder of such files that are one guideline."
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
    if is_project_format(guideline):
        read = read_guideline(guideline)
        target = opened.guidelines / guideline.name
        write_bytes(target, guideline.read_bytes())
        counts = {"recommendations": len(read.recommendations), "cases": len(read.cases)}
        text = f"{read.id} {read.version}: {len(read.recommendations)} recommendations, {len(read.cases)} cases"
        show({"digest": read.digest} | counts, as_json, f"{text} → {target}")
        return
    facts = Facts(name, title, issuer, version, date.date() if date else None, licence, url)
    made, report = collect(guideline, facts)
    target = opened.guidelines / f"{made.id}.json"
    write_bytes(target, made.canonical_bytes())
    show(report.model_dump(mode="json"), as_json, _words(made, report, target))


def _words(made: "Guideline", report: "IngestReport", target: Path) -> str:
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
