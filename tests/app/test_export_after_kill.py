"""An export that a killed `run-once` still owes is made by the next one, once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import review_clinic

from clinical_sdft.schedule import work_through
from clinical_sdft.watch import Quiet
from clinical_sdft.workspace import Workspace
from data_contracts import UpdateStatus
from governance.services import commands, queries

KILLED = """
import os, pathlib, signal, sys
from clinical_sdft.schedule import commands, work_through
from clinical_sdft.watch import Quiet
from clinical_sdft.workspace import Workspace
from governance.services.handle import open_governance

commands.export_audit = lambda *given, **named: os.kill(os.getpid(), signal.SIGKILL)
root = pathlib.Path(sys.argv[1])
work_through(Workspace(root), open_governance(root), "ada", Quiet())
"""


def test_a_run_killed_between_promotion_and_export_is_made_good_by_the_next(folder: Path, gov) -> None:
    workspace = Workspace.create(folder)
    bundle = queries.update_detail(gov, "good").bundle.digest
    for username in ("clara", "abel"):
        given = {"password": review_clinic.PASSWORD, "decision": "approve", "reason": "read", "bundle": bundle}
        commands.sign(gov, update_id="good", username=username, **given)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", KILLED, str(folder)], env=environment, check=False)
    assert ended.returncode == -signal.SIGKILL
    export = workspace.exports / "good.zip"
    statuses = {row.update_id: row.status for row in queries.updates(gov)}
    assert statuses["good"] is UpdateStatus.PROMOTED and not export.exists()
    work_through(workspace, gov, "ada", Quiet())
    assert commands.verify_export(export).ok
    export.unlink()  # the hospital moved it away: it is not made again
    work_through(workspace, gov, "ada", Quiet())
    assert not export.exists()
    assert len(queries.events(gov, action="audit-exported")) == 1
