"""Plain supervised fine-tuning on given replies: the control arm, and the hospital model's first training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from clinical_sdft.models.adapters import RoleModel
from clinical_sdft.models.generation import TokenIds
from clinical_sdft.models.prefix import Prefix
from clinical_sdft.sdft.cost import FORWARD_BACKWARD_FROZEN, Ledger
from clinical_sdft.sdft.forward import completion_logits, group_by_length, right_pad
from clinical_sdft.sdft.loss import mean_over_tokens
from clinical_sdft.sdft.thinking import heard
from clinical_sdft.sdft.trainer import Batch


@dataclass(frozen=True)
class Replies:
    """Prompts, and what each is to be answered with."""

    prompts: Sequence[TokenIds]
    replies: Sequence[TokenIds]


class SupervisedObjective:
    """Cross-entropy on reference replies, mean over a reply's tokens, then over the batch."""

    def __init__(
        self,
        roles: RoleModel,
        prompts: Sequence[TokenIds],
        replies: Sequence[TokenIds],
        ledger: Ledger,
        *,
        weight: float = 1.0,
        mask_thinking: bool = False,
    ) -> None:
        """`prompts[i]` is to be answered with `replies[i]`, end token included; `weight` is that of the whole loss."""
        self._weight = weight
        self._mask_thinking = mask_thinking
        self._roles = roles
        self._prompts = prompts
        self._replies = replies
        self._ledger = ledger

    def accumulate(self, batch: Batch) -> float:
        """Add the batch's gradients to the candidate and return its loss in nats per token."""
        lengths = [len(self._prompts[row]) + len(self._replies[row]) for row in batch.rows]
        groups = group_by_length(lengths)
        with (
            self._ledger.phase("student", sum(lengths), FORWARD_BACKWARD_FROZEN),
            self._roles.beginning([self._prompts[row] for row in batch.rows]) as prefix,
        ):
            return sum(self._learn([batch.rows[i] for i in group], len(batch.rows), prefix) for group in groups)

    def follow(self) -> None:
        """Nothing follows."""

    def state(self) -> dict[str, torch.Tensor]:
        """There is none."""
        return {}

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """There is nothing to take up."""

    def _learn(self, rows: Sequence[int], batch_rows: int, prefix: Prefix | None) -> float:
        prompts = [self._prompts[row] for row in rows]
        replies = [self._replies[row] for row in rows]
        logits_BTV, mask_BT = completion_logits(self._roles.model, prompts, replies, prefix)
        target_BT, _ = right_pad(replies, logits_BTV.shape[1])
        nats_BT = torch.nn.functional.cross_entropy(
            logits_BTV.float().flatten(0, 1), target_BT.flatten(), reduction="none"
        ).view_as(target_BT)
        if self._mask_thinking:
            mask_BT = mask_BT * heard(self._roles.loaded.tokenizer, prompts, replies)
        loss = self._weight * mean_over_tokens(nats_BT, mask_BT).sum() / batch_rows
        torch.autograd.backward(loss)
        return float(loss.detach())
