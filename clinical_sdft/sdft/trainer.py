"""The loop all training shares: batches, learning rate, optimizer step, checkpoint, resume.

What is learned is the objective's business (`sdft.py`, `sft.py`). Every random choice is derived from the seed and the
place in the run, so that a run killed anywhere and started again ends with the same bytes.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Protocol

import torch

from clinical_sdft.models.adapters import RoleModel
from clinical_sdft.sdft.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from clinical_sdft.sdft.cost import Ledger
from clinical_sdft.sdft.party import Alone, Party, combine
from data_contracts import TrainingSettings


@dataclass(frozen=True)
class Batch:
    """Which rows an optimizer step trains on, or a process's part of them."""

    step: int
    window: int
    index: int
    rows: tuple[int, ...]
    fresh: bool
    offset: int = 0
    """Rows of the step's batch that come before these: other processes have them."""

    def rng(self, seed: int) -> torch.Generator:
        """Return the random numbers of this batch's rollouts: equal whenever the batch comes again."""
        return torch.Generator().manual_seed(seed * 1_000_003 + self.window * 10_007 + self.index + self.offset * 7919)


class Objective(Protocol):
    """What a batch should teach."""

    def accumulate(self, batch: Batch) -> float:
        """Add the batch's gradients to the candidate and return its loss."""
        ...

    def follow(self) -> None:
        """Take notice of an optimizer step."""
        ...

    def state(self) -> dict[str, torch.Tensor]:
        """Return what a checkpoint must keep of the objective."""
        ...

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Take up what `state` returned."""
        ...


@dataclass(frozen=True)
class StepReport:
    """What a watcher is told after each optimizer step."""

    step: int
    total: int
    loss: float
    tokens_per_second: float
    seconds: float = 0.0
    """Wall time of this step, the optimizer's part included, without writing checkpoints."""


def train(
    roles: RoleModel,
    objective: Objective,
    rows: int,
    settings: TrainingSettings,
    folder: Path,
    ledger: Ledger,
    on_step: Callable[[StepReport], None] = lambda report: None,
    party: Party | None = None,
) -> tuple[float, ...]:
    """Train the candidate and return the loss of every step; takes up an interrupted run in `folder`.

    In a `party` of several processes each learns from its part of every batch, and the first writes the checkpoints.
    """
    party = party or Alone()
    parameters = roles.parameters()
    optimizer = torch.optim.AdamW(parameters.values(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    total = math.ceil(rows / settings.batch_size) * settings.passes
    state = load_checkpoint(folder, parameters, optimizer) or Checkpoint(0, (), ledger.closed())
    ledger.restore(state.cost)
    objective.restore(state.teacher)
    losses = list(state.losses)
    roles.model.train()
    for batch in islice(plan(rows, settings), state.step, None):
        start = time.perf_counter()
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * warmup_cosine(batch.step, total, settings.warmup_share)
        mine = part_of(party, batch)
        loss = objective.accumulate(mine) if mine.rows else 0.0
        losses.append(combine(party, parameters.values(), loss, len(mine.rows) / len(batch.rows)))
        torch.nn.utils.clip_grad_norm_(parameters.values(), settings.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        objective.follow()
        seconds = time.perf_counter() - start
        done = batch.step + 1
        if party.rank == 0 and (done % settings.checkpoint_steps == 0 or done == total):
            reached = Checkpoint(done, tuple(losses), ledger.closed(), objective.state())
            save_checkpoint(folder, reached, parameters, optimizer)
        on_step(StepReport(done, total, losses[-1], ledger.tokens_per_second, seconds))
    roles.model.eval()
    return tuple(losses)


def plan(rows: int, settings: TrainingSettings) -> Iterator[Batch]:
    """Yield the batches of a run; passes of one rollout window hold the same batches in another order."""
    count = math.ceil(rows / settings.batch_size)
    step = 0
    for pass_index in range(settings.passes):
        window = pass_index // settings.rollout_reuse
        shuffled = _shuffled(rows, settings.seed * 31 + window)
        fresh = pass_index % settings.rollout_reuse == 0
        order = torch.arange(count) if fresh else _shuffled(count, settings.seed * 37 + pass_index)
        for index in map(int, order):
            chosen = shuffled[index * settings.batch_size : (index + 1) * settings.batch_size]
            yield Batch(step, window, index, tuple(chosen.tolist()), fresh)
            step += 1


def part_of(party: Party, batch: Batch) -> Batch:
    """Return this process's part of a batch: neighbours stay together, parts differ by one row at most."""
    if party.size == 1:
        return batch
    start, end = (len(batch.rows) * k // party.size for k in (party.rank, party.rank + 1))
    return replace(batch, rows=batch.rows[start:end], offset=start)


def warmup_cosine(step: int, total: int, warmup_share: float) -> float:
    """Return the learning-rate factor of a step: linear warm-up, then half a cosine down to 0."""
    warmup = max(1, round(total * warmup_share))
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, total - warmup)))


def _shuffled(count: int, seed: int) -> torch.Tensor:
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))
