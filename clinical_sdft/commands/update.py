"""From the inbox to the review queue: ingest, records, suites, preflight, update, run-once."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinical_sdft.commands.common import (
    DEFAULT_WORKSPACE,
    ActorOption,
    JsonOption,
    WorkspaceOption,
    err,
    governed,
    known_actor,
    open_both,
    show,
)

if TYPE_CHECKING:
    from clinical_sdft.stages.update import Request
    from data_contracts import Mean, PreflightReport

records = typer.Typer(help="Patient records: de-identified or held back.", no_args_is_help=True)
update = typer.Typer(help="Updates of the model in force.", no_args_is_help=True)

GuidelineArgument = Annotated[Path, typer.Argument(help="Guideline file (YAML or JSON).")]
SuiteOption = Annotated[Path, typer.Option("--suite", help="Held-out suite of the guideline (YAML or JSON).")]
SourceArgument = Annotated[Path, typer.Argument(help="A file of FHIR, C-CDA, JSON or CSV, or a folder of them.")]
RecordsOption = Annotated[
    Path | None, typer.Option("--records", help="Patient records (FHIR, C-CDA, JSON or CSV), a file or a folder.")
]


@records.command("import")
def records_import(
    source: SourceArgument,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """De-identify records on trial, show the counts, and put the files into the inbox. Exit 4: some are held back.

    The columns of a CSV file are named by NAME.columns.yaml beside NAME.csv (docs/records.md).
    """
    import shutil

    from clinical_sdft.deid.records import source_files
    from clinical_sdft.stages.deidentify import deidentify_trial
    from clinical_sdft.workspace import Workspace

    opened = Workspace(workspace)
    result = deidentify_trial(opened, source)
    if source.is_dir():
        shutil.copytree(source, opened.records / source.name, dirs_exist_ok=True)
    else:
        for file in source_files(source):
            shutil.copyfile(file, opened.records / file.name)
    lines = [f"{result.report.released} released, {result.report.quarantined} in quarantine"]
    lines += [f"  {held.record[7:19]}  {held.reason}: {held.detail}" for held in result.quarantined]
    show(result.report.model_dump(mode="json"), as_json, "\n".join(lines))
    if result.quarantined:
        raise typer.Exit(4)


@records.command("digest")
def records_digest(
    source: SourceArgument,
    actor: ActorOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Say under which keyed digest each record is known here, in the order of the file: for `audit export --record`.

    The same bytes of a record give the same digest; nothing of a record is shown or kept, and asking is an event.
    """
    from clinical_sdft.deid.keys import load_key
    from clinical_sdft.deid.records import read_records, record_digest
    from data_contracts import PatientRecord
    from governance.services import commands

    opened, governance = open_both(workspace)
    known_actor(governance, actor)
    key = load_key(opened.root)
    rows = [
        record_digest(entry, key) if isinstance(entry, PatientRecord) else entry.record
        for entry in read_records(source, key)
    ]
    commands.record_event(governance, actor=actor, action="record-digests-shown", details={"count": len(rows)})
    show(rows, as_json, "\n".join(f"{number:6}  {digest}" for number, digest in enumerate(rows, start=1)))


def preflight(
    guideline: GuidelineArgument,
    suite_file: SuiteOption,
    actor: ActorOption,
    patient_records: RecordsOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Measure whether demonstrations help the teacher, before an update costs anything. Exit 3: they do not."""
    from clinical_sdft.pipeline import run_preflight
    from clinical_sdft.watch import Quiet

    opened, governance = open_both(workspace)
    known_actor(governance, actor, "request an update")
    report = run_preflight(opened, governance, _request(guideline, suite_file, patient_records, actor), Quiet())
    show(report.model_dump(mode="json"), as_json, "\n".join(preflight_lines(report)))
    if report.verdict == "refuse":
        raise typer.Exit(3)


def preflight_lines(report: "PreflightReport") -> list[str]:
    """Return the pre-flight's table for people: right answers, and nats per token of the demonstrated reply."""
    lines = []
    for t in report.trials:
        calibrated = f" calibrated {t.calibration:g}" if t.calibration else ""
        right = f"{t.correct:3} of {t.n} ({t.accuracy:.0%}, 95% {t.lower:.0%} to {t.upper:.0%})"
        lines.append(f"{t.template:18} β={t.beta:<4g} {right}{_nats(t.log_probability)}{calibrated}")
    student = f"{report.student_correct:3} of {report.n}"
    return [*lines, f"{'student':18}        {student}{_nats(report.student_log_probability)}", report.reason]


def _nats(mean: "Mean | None") -> str:
    if mean is None:
        return ""
    centre, lower, upper = (round(value, 2) + 0.0 for value in (mean.mean, mean.lower, mean.upper))
    return f", reply {centre:.2f} nats a token ({lower:.2f} to {upper:.2f})"


@update.command("run")
def update_run(
    guideline: GuidelineArgument,
    suite_file: SuiteOption,
    actor: ActorOption,
    patient_records: RecordsOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Run an update up to the review queue, or finish an interrupted one. Exit 3: the gate blocks it."""
    from clinical_sdft.outcome import cost_lines
    from clinical_sdft.pipeline import run_update
    from clinical_sdft.watch import rich_watcher
    from data_contracts.gate import Verdict

    opened, governance = open_both(workspace)
    known_actor(governance, actor, "request an update")
    with rich_watcher(err) as watcher:
        request = _request(guideline, suite_file, patient_records, actor)
        outcome = run_update(opened, governance, request, watcher)
    sdft = outcome.arm("sdft")
    lines = [f"{outcome.update_id}: {sdft.verdict}, {sdft.status}", *cost_lines(sdft.cost, sdft.evaluation)]
    show(outcome.model_dump(mode="json"), as_json, "\n".join(lines))
    if sdft.verdict is not Verdict.PASS:
        raise typer.Exit(3)


@update.command("list")
def update_list(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List all updates and where they stand."""
    from governance.services import queries

    rows = queries.updates(governed(workspace))
    lines = [f"{row.update_id:56} {row.verdict:13} {row.status}" for row in rows]
    show([vars(row) for row in rows], as_json, "\n".join(lines) or "no updates yet")


def run_once(actor: ActorOption, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Do all there is to do for the inbox, stop where a person must act, and say so. For cron and systemd timers.

    Exit 3: the gate or the pre-flight blocks something that is in the inbox.
    """
    from clinical_sdft.schedule import work_through
    from clinical_sdft.watch import LineWatcher

    opened, governance = open_both(workspace)
    known_actor(governance, actor, "request an update")
    results = work_through(opened, governance, actor, LineWatcher(err))
    lines = [f"{result.file}: {result.state}" for result in results]
    show([vars(result) for result in results], as_json, "\n".join(lines) or "the inbox is empty; nothing to do")
    code = max((result.exit_code for result in results), default=0)
    if code:
        raise typer.Exit(code)


def _request(guideline: Path, suite_file: Path, patient_records: Path | None, actor: str) -> "Request":
    from clinical_sdft.evaluation.suites import read_suite
    from clinical_sdft.ingest.guidelines import read_guideline
    from clinical_sdft.stages.update import Request

    return Request(read_guideline(guideline), read_suite(suite_file), patient_records, actor)
