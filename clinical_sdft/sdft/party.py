"""Who trains together: one process alone, or several that share every batch.

Several hold the same weights, each learns from its part of a batch, and the gradients are added up before the
optimizer's step; so all take the same step, and the loss curve is that of one process with the whole batch, to
rounding. Sampled rollouts are the exception: each process draws its own random numbers. One process alone goes
through `Alone`, which changes no bit and loads nothing.
"""

from collections.abc import Iterable
from os import environ
from typing import Any, Protocol

import torch


class Party(Protocol):
    """The processes of a training, seen from one of them."""

    @property
    def rank(self) -> int:
        """Which process this is; 0 writes what is kept."""
        ...

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def add_up(self, values: torch.Tensor) -> torch.Tensor:
        """Return the element-wise sum over all processes."""
        ...

    def wait(self) -> None:
        """Return when all processes have come here."""
        ...


class Alone:
    """One process."""

    rank = 0
    size = 1

    def add_up(self, values: torch.Tensor) -> torch.Tensor:
        """Return what it is given."""
        return values

    def wait(self) -> None:
        """Return at once."""


class Accelerated:
    """A process that `accelerate launch` (or torchrun) started beside others."""

    def __init__(self) -> None:
        """Join the others: gloo without a GPU, nccl with."""
        from accelerate import Accelerator

        self._accelerator: Any = Accelerator(cpu=not torch.cuda.is_available())
        self.rank: int = self._accelerator.process_index
        self.size: int = self._accelerator.num_processes

    def add_up(self, values: torch.Tensor) -> torch.Tensor:
        """Return the element-wise sum over all processes."""
        summed: torch.Tensor = self._accelerator.reduce(values.to(self._accelerator.device), reduction="sum")
        return summed.to(values.device)

    def wait(self) -> None:
        """Return when all processes have come here."""
        self._accelerator.wait_for_everyone()


def party_here() -> Party:
    """Return the party this process was started in."""
    return Accelerated() if int(environ.get("WORLD_SIZE", "1")) > 1 else Alone()


def combine(party: Party, parameters: Iterable[torch.nn.Parameter], loss: float, share: float) -> float:
    """Replace gradients and loss by their means over the whole batch, of which this process learned from `share`."""
    if party.size == 1:
        return loss
    learned = list(parameters)
    flat = torch.cat(
        [(torch.zeros_like(parameter) if parameter.grad is None else parameter.grad).flatten() for parameter in learned]
    )
    summed = party.add_up(torch.cat([flat * share, flat.new_tensor([loss * share])]))
    start = 0
    for parameter in learned:
        parameter.grad = summed[start : start + parameter.numel()].view_as(parameter).clone()
        start += parameter.numel()
    return float(summed[-1])
