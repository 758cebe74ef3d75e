"""The command line, top-down as the life of an update. It only wires; heavy packages load inside the commands.

Exit codes: 0 done or PASS, 1 anything else, 2 the user's input, 3 blocked by the gate, the pre-flight
or the canary, 4 quarantined data, 5 integrity.
"""

import errno
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from clinical_sdft.commands import (
    audit,
    bench,
    bench_evaluation,
    conflicts,
    deid,
    demonstrations,
    identity,
    ingest,
    quarantine,
    registry,
    review,
    rules,
    serve,
    setup,
    study,
    suites,
    update,
)
from clinical_sdft.commands.common import err, out
from clinical_sdft.errors import ClinicalSdftError

LIFE_OF_AN_UPDATE = (
    "init", "people", "doctor", "demo", "ingest", "rules", "demonstrations", "conflicts", "records", "quarantine",
    "deid", "suite", "preflight", "update", "run-once", "gate", "review", "promote", "rollback", "registry", "serve",
    "hold", "retention", "audit", "study", "bench",
)  # fmt: skip

_HERE = Path(__file__).resolve().parent.parent
_ROOMS = ("clinical_sdft/", "governance/", "data_contracts/")
_MOST_PLACES = 6
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class InOrder(TyperGroup):
    """Lists commands in the order in which an update needs them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return sorted(self.commands, key=LIFE_OF_AN_UPDATE.index)


app = typer.Typer(
    cls=InOrder,
    help="Keep a hospital's language model up to date as diagnostic guidelines change, without forgetting.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(setup.init)
setup.people.command("enroll-totp")(identity.enroll_totp)
setup.people.command("reset-totp")(identity.reset_totp)
setup.people.command("link-oidc")(identity.link_oidc)
setup.people.command("unlink-oidc")(identity.unlink_oidc)
app.add_typer(setup.people, name="people")
app.command()(ingest.ingest)
app.add_typer(rules.rules, name="rules")
app.add_typer(update.records, name="records")
app.add_typer(deid.deid, name="deid")
update.records.command("reidentify")(quarantine.records_reidentify)
app.add_typer(quarantine.quarantine, name="quarantine")
app.add_typer(conflicts.conflicts, name="conflicts")
app.add_typer(suites.suite, name="suite")
app.command()(update.preflight)
app.add_typer(update.update, name="update")
app.command("run-once")(update.run_once)
app.add_typer(demonstrations.demonstrations, name="demonstrations")
app.add_typer(review.gate, name="gate")
app.add_typer(review.review, name="review")
app.command()(review.promote)
app.command()(review.rollback)
app.add_typer(registry.registry, name="registry")
app.add_typer(registry.hold, name="hold")
app.add_typer(registry.retention, name="retention")
app.add_typer(serve.serve, name="serve")
app.add_typer(audit.audit, name="audit")
app.command()(setup.doctor)
app.command()(study.study)
bench.bench.command("evaluation")(bench_evaluation.evaluation)
app.add_typer(bench.bench, name="bench")


@app.command()
def demo(
    workspace: Annotated[Path, typer.Option("--workspace", "-w", help="Folder for the demo.")] = Path("demo-workspace"),
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the training; default as in the settings.")] = None,
    sign: Annotated[bool, typer.Option(help="Play the two reviewers; --no-sign leaves the update to you.")] = True,
) -> None:
    """Run the whole line once on the embedded model: about thirteen minutes on two cores; resumes when interrupted."""
    from clinical_sdft.demo.report import print_report
    from clinical_sdft.demo.run import run_demo
    from clinical_sdft.watch import rich_watcher

    with rich_watcher(out) as watcher:
        report = run_demo(workspace, watcher, seed=seed, sign=sign)
    print_report(report, workspace, out)


def main() -> None:
    """Run the command line; every error ends in one line and an exit code, never in a traceback."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    try:
        app()
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:  # a panic of a Rust library is no Exception
        code = exit_code(error)
        line = unexpected(error) if code is None else one_line(error)
        err.print(f"clinical-sdft: {line}", highlight=False, markup=False, soft_wrap=True)
        sys.exit(1 if code is None else code)


def exit_code(error: BaseException) -> int | None:
    """Return the exit code of an error that is the user's or the machine's; None for one that is ours."""
    from governance.errors import GovernanceError
    from governance.store.errors import IntegrityError

    if isinstance(error, ClinicalSdftError):
        return error.exit_code
    if isinstance(error, IntegrityError):
        return 5
    if isinstance(error, GovernanceError):
        return 2
    if isinstance(error, OSError) and error.errno is not None:  # without a number its words are anybody's
        return 1 if error.errno in _FULL else 2
    return None


def one_line(error: BaseException) -> str:
    """Return what a person should read of an error."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return "the disk is full; nothing half-written is kept: free some space and run the same command again"
    return " ".join(str(error).split()) or type(error).__name__


def unexpected(error: BaseException) -> str:
    """Return what may be said of an error that nobody foresaw: its type and where it arose, innermost place first.

    Its message, and those of its causes, may quote what was being worked on, and that may be a patient's words.
    """
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{_relative(frame.filename)}:{frame.lineno}" for frame in reversed(frames)]
    ours = [place for place in places[1:] if place.startswith(_ROOMS)]
    where = " < ".join([*places[:1], *ours[:_MOST_PLACES]])
    return f"unexpected {type(error).__name__} at {where}; what it says is not shown: it may hold patients' words"


def _relative(filename: str) -> str:
    """Return where a source file stands in this project, or in the library that it belongs to."""
    path = Path(filename)
    libraries = (parent for parent in path.parents if parent.name == "site-packages")
    root = next(libraries, _HERE)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


if __name__ == "__main__":
    main()
