"""Two processes that share a batch learn what one with the whole batch learns; really launched, over gloo."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.append(str(Path(__file__).parents[1] / "sdft"))

from test_training import TRAINING, a_plan

from clinical_sdft.errors import ClinicalSdftError, InputError
from clinical_sdft.files import write_contracts
from clinical_sdft.models.adapters import FILE_NAME, read_adapter
from clinical_sdft.ops.processes import TrainingJob, train_in_processes, train_one_of
from clinical_sdft.raised import reason
from clinical_sdft.sdft.party import Alone, combine
from clinical_sdft.sdft.trainer import Batch, part_of
from clinical_sdft.workspace import Workspace
from data_contracts import NO_ADAPTER

COLD = TRAINING.model_copy(
    update={"batch_size": 4, "passes": 5, "temperature": 1e-4, "learning_rate": 2e-3, "skip_tokens": 0}
)
"""So cold that sampling takes the likeliest token: then both draw the same rollouts."""


def a_job(folder: Path, model: Path) -> TrainingJob:
    plan = a_plan(COLD, beta=30.0)  # far from the student, so that there is a curve to compare
    write_contracts(folder / "demonstrations.jsonl", plan.demonstrations)
    return TrainingJob(
        arm="sdft",
        folder=str(folder / "run"),
        base=str(model),
        adapter_file=None,
        adapter=NO_ADAPTER,
        version=None,
        demonstrations=str(folder / "demonstrations.jsonl"),
        demonstrations_digest=plan.demonstrations_digest,
        prior_prompts=tuple(plan.prior_prompts),
        preflight=plan.preflight,
        system_prompt="",
        training=COLD,
        lora=plan.lora,
    )


def test_two_processes_have_the_loss_curve_of_one_with_the_doubled_batch(tiny_model_folder, tmp_path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one = train_one_of(a_job(tmp_path / "one", tiny_model_folder))
    two = train_in_processes(a_job(tmp_path / "two", tiny_model_folder), 2)
    assert len(one.losses) == 10 and one.losses[-1] < one.losses[0]
    assert two.losses == pytest.approx(one.losses, rel=1e-3)
    alone, shared = (read_adapter(tmp_path / name / "run" / FILE_NAME).factors for name in ("one", "two"))
    for name, value in alone.items():
        torch.testing.assert_close(shared[name], value, atol=2e-3, rtol=2e-2)
    tokens = [{phase.phase: phase.tokens for phase in manifest.cost.phases} for manifest in (one, two)]
    assert tokens[0] == tokens[1]
    assert [path.name for path in (tmp_path / "two" / "run").iterdir() if path.is_dir()] == []


def test_a_failing_process_is_one_line(tiny_model_folder, tmp_path, monkeypatch) -> None:
    job = a_job(tmp_path, tiny_model_folder).model_copy(update={"base": str(tmp_path / "absent")})
    seen: list[list[str]] = []

    class Failed:
        returncode, stderr = 1, "W launch\nclinical_sdft.errors.InputError: model absent: cannot be loaded\nmore"

    def run(command: list[str], **named: object) -> type[Failed]:
        seen.append(command)
        return Failed

    monkeypatch.setattr("clinical_sdft.ops.processes.subprocess.run", run)
    with pytest.raises(ClinicalSdftError, match=r"2 processes ended with code 1: .*model absent"):
        train_in_processes(job, 2)
    assert "accelerate.commands.launch" in seen[0]


class Halves:
    """The first of two processes; the other has learned the same."""

    rank, size = 0, 2

    def add_up(self, values: torch.Tensor) -> torch.Tensor:
        return values * 2

    def wait(self) -> None:
        return None


def test_parts_are_the_whole_batch_and_the_mean_is_over_it() -> None:
    batch = Batch(3, 1, 2, (4, 8, 1, 7, 9), True)
    first, second = Halves(), Halves()
    second.rank = 1
    parts = [part_of(party, batch) for party in (first, second)]
    assert parts[0].rows + parts[1].rows == batch.rows
    assert [part.offset for part in parts] == [0, len(parts[0].rows)]
    assert part_of(Alone(), batch) is batch
    parameter, untouched = torch.nn.Parameter(torch.zeros(2)), torch.nn.Parameter(torch.zeros(3))
    parameter.grad = torch.tensor([1.0, 3.0])
    assert combine(first, [parameter, untouched], 4.0, 0.5) == 4.0
    assert parameter.grad.tolist() == [1.0, 3.0] and untouched.grad.tolist() == [0.0, 0.0, 0.0]


def test_one_process_alone_changes_nothing_and_loads_no_accelerate() -> None:
    parameter = torch.nn.Parameter(torch.zeros(2))
    gradient = parameter.grad = torch.tensor([1.0, 3.0])
    assert combine(Alone(), [parameter], 0.1, 1.0) == 0.1
    assert parameter.grad is gradient


def test_a_server_and_several_processes_exclude_each_other(tmp_path) -> None:
    with pytest.raises(InputError, match="exclude each other"):
        Workspace.create(tmp_path, {"rollout_server": "http://gpu1:8000", "processes": 2})


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("Traceback\n[rank1]: RuntimeError: of Quartermain\nKeyError: 1", "RuntimeError"),
        ("  torch.cuda.OutOfMemoryError: Quartermain", "torch.cuda.OutOfMemoryError"),
        ("x\n[rank0]: clinical_sdft.errors.InputError: row 3", "clinical_sdft.errors.InputError: row 3"),
        ("Quartermain's Error", "no reason given"),
    ],
)
def test_a_failed_process_is_named_and_what_a_library_says_is_not_repeated(printed: str, said: str) -> None:
    assert reason(printed) == said
