"""The teacher: the incumbent itself, shown the demonstration. It never changes during an update."""

from collections.abc import Sequence

import torch

from clinical_sdft.models.adapters import RoleModel
from clinical_sdft.models.generation import TokenIds
from clinical_sdft.sdft.cost import Ledger
from clinical_sdft.sdft.forward import completion_logits
from clinical_sdft.sdft.loss import TeacherScores, amplify, keep_top


class FrozenTeacher:
    """Scores completions with the incumbent's weights; one set of base weights serves it and the student."""

    def __init__(self, roles: RoleModel, ledger: Ledger, *, beta: float = 0.0, top_k: int = 64) -> None:
        """`beta` amplifies the demonstration's effect; `top_k` tokens per position are kept."""
        self._roles = roles
        self._ledger = ledger
        self._beta = beta
        self._top_k = top_k

    @torch.no_grad()
    def score(
        self,
        shown: Sequence[TokenIds],
        plain: Sequence[TokenIds] | None,
        completions: Sequence[TokenIds],
    ) -> TeacherScores:
        """Score completions after the prompts with the demonstration, amplified against `plain` where given."""
        tokens = sum(len(prompt) + len(completion) for prompt, completion in zip(shown, completions, strict=True))
        with self._roles.acting("incumbent") as model, self._ledger.phase("teacher", tokens):
            logits_BTV, _ = completion_logits(model, shown, completions)
            log_probs_BTV = torch.log_softmax(logits_BTV.float(), dim=-1)
            if self._beta and plain is not None:
                plain_BTV, _ = completion_logits(model, plain, completions)
                log_probs_BTV = amplify(log_probs_BTV, torch.log_softmax(plain_BTV.float(), -1), self._beta)
        return keep_top(log_probs_BTV, self._top_k)
