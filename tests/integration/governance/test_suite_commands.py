"""The command line for suites, as a stranger uses it: from a benchmark's file to a suite with a history."""

import json

import pytest
from governance_world import PASSWORD
from typer.testing import CliRunner

from clinical_sdft.cli import app, exit_code, one_line
from clinical_sdft.workspace import Workspace

ROWS = [f'"Which of {i}?",ash,birch,cedar,oak,{"ABCD"[i % 4]}' for i in range(40)]


@pytest.fixture
def clinic(world, monkeypatch, tmp_path):
    Workspace.create(world.gov.workspace, {"database_url": world.url} if world.url else None)
    monkeypatch.setenv("CLINICAL_SDFT_WORKSPACE", str(world.gov.workspace))
    monkeypatch.setenv("CLINICAL_SDFT_PASSWORD", PASSWORD)
    monkeypatch.delenv("CLINICAL_SDFT_TOTP", raising=False)
    (tmp_path / "botany_test.csv").write_text("\n".join(ROWS))
    return world


def run(*arguments, code=0):
    """Run a command; return what it prints, or the one line of its error."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        assert exit_code(done.exception) == code, done.exception
        return one_line(done.exception)
    assert done.exit_code == code, done.output
    return done.stdout


def written(tmp_path, name, change) -> str:
    """Write another version of the imported suite."""
    value = json.loads((tmp_path / "botany.json").read_text())
    change(value)
    (tmp_path / name).write_text(json.dumps(value))
    return str(tmp_path / name)


def test_a_benchmark_becomes_a_suite_with_a_history(clinic, tmp_path) -> None:
    made = tmp_path / "botany.json"
    run("suite", "import", "mmlu", tmp_path / "botany_test.csv", "--to", made, "--id", "botany")
    told = run("suite", "add", made, "--as", "rita")
    for words in ("40 items (40 choice)", "A 10, B 10, C 10, D 10", "chance level: 25%", "352 items give the 0.8"):
        assert words in told
    relabelled = written(
        tmp_path, "2.json", lambda v: (v.update(version="2"), v["items"][0].update(answers=["B", "birch"]))
    )
    line = run("suite", "relabel", relabelled, "--as", "abel", "--reason", "the ash is a birch now")
    assert "1 relabelled, 0 left out, 0 new" in line
    history = json.loads(run("suite", "history", "botany", "--json"))
    assert [event["action"] for event in history["events"]] == ["suite-registered", "suite-retired", "suite-registered"]
    assert "the ash is a birch now" in run("suite", "history", "botany")
    run("suite", "retire", history["in_use"], "--as", "admin", "--reason", "worn")
    assert "botany" not in run("suite", "list")


def test_acts_on_suites_need_role_password_and_the_right_name(clinic, tmp_path, monkeypatch) -> None:
    made = tmp_path / "botany.json"
    run("suite", "import", "mmlu", tmp_path / "botany_test.csv", "--to", made, "--id", "botany")
    run("suite", "add", made, "--as", "rita")
    second = written(tmp_path, "2.json", lambda v: (v.update(version="2"), v["items"].pop()))
    act = ("suite", "relabel", second, "--reason", "why", "--as")
    assert "may not retire a suite" in run(*act, "clara", code=2)
    assert "nothing to refresh" in run("suite", "refresh", second, "--reason", "why", "--as", "abel", code=2)
    monkeypatch.setenv("CLINICAL_SDFT_PASSWORD", "wrong")
    assert "do not belong together" in run(*act, "abel", code=2)
    assert "never sealed here" in run("suite", "history", "nobody", code=2)
    assert json.loads(run("suite", "list", "--json"))[1]["version"] == "1"


def test_a_bad_file_leaves_nothing_behind(clinic, tmp_path) -> None:
    made = tmp_path / "botany.json"
    (tmp_path / "bad_test.csv").write_text("\n".join([*ROWS, "only,three,columns"]))
    files = (tmp_path / "botany_test.csv", tmp_path / "bad_test.csv")
    assert "bad_test.csv: row 41: has 3 columns" in run("suite", "import", "mmlu", *files, "--to", made, code=2)
    assert "unknown; one of" in run("suite", "import", "what", files[0], "--to", made, code=2)
    assert "ends in .json" in run("suite", "import", "mmlu", files[0], "--to", tmp_path / "a.yaml", code=2)
    assert "letters or text" in run("suite", "import", "mmlu", files[0], "--to", made, "--options", "x", code=2)
    assert not made.exists()
