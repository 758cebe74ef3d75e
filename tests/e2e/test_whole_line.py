"""The whole line on a tiny model: passes, is signed, promoted and exported; survives kills, a full disk and company."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_hospital

from clinical_sdft.schedule import FileState, work_through
from clinical_sdft.watch import Quiet
from clinical_sdft.workspace import Workspace
from data_contracts import AdapterManifest, CostLedger
from governance.services import commands, queries
from governance.services.handle import Governance

HERE = Path(__file__).parent
PATIENT = (b"Quartermain", b"7755331")


@pytest.fixture
def hospital(reading_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLINICAL_SDFT_PASSWORD", tiny_hospital.PASSWORD)
    return tiny_hospital.build(tmp_path / "hospital", reading_model)


@pytest.fixture(scope="session")
def finished(reading_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hospital whose update waits for signatures, reached in one unbroken run."""
    os.environ["CLINICAL_SDFT_PASSWORD"] = tiny_hospital.PASSWORD
    root = tiny_hospital.build(tmp_path_factory.mktemp("finished") / "hospital", reading_model)
    assert [state.exit_code for state in run_once(root)] == [0]
    return root


def run_once(root: Path, actor: str = "rita") -> list[FileState]:
    workspace, governance = tiny_hospital.opened(root)
    return work_through(workspace, governance, actor, Quiet())


def command_line(root: Path, **options: object) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "clinical_sdft.cli", "run-once", "--as", "rita", "--workspace", str(root)]
    return subprocess.run(line, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]


def sign(root: Path, governance: Governance) -> None:
    [update] = [row for row in queries.updates(governance) if not row.control]
    bundle = queries.update_detail(governance, update.update_id).bundle.digest
    for username in tiny_hospital.SIGNERS:
        commands.sign(
            governance,
            update_id=update.update_id,
            username=username,
            password=tiny_hospital.PASSWORD,
            decision="approve",
            reason="read and agreed",
            bundle=bundle,
        )


def what_was_made(root: Path) -> dict[str, object]:
    """Return all that must not depend on how often a run was interrupted."""
    [folder] = (root / "runs").iterdir()
    made: dict[str, object] = {}
    for arm in ("sdft", "sft"):
        manifest = json.loads((folder / arm / "manifest.json").read_text())
        made[arm] = [manifest[key] for key in ("adapter", "parent", "losses", "demonstrations", "template")]
    for scores in sorted((folder / "scores").rglob("*.json")):
        value = json.loads(scores.read_text())
        made[str(scores.relative_to(folder))] = [(item["item"], item["reply"]) for item in value["scores"]]
    _, governance = tiny_hospital.opened(root)
    made["updates"] = [(row.update_id, row.verdict, row.status) for row in queries.updates(governance)]
    return made


def test_passes_waits_is_signed_promoted_and_exported_and_then_rests(hospital: Path) -> None:
    [state] = run_once(hospital)
    assert state.exit_code == 0 and "waiting for two signatures" in state.state
    _, governance = tiny_hospital.opened(hospital)
    sign(hospital, governance)
    [state] = run_once(hospital)
    assert "promote it" in state.state  # rita may ask for updates, not put them in force
    [state] = run_once(hospital, "ada")
    assert state.state == "in force"
    export = hospital / "exports" / f"{state.update_id}.zip"
    assert commands.verify_export(export).ok
    assert commands.verify_store(governance).ok
    before = len(queries.events(governance, limit=1000))
    assert run_once(hospital) == [state]
    assert len(queries.events(governance, limit=1000)) == before


def test_every_phase_is_priced_evaluation_too(finished: Path) -> None:
    [folder] = (finished / "runs").iterdir()
    for name in ("incumbent", "sdft", "sft"):
        cost = CostLedger.from_bytes((folder / f"evaluation-cost-{name}.json").read_bytes())
        assert [phase.phase for phase in cost.phases] == ["evaluation"] and cost.phases[0].tokens > 0
    manifest = AdapterManifest.from_bytes((folder / "sdft" / "manifest.json").read_bytes())
    assert manifest.cost.price_vs_sft is not None and manifest.cost.price_vs_sft > 1.5


def test_no_word_of_a_patient_is_outside_the_inbox(finished: Path) -> None:
    inbox = finished / "inbox" / "records"
    assert any(PATIENT[0] in file.read_bytes() for file in inbox.iterdir())
    files = [file for file in finished.rglob("*") if file.is_file() and inbox not in file.parents]
    assert len(files) > 20
    assert not [file.name for file in files if any(word in file.read_bytes() for word in PATIENT)]


@pytest.mark.parametrize(
    ("first", "step", "fewest"),
    [pytest.param(19, 8, 3, id="a few kills"), pytest.param(6, 5, 6, id="many kills", marks=pytest.mark.slow)],
)
def test_killed_again_and_again_it_ends_like_an_unbroken_run(
    first: int, step: int, fewest: int, finished: Path, hospital: Path
) -> None:
    """Every kill leaves the next run in another stage; what training itself survives is tested where training is."""
    done = subprocess.run(
        [sys.executable, str(HERE / "killed_runs.py"), str(hospital), str(first), str(step)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TOKENIZERS_PARALLELISM": "false", "PYTHONWARNINGS": "ignore"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[1]) >= fewest
    assert what_was_made(hospital) == what_was_made(finished)
    _, governance = tiny_hospital.opened(hospital)
    assert commands.verify_store(governance).ok


def test_a_full_disk_is_one_line_and_the_next_run_completes(finished: Path, hospital: Path) -> None:
    """No file may grow beyond 1 MB: the system refuses the training checkpoint as it would on a full disk."""

    def full_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    stopped = command_line(hospital, preexec_fn=full_disk)
    assert stopped.returncode == 1, stopped.stderr
    assert "the disk is full" in stopped.stderr and "Traceback" not in stopped.stderr
    assert not list(hospital.rglob("*/manifest.json"))
    finished_after = command_line(hospital)
    assert finished_after.returncode == 0, finished_after.stderr
    assert what_was_made(hospital) == what_was_made(finished)


def test_a_second_update_says_who_holds_the_workspace_and_changes_nothing(hospital: Path) -> None:
    with Workspace(hospital).lock("a test"):
        second = command_line(hospital)
    assert second.returncode == 1
    assert f"in use by process {os.getpid()}" in second.stdout and "for: a test" in second.stdout
    assert not list((hospital / "runs").iterdir())
