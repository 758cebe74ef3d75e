"""Run `run-once` on a workspace again and again, each time killed a little later, until one run ends by itself.

The process that is killed is a real one, by SIGKILL, just before or just after a file is moved into place, or just
before a transaction that writes is committed. Usage: python killed_runs.py WORKSPACE FIRST STEP, where FIRST effects
are the fewest a run is left and STEP what every run, in turns of four, is left more.
"""

import os
import signal
import sys
from itertools import count
from pathlib import Path

import tiny_hospital
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

import clinical_sdft.deid
from clinical_sdft.schedule import work_through
from clinical_sdft.watch import Quiet

assert clinical_sdft.deid.NotesNer  # loaded here once, so that every child starts quickly
MOST_RUNS = 80


def die_at(point: int, *, after: bool) -> None:
    """Kill this process at its n-th visible effect."""
    effects = count(1)
    replace = os.replace

    def replacing(*arguments: object, **options: object) -> None:
        reached = next(effects) == point
        if reached and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(*arguments, **options)  # type: ignore[arg-type]
        if reached:
            os.kill(os.getpid(), signal.SIGKILL)

    def committing(connection: Connection) -> None:
        if connection.get_execution_options().get("writes") and next(effects) == point:
            os.kill(os.getpid(), signal.SIGKILL)

    os.replace = replacing  # type: ignore[assignment]
    event.listen(Engine, "commit", committing)


def one_run(root: Path, run: int, first: int, step: int) -> None:
    die_at(first + step * (run % 4), after=run % 2 == 1)
    workspace, governance = tiny_hospital.opened(root)
    states = work_through(workspace, governance, "rita", Quiet())
    sys.exit(max(state.exit_code for state in states))


def main(root: Path, first: int, step: int) -> int:
    for run in range(MOST_RUNS):
        child = os.fork()
        if child == 0:
            one_run(root, run, first, step)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            print(f"killed {run} times")
            return os.waitstatus_to_exitcode(status)
        assert os.WTERMSIG(status) == signal.SIGKILL
    print("never came to its end")
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
