"""Suites: imported, sealed, listed, and kept honest as medicine changes."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clinical_sdft.commands.common import (
    DEFAULT_WORKSPACE,
    ActorOption,
    JsonOption,
    ReasonOption,
    WorkspaceOption,
    governed,
    known_actor,
    open_both,
    prove,
    show,
)
from clinical_sdft.errors import InputError

if TYPE_CHECKING:
    from governance.services.suites import SuiteEvent

suite = typer.Typer(help="Diagnostic suites: what an update must not break.", no_args_is_help=True)

SuiteFile = Annotated[Path, typer.Argument(help="Suite file (YAML or JSON).")]


@suite.command("import")
def suite_import(
    format_name: Annotated[
        str,
        typer.Argument(metavar="FORMAT", help="medmcqa, pubmedqa, mmlu, ddxplus or harness (lm-evaluation-harness)."),
    ],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The benchmark's files.")],
    to: Annotated[Path, typer.Option("--to", help="Suite file to write (.json); `suite add` seals it.")],
    suite_id: Annotated[str | None, typer.Option("--id", help="Id of the suite; default: the format's name.")] = None,
    version: Annotated[str, typer.Option(help="Version of the suite.")] = "1",
    specialty: Annotated[str, typer.Option(help="Specialty of the suite.")] = "medicine",
    licence: Annotated[str | None, typer.Option(help="Licence of the files; default: the publishers'.")] = None,
    source: Annotated[str | None, typer.Option(help="Where they come from; default: the publication.")] = None,
    options: Annotated[
        str, typer.Option(help="letters: options stand lettered in the question; text: each is scored by its text.")
    ] = "letters",
    plain: Annotated[bool, typer.Option(help="Without the chat template, as lm-evaluation-harness asks.")] = False,
    first_answer: Annotated[
        int | None, typer.Option(min=0, max=1, help="medmcqa: number of the first option, where files do not tell.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many items, spread evenly over the rows.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a suite file of a public benchmark's files: all rows, or none and one line that names the bad one."""
    from clinical_sdft.evaluation.describe import describe, in_words
    from clinical_sdft.evaluation.importers import Style, import_suite
    from clinical_sdft.files import write_bytes

    if options not in ("letters", "text"):
        raise InputError(f"--options {options}: letters or text")
    if to.suffix != ".json":
        raise InputError(f"--to {to}: a suite file that is written ends in .json")
    read = import_suite(
        format_name,
        files,
        Style(letters=options == "letters", plain=plain, first_answer=first_answer),
        suite_id=suite_id or format_name,
        version=version,
        specialty=specialty,
        licence=licence,
        source=source,
        limit=limit,
    )
    write_bytes(to, read.canonical_bytes())
    described = describe(read)
    text = "\n".join([f"{read.id} {read.version} → {to}", *in_words(described)])
    show({"file": str(to), "suite": read.id, "digest": read.digest} | asdict(described), as_json, text)


@suite.command("add")
def suite_add(
    file: SuiteFile, actor: ActorOption, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """Check a suite, seal it, and add it to the prior suites every update must pass."""
    from clinical_sdft.evaluation.describe import describe, in_words
    from clinical_sdft.evaluation.suites import read_suite
    from governance.gate import power, required_n, spent_alpha
    from governance.services import commands

    opened, governance = open_both(workspace)
    known_actor(governance, actor)
    read = read_suite(file)
    digest = commands.register_suite(governance, read, kind="prior", actor=actor)
    described, policy = describe(read), opened.policy
    alpha = spent_alpha(policy.alpha, 1)
    n = described.patients or described.items
    chance = power(n, policy.margin, policy.planned_discordance, alpha)
    needed = required_n(policy.margin, policy.planned_discordance, alpha, policy.min_power)
    lines = [
        f"{read.id} {read.version}: sealed {digest}",
        *in_words(described),
        f"alone, at a margin of {policy.margin:.0%}, a harmless first update passes with probability {chance:.2f}; "
        f"{needed} items give the {policy.min_power:g} of the policy",
    ]
    facts = {"suite": read.id, "digest": digest, "power": chance, "required_items": needed}
    show(facts | asdict(described), as_json, "\n".join(lines))


@suite.command("list")
def suite_list(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List the prior suites in use."""
    from governance.services import queries

    rows = queries.prior_suites(governed(workspace))
    value = [{"id": s.id, "version": s.version, "items": len(s.items), "digest": s.digest} for s in rows]
    lines = [f"{s.id:24} {s.version:10} {len(s.items):5} items  {s.digest}" for s in rows]
    show(value, as_json, "\n".join(lines) or "no prior suites yet")


@suite.command("history")
def suite_history(
    suite_id: Annotated[str, typer.Argument(help="Id of a suite.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Tell what became of a suite and all its versions, and how often they were spent."""
    from governance.services import queries

    history = queries.suite_history(governed(workspace), suite_id)
    lines = [_event_line(event) for event in history.events]
    lines += [
        f"spent: {count} candidates of the line that began with {line[7:19]}; the next attempt is {count + 1}"
        for line, count in history.spent.items()
    ]
    lines.append(f"in use: {history.in_use or 'no version'}")
    show(asdict(history), as_json, "\n".join(lines))


@suite.command("retire")
def suite_retire(
    digest: Annotated[str, typer.Argument(help="Digest of the sealed suite.")],
    reason: ReasonOption,
    actor: ActorOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Retire a prior suite, as approver or administrator. Asks for your password, and code."""
    from governance.services import commands

    governance = governed(workspace)
    by = prove(governance, known_actor(governance, actor, "retire a suite"), "suite")
    commands.retire_suite(governance, digest, by=by, reason=reason)
    typer.echo(f"{digest}: retired")


@suite.command("relabel")
def suite_relabel(
    file: SuiteFile, reason: ReasonOption, actor: ActorOption, workspace: WorkspaceOption = DEFAULT_WORKSPACE
) -> None:
    """Seal the next version of a suite in which items have another answer or are left out. Asks for your password.

    For a guideline that changes right answers: the version before is retired in the same act, its history stays.
    """
    _replace(file, "relabel", reason, actor, workspace)


@suite.command("refresh")
def suite_refresh(
    file: SuiteFile, reason: ReasonOption, actor: ActorOption, workspace: WorkspaceOption = DEFAULT_WORKSPACE
) -> None:
    """Seal the next version of a suite with new items for worn ones; those that stay are as before.

    Asks for your password. The suite keeps its id, its history, and what was spent on it.
    """
    _replace(file, "refresh", reason, actor, workspace)


def _replace(file: Path, change: Literal["relabel", "refresh"], reason: str, actor: str, workspace: Path) -> None:
    from clinical_sdft.evaluation.suites import read_suite
    from governance.services import commands

    governance = governed(workspace)
    read = read_suite(file)
    by = prove(governance, known_actor(governance, actor, "retire a suite"), "suite")
    found = commands.replace_suite(governance, read, change=change, by=by, reason=reason)
    counts = f"{len(found.relabelled)} relabelled, {len(found.dropped)} left out, {len(found.renewed)} new"
    typer.echo(f"{read.id} {read.version}: {counts}; sealed {read.digest}")


def _event_line(event: "SuiteEvent") -> str:
    what = event.action.removeprefix("suite-") + (f" ({event.details['change']})" if "change" in event.details else "")
    reason = f": {event.details['reason']}" if "reason" in event.details else ""
    return (
        f"{event.at:%Y-%m-%d %H:%M}  {event.version:10} {event.items:5} items  {event.digest[7:19]}  "
        f"{what} by {event.actor}{reason}"
    )
