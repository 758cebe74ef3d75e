"""How likely a model finds each option of a question: the question is read once, whatever the number of options.

What several questions begin with is read once for all of them, and a question's keys and values serve all of its
options, so that the only tokens read per option are its own. Logits are worked out at the positions that an option is
read from, nowhere else: over a vocabulary of fifty thousand they are a good part of a small model's work.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache

from clinical_sdft.evaluation.prefixes import prefix_groups
from clinical_sdft.evaluation.prepare import Question
from clinical_sdft.evaluation.scorers.choice import Likelihood
from clinical_sdft.models.generation import TokenIds, common_prefix, left_pad, read_prefix

BATCH_TOKENS = 2048
"""Most tokens read in one go; more do not make a matrix product cheaper per token, and hold more keys and values."""
ENOUGH_TOKENS = 256
"""A batch of this many tokens is worth closing when the next row would be much longer than its first."""
MOST_PADDING = 0.1


@dataclass
class ChoiceReader:
    """Log-likelihoods of options with a transformers model."""

    model: Any
    context_tokens: int
    batch_tokens: int = BATCH_TOKENS

    @torch.inference_mode()
    def read(self, questions: Sequence[Question]) -> list[tuple[Likelihood, ...]]:
        """Return the likelihoods of each question's options, in order.

        A prompt that is too long for the model with its longest option loses its beginning, as in the usual harness.
        """
        prompts = [self._fit(question) for question in questions]
        found: list[tuple[Likelihood, ...]] = [()] * len(questions)
        for group in prefix_groups(prompts):
            read = self._group([prompts[row] for row in group], [questions[row].options for row in group])
            for row, likelihoods in zip(group, read, strict=True):
                found[row] = likelihoods
        return found

    def _group(
        self, prompts: list[TokenIds], options: list[tuple[tuple[int, ...], ...]]
    ) -> list[tuple[Likelihood, ...]]:
        """Return the likelihoods of questions whose common beginning is read once."""
        shared = common_prefix(prompts)
        cache = read_prefix(self.model, prompts[0][:shared]) if shared else None
        found: list[tuple[Likelihood, ...]] = [()] * len(prompts)
        for rows in by_length([len(prompt) - shared for prompt in prompts], self.batch_tokens):
            suffixes = [prompts[row][shared:] for row in rows]
            read = self._batch(suffixes, [options[row] for row in rows], cache, shared)
            for row, likelihoods in zip(rows, read, strict=True):
                found[row] = likelihoods
        return found

    def _fit(self, question: Question) -> TokenIds:
        room = self.context_tokens - max(len(option) for option in question.options) + 1
        return question.prompt[-room:]

    def _batch(
        self,
        suffixes: list[TokenIds],
        options: list[tuple[tuple[int, ...], ...]],
        prefix_cache: DynamicCache | None,
        shared: int,
    ) -> list[tuple[Likelihood, ...]]:
        rows = len(suffixes)
        cache = copy.deepcopy(prefix_cache) if prefix_cache else DynamicCache(config=self.model.config)
        if prefix_cache is not None:
            cache.batch_repeat_interleave(rows)
        ids_BT, keep_BT = left_pad(suffixes)
        mask_BS = torch.cat([torch.ones(rows, shared, dtype=torch.long), keep_BT], dim=1)
        positions_BT = shared + keep_BT.cumsum(1).sub(1).clamp(min=0)
        longer = any(len(option) > 1 for one in options for option in one)
        logits_BV = self.model(
            input_ids=ids_BT,
            attention_mask=mask_BS,
            position_ids=positions_BT,
            past_key_values=cache,
            use_cache=longer or prefix_cache is not None,
            logits_to_keep=1,
        ).logits[:, -1]
        first = torch.log_softmax(logits_BV.float(), dim=-1)
        totals = [[float(first[row, option[0]]) for option in one] for row, one in enumerate(options)]
        if longer:
            self._read_on(options, totals, cache, mask_BS, positions_BT[:, -1])
        return [
            tuple(Likelihood(total, len(option)) for total, option in zip(sums, one, strict=True))
            for sums, one in zip(totals, options, strict=True)
        ]

    def _read_on(
        self,
        options: list[tuple[tuple[int, ...], ...]],
        totals: list[list[float]],
        cache: DynamicCache,
        mask_BS: torch.Tensor,
        last_B: torch.Tensor,
    ) -> None:
        """Add the log-probabilities of what follows each option's first token: every option a row of its own."""
        places = [(row, at) for row, one in enumerate(options) for at, option in enumerate(one) if len(option) > 1]
        batches = list(by_length([len(options[row][at]) - 1 for row, at in places], self.batch_tokens))
        for number, batch in enumerate(batches, 1):
            chosen = [places[index] for index in batch]
            owner = torch.tensor([row for row, _ in chosen])
            own = cache if number == len(batches) else copy.deepcopy(cache)
            own.batch_select_indices(owner)
            ids_OT, keep_OT = left_pad([options[row][at][:-1] for row, at in chosen])
            targets_OT, _ = left_pad([options[row][at][1:] for row, at in chosen])
            logits_OTV = self.model(
                input_ids=ids_OT,
                attention_mask=torch.cat([mask_BS[owner], keep_OT], dim=1),
                position_ids=last_B[owner, None] + keep_OT.cumsum(1),
                past_key_values=own,
            ).logits.float()
            said_OT = logits_OTV.gather(-1, targets_OT[..., None])[..., 0] - logits_OTV.logsumexp(-1)
            for (row, at), extra in zip(chosen, (said_OT * keep_OT).sum(1).tolist(), strict=True):
                totals[row][at] += extra


def by_length(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Yield rows in batches of similar length: within the budget of tokens, and with little padding."""
    batch: list[int] = []
    real = 0
    for row in sorted(range(len(lengths)), key=lambda index: lengths[index]):
        padded = (len(batch) + 1) * lengths[row]
        wasteful = real >= ENOUGH_TOKENS and padded - real - lengths[row] > MOST_PADDING * padded
        if batch and (padded > budget or wasteful):
            yield batch
            batch, real = [], 0
        batch.append(row)
        real += lengths[row]
    if batch:
        yield batch
