"""Prior prompts in every batch: which ones, and their labelled replay as a second objective beside the first."""

from collections.abc import Mapping
from dataclasses import replace

import torch

from clinical_sdft.sdft.sft import SupervisedObjective
from clinical_sdft.sdft.trainer import Batch, Objective
from data_contracts import TrainingSettings

ANCHORS, REPLAY = 41, 43
"""Salts of the two shuffles."""


def prior_rows(batch: Batch, available: int, share: float, settings: TrainingSettings, salt: int) -> list[int]:
    """Return the prior prompts of a batch: a walk through one long shuffle, each used before any is used again."""
    count = round(len(batch.rows) * share)
    if not count or not available:
        return []
    start = (batch.window * 1009 + batch.index) * round(settings.batch_size * share)
    order: list[int] = []
    while len(order) < count:
        lap, offset = divmod(start + len(order), available)
        shuffle = torch.randperm(available, generator=torch.Generator().manual_seed(settings.seed * salt + lap))
        order.append(int(shuffle[offset]))
    return order


class WithReplay:
    """An objective with labelled prior prompts beside it: cross-entropy on their answers, weighted."""

    def __init__(
        self, objective: Objective, replay: SupervisedObjective, available: int, settings: TrainingSettings
    ) -> None:
        """`available` is the number of labelled prior prompts."""
        self._objective = objective
        self._replay = replay
        self._available = available
        self._settings = settings

    def accumulate(self, batch: Batch) -> float:
        """Add the gradients of both and return the sum of both losses in nats per token."""
        loss = self._objective.accumulate(batch)
        rows = prior_rows(batch, self._available, self._settings.replay_share, self._settings, REPLAY)
        return loss + (self._replay.accumulate(replace(batch, rows=tuple(rows))) if rows else 0.0)

    def follow(self) -> None:
        """Let the objective take notice of an optimizer step."""
        self._objective.follow()

    def state(self) -> dict[str, torch.Tensor]:
        """Return the objective's state; replay has none."""
        return self._objective.state()

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Take up the objective's state."""
        self._objective.restore(tensors)
