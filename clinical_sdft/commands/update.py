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

records = typer.Typer(help="Patient records: de-identified or held back.", no_args_is_help=True)
suite = typer.Typer(help="Diagnostic suites: what an update must not break.", no_args_is_help=True)
update = typer.Typer(help="Updates of the model in force.", no_args_is_help=True)

GuidelineArgument = Annotated[Path, typer.Argument(help="Guideline file (YAML or JSON).")]
SuiteOption = Annotated[Path, typer.Option("--suite", help="Held-out suite of the guideline (YAML or JSON).")]
RecordsOption = Annotated[
    Path | None, typer.Option("--records", help="Patient records: a .json or .jsonl file, or a folder of them.")
]


def ingest(
    guideline: GuidelineArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """Check a guideline file and put it into the workspace's inbox."""
    from clinical_sdft.files import write_bytes
    from clinical_sdft.ingest.guidelines import read_guideline
    from clinical_sdft.workspace import Workspace

    read = read_guideline(guideline)
    target = Workspace(workspace).guidelines / guideline.name
    write_bytes(target, guideline.read_bytes())
    text = f"{read.id} {read.version}: {len(read.recommendations)} recommendations, {len(read.cases)} cases → {target}"
    summary = {"digest": read.digest, "recommendations": len(read.recommendations), "cases": len(read.cases)}
    show(summary, as_json, text)


@records.command("import")
def records_import(
    source: Annotated[Path, typer.Argument(help="A .json or .jsonl file, or a folder of them.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """De-identify records on trial, show the counts, and put the files into the inbox. Exit 4: some are held back."""
    import shutil

    from clinical_sdft.stages.deidentify import deidentify_trial
    from clinical_sdft.workspace import Workspace

    opened = Workspace(workspace)
    result = deidentify_trial(opened, source)
    if source.is_dir():
        shutil.copytree(source, opened.records / source.name, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, opened.records / source.name)
    lines = [f"{result.report.released} released, {result.report.quarantined} in quarantine"]
    lines += [f"  {held.record[7:19]}  {held.reason}: {held.detail}" for held in result.quarantined]
    show(result.report.model_dump(mode="json"), as_json, "\n".join(lines))
    if result.quarantined:
        raise typer.Exit(4)


@records.command("digest")
def records_digest(
    source: Annotated[Path, typer.Argument(help="A .json or .jsonl file, or a folder of them.")],
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


@suite.command("add")
def suite_add(
    file: Annotated[Path, typer.Argument(help="Suite file (YAML or JSON).")],
    actor: ActorOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Check a suite, seal it, and add it to the prior suites every update must pass."""
    from clinical_sdft.evaluation.suites import read_suite
    from governance.gate import power, spent_alpha
    from governance.services import commands

    opened, governance = open_both(workspace)
    known_actor(governance, actor)
    read = read_suite(file)
    digest = commands.register_suite(governance, read, kind="prior", actor=actor)
    policy, n = opened.policy, len(read.items)
    chance = power(n, policy.margin, policy.planned_discordance, spent_alpha(policy.alpha, 1))
    text = (
        f"{read.id} {read.version}: {n} items, sealed {digest}\n"
        f"alone, at a margin of {policy.margin:.0%}, a harmless first update passes with probability {chance:.2f}"
    )
    show({"suite": read.id, "digest": digest, "items": n, "power": chance}, as_json, text)


@suite.command("list")
def suite_list(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List the prior suites in use."""
    from governance.services import queries

    rows = queries.prior_suites(governed(workspace))
    value = [{"id": s.id, "version": s.version, "items": len(s.items), "digest": s.digest} for s in rows]
    lines = [f"{s.id:24} {s.version:10} {len(s.items):5} items  {s.digest}" for s in rows]
    show(value, as_json, "\n".join(lines) or "no prior suites yet")


@suite.command("retire")
def suite_retire(
    digest: Annotated[str, typer.Argument(help="Digest of the sealed suite.")],
    reason: Annotated[str, typer.Option(help="Why it no longer counts.")],
    actor: ActorOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Retire a prior suite, on the record, as approver or administrator."""
    from governance.services import commands

    governance = governed(workspace)
    commands.retire_suite(governance, digest, actor=known_actor(governance, actor, "retire a suite"), reason=reason)
    typer.echo(f"{digest}: retired")


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
    lines = [
        f"{t.template:18} β={t.beta:<4g} {t.correct:3} of {t.n} ({t.accuracy:.0%}, 95% {t.lower:.0%} to {t.upper:.0%})"
        for t in report.trials
    ]
    lines += [f"student            {report.student_correct:10} of {report.n}", report.reason]
    show(report.model_dump(mode="json"), as_json, "\n".join(lines))
    if report.verdict == "refuse":
        raise typer.Exit(3)


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
