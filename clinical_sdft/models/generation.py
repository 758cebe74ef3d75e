"""Write replies to many prompts at once: shared prefix read once, finished rows dropped, similar lengths together."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from transformers import DynamicCache

TokenIds = Sequence[int]


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen: temperature 0 is greedy."""

    max_new_tokens: int
    temperature: float = 0.0


class Generator(Protocol):
    """Anything that can continue token prompts."""

    def generate(
        self, prompts: Sequence[TokenIds], sampling: Sampling, rng: torch.Generator | None = None
    ) -> list[list[int]]:
        """Return the completion of each prompt, the end token included when it was reached."""
        ...


@dataclass
class BatchGenerator:
    """Batched generation with a transformers model and its key-value cache."""

    model: Any
    end_token: int
    batch_size: int = 32

    @torch.inference_mode()
    def generate(
        self, prompts: Sequence[TokenIds], sampling: Sampling, rng: torch.Generator | None = None
    ) -> list[list[int]]:
        """Return the completion of each prompt (token ids, end token included when it was reached)."""
        prefix = common_prefix(prompts)
        cache = read_prefix(self.model, prompts[0][:prefix]) if prefix else None
        order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        completions: list[list[int]] = [[] for _ in prompts]
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            suffixes = [prompts[row][prefix:] for row in rows]
            for row, completion in zip(rows, self._batch(suffixes, cache, prefix, sampling, rng), strict=True):
                completions[row] = completion
        return completions

    def _batch(
        self,
        suffixes: list[TokenIds],
        prefix_cache: DynamicCache | None,
        prefix: int,
        sampling: Sampling,
        rng: torch.Generator | None,
    ) -> list[list[int]]:
        rows = len(suffixes)
        cache = copy.deepcopy(prefix_cache) if prefix_cache else DynamicCache(config=self.model.config)
        if prefix_cache is not None:
            cache.batch_repeat_interleave(rows)
        inputs_BT, keep_BT = left_pad(suffixes)
        mask_BS = torch.cat([torch.ones(rows, prefix, dtype=torch.long), keep_BT], dim=1)
        positions_BT = prefix + keep_BT.cumsum(1).sub(1).clamp(min=0)
        alive = list(range(rows))
        written: list[list[int]] = [[] for _ in suffixes]
        for _ in range(sampling.max_new_tokens):
            logits_BV = self.model(
                input_ids=inputs_BT,
                attention_mask=mask_BS,
                position_ids=positions_BT,
                past_key_values=cache,
                logits_to_keep=1,
            ).logits[:, -1]
            chosen_B = choose(logits_BV, sampling.temperature, rng)
            for row, token in zip(alive, chosen_B.tolist(), strict=True):
                written[row].append(token)
            keep = [index for index, token in enumerate(chosen_B.tolist()) if token != self.end_token]
            if not keep:
                break
            if len(keep) < len(alive):
                index = torch.tensor(keep)
                cache.batch_select_indices(index)
                chosen_B, mask_BS, positions_BT = chosen_B[index], mask_BS[index], positions_BT[index]
                alive = [alive[i] for i in keep]
            inputs_BT = chosen_B[:, None]
            mask_BS = torch.cat([mask_BS, torch.ones(len(alive), 1, dtype=torch.long)], dim=1)
            positions_BT = positions_BT[:, -1:] + 1
        return written


def choose(logits_BV: torch.Tensor, temperature: float, rng: torch.Generator | None) -> torch.Tensor:
    """Return one token per row: the likeliest at temperature 0, else a sample."""
    if temperature == 0:
        return logits_BV.argmax(-1)
    probabilities_BV = torch.softmax(logits_BV.float() / temperature, dim=-1)
    return torch.multinomial(probabilities_BV, 1, generator=rng)[:, 0]


def left_pad(rows: Sequence[TokenIds]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token ids [B, T] padded on the left with 0, and the mask of real tokens [B, T]."""
    longest = max(len(row) for row in rows)
    ids_BT = torch.zeros(len(rows), longest, dtype=torch.long)
    keep_BT = torch.zeros(len(rows), longest, dtype=torch.long)
    for index, row in enumerate(rows):
        ids_BT[index, longest - len(row) :] = torch.tensor(list(row))
        keep_BT[index, longest - len(row) :] = 1
    return ids_BT, keep_BT


def read_prefix(model: Any, prefix: TokenIds) -> DynamicCache:
    """Return the keys and values of one row of tokens that many rows begin with."""
    cache = DynamicCache(config=model.config)
    # Without the output layer: nobody asks what comes after it.
    model.get_decoder()(input_ids=torch.tensor([list(prefix)]), past_key_values=cache, use_cache=True)
    return cache


def common_prefix(prompts: Sequence[TokenIds]) -> int:
    """Return the length of the longest prefix all prompts share, leaving each at least one token of its own."""
    # Whatever the first and the last in order share, all share.
    rows = [list(prompt) for prompt in prompts]
    first, last = min(rows), max(rows)
    limit = min(len(prompt) for prompt in prompts) - 1
    for index in range(limit):
        if first[index] != last[index]:
            return index
    return max(limit, 0)
