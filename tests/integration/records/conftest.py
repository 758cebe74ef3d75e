"""A workspace with people and one run that held records back; the people in these records are invented."""

import json
import sys
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from held_clinic import PASSWORD, Run, row

from clinical_sdft import cli
from clinical_sdft.deid import load_key
from clinical_sdft.files import write_contracts
from clinical_sdft.stages.deidentify import deidentify_trial
from clinical_sdft.workspace import Workspace
from data_contracts import Person, PersonRole
from governance.approvals import people
from governance.services import commands
from governance.services.handle import create


@pytest.fixture(scope="session")
def held_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run left three records: one with two places, one without a patient, one with a name as its diagnosis."""
    root = tmp_path_factory.mktemp("records") / "hospital"
    workspace = Workspace.create(root)
    load_key(root, create=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        governance = create(root)
        for name, role in (("ada", PersonRole.ADMINISTRATOR), ("clara", PersonRole.CLINICIAN),
                           ("cora", PersonRole.COMPLIANCE), ("rita", PersonRole.REQUESTER)):  # fmt: skip
            person = Person(username=name, printed_name=name.title(), roles=(role,))
            commands.add_person(governance, person, PASSWORD, actor="ada")
    rows = [row(1), row(2, patient={}), row(3, narrative="A rash.", diagnosis="Quartermain disease")]
    (workspace.records / "quartermain.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    write_contracts(
        workspace.runs / "u1" / "quarantine.jsonl", deidentify_trial(workspace, workspace.records).quarantined
    )
    governance.engine.dispose()
    return root


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line and return its exit code and all that it printed."""

    def go(root: Path, *line: str, password: str = PASSWORD) -> tuple[int, str]:
        monkeypatch.setenv("CLINICAL_SDFT_PASSWORD", password)
        monkeypatch.setattr(sys, "argv", ["clinical-sdft", *line, "--workspace", str(root)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        shown = capsys.readouterr()
        return int(end.value.code or 0), shown.out + shown.err

    return go
