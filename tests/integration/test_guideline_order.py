"""An old text under a new stamp: the command line asks, a clinician answers, and `run-once` follows."""

import sys
from pathlib import Path

import pytest

from clinical_sdft import cli
from clinical_sdft.workspace import Workspace
from data_contracts import Person, PersonRole
from governance.services import commands, queries
from governance.services.handle import create, open_governance

PASSWORD = "correct horse battery"
ROWS = 'question,answer\n"A hot toe. Which diagnosis is most likely?",gout\n'


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLINICAL_SDFT_PASSWORD", PASSWORD)
    root = tmp_path / "hospital"
    Workspace.create(root)
    governance = create(root)
    for name, role in {"rita": PersonRole.REQUESTER, "clara": PersonRole.CLINICIAN}.items():
        person = Person(username=name, printed_name=name.title(), roles=(role,))
        commands.add_person(governance, person, PASSWORD, actor="machine")
    return root


def run(line: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["clinical-sdft", *line])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


def test_an_old_text_under_a_new_date_is_asked_about_and_the_answer_is_signed(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLINICAL_SDFT_WORKSPACE", str(workspace))
    (workspace.parent / "toes.csv").write_text(ROWS)
    ingest = ["ingest", str(workspace.parent / "toes.csv"), "--guideline-version"]
    inbox = workspace / "inbox" / "guidelines" / "toes.json"
    assert run([*ingest, "1", "--date", "2026-01-01"], monkeypatch) == 0
    first = inbox.read_bytes()
    capsys.readouterr()
    later = [*ingest, "2", "--date", "2026-06-01"]
    assert run(later, monkeypatch) == 2
    assert "word for word the same" in capsys.readouterr().err
    assert run([*later, "--order", "newer"], monkeypatch) == 2
    assert "needs --reason and --as" in capsys.readouterr().err
    why = ["--reason", "the archive is stamped anew", "--as", "clara"]
    assert run([*later, "--order", "older", *why], monkeypatch) == 0
    assert inbox.read_bytes() == first and "it stays out" in capsys.readouterr().err
    assert run([*later, "--order", "newer", *why], monkeypatch) == 0
    governance = open_governance(workspace)
    last, earlier = queries.events(governance, action="guideline-ordered")
    assert (last.actor, last.subject) == ("clara", earlier.details["older"])
    assert inbox.read_bytes() != first, "the last word counts"

    (inbox.parent / "archive.json").write_bytes(first)
    capsys.readouterr()
    run(["run-once", "--as", "rita"], monkeypatch)
    assert "archive.json: replaced by toes.json of the inbox; not worked on" in capsys.readouterr().out
