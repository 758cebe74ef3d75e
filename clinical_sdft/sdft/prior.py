"""Prior prompts in every batch: which ones, and their labelled replay as a second objective beside the first."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch

from clinical_sdft.sdft.sft import SupervisedObjective
from clinical_sdft.sdft.trainer import Batch, Objective
from data_contracts import TrainingSettings

ANCHORS, REPLAY = 41, 43
"""Salts of the two shuffles."""


def prior_rows(
    batch: Batch, available: int, share: float, settings: TrainingSettings, salt: int, groups: Sequence[str] = ()
) -> list[int]:
    """Return the prior prompts of a batch: a walk through one long shuffle, each used before any is used again.

    With `groups`, one name a prompt, the walk takes the groups in turn, and within a group goes the same way: a small
    group is seen as often as a large one.
    """
    count = round(len(batch.rows) * share)
    if not count or not available:
        return []
    start = (batch.window * 1009 + batch.index) * round(settings.batch_size * share) + round(batch.offset * share)
    members = _members(groups) or [range(available)]
    order = []
    for place in range(start, start + count):
        turn, group = divmod(place, len(members))
        lap, offset = divmod(turn, len(members[group]))
        generator = torch.Generator().manual_seed(settings.seed * salt + lap)
        order.append(members[group][int(torch.randperm(len(members[group]), generator=generator)[offset])])
    return order


def _members(groups: Sequence[str]) -> list[Sequence[int]]:
    """Return the prompts of each group, groups by name."""
    return [[row for row, own in enumerate(groups) if own == name] for name in sorted(set(groups))]


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
