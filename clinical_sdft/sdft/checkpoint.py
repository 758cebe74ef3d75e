"""Where a run stood: adapter factors, optimizer moments, teacher, step and losses, in one safetensors file."""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import safe_open

from clinical_sdft.models.tensors import write_tensors
from data_contracts import CostLedger

FILE_NAME = "checkpoint.safetensors"
ROLLOUTS = "rollout-{}.safetensors"
_MOMENTS = ("exp_avg", "exp_avg_sq")
_TEACHER = "teacher/"


@dataclass(frozen=True)
class Checkpoint:
    """The place in a run: optimizer steps done, their losses, what they cost, and what its teacher has become."""

    step: int
    losses: tuple[float, ...]
    cost: CostLedger
    teacher: dict[str, torch.Tensor] = field(default_factory=dict)


def save_checkpoint(
    folder: Path,
    state: Checkpoint,
    parameters: dict[str, torch.nn.Parameter],
    optimizer: torch.optim.Optimizer,
) -> None:
    """Write the checkpoint atomically over the one before."""
    tensors = {f"weight/{name}": parameter.detach() for name, parameter in parameters.items()}
    for name, parameter in parameters.items():
        for moment in _MOMENTS:
            tensors[f"{moment}/{name}"] = optimizer.state[parameter][moment]
    tensors |= {f"{_TEACHER}{name}": value for name, value in state.teacher.items()}
    head = {"step": state.step, "losses": state.losses, "cost": state.cost.model_dump(mode="json")}
    write_tensors(folder / FILE_NAME, tensors, {"head": json.dumps(head)})


def load_checkpoint(
    folder: Path, parameters: dict[str, torch.nn.Parameter], optimizer: torch.optim.Optimizer
) -> Checkpoint | None:
    """Restore weights and moments in place and return where the run stood; None where there is no checkpoint."""
    file = folder / FILE_NAME
    if not file.is_file():
        return None
    with safe_open(file, framework="pt") as tensors, torch.no_grad():
        head = json.loads(tensors.metadata()["head"])
        for name, parameter in parameters.items():
            parameter.copy_(tensors.get_tensor(f"weight/{name}"))
            moments = {moment: tensors.get_tensor(f"{moment}/{name}") for moment in _MOMENTS}
            optimizer.state[parameter] = {"step": torch.tensor(float(head["step"])), **moments}
        names = [name for name in tensors.keys() if name.startswith(_TEACHER)]  # noqa: SIM118
        teacher = {name.removeprefix(_TEACHER): tensors.get_tensor(name) for name in names}
    return Checkpoint(head["step"], tuple(head["losses"]), CostLedger.model_validate(head["cost"]), teacher)


def discard_checkpoint(folder: Path) -> None:
    """Remove what only an unfinished run needs: the checkpoint, and rollouts kept for later passes."""
    for part in folder.glob("rank-*-of-*"):
        shutil.rmtree(part)
    for file in [folder / FILE_NAME, *folder.glob(ROLLOUTS.format("*"))]:
        file.unlink(missing_ok=True)
