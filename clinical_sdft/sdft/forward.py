"""Logits of given completions after given prompts, at the completion's tokens only."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

from clinical_sdft.models.generation import TokenIds, common_prefix, left_pad, read_prefix
from clinical_sdft.models.prefix import Prefix


def completion_logits(
    model: Any, prompts: Sequence[TokenIds], completions: Sequence[TokenIds], prefix: Prefix | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the logits that predict each completion token [B, T, V], and the mask of real tokens [B, T].

    What all prompts begin with is read once, here or before as `prefix`. The rest is padded on the left and completions
    on the right, so that the loss tokens of all rows stand in the last T columns and nothing else goes through the
    output layer.
    """
    longest = max(len(completion) for completion in completions)
    begun, cache = _begun(model, prompts) if prefix is None else (prefix.tokens, prefix.for_rows(len(prompts)))
    prompt_BP, prompt_keep_BP = left_pad([prompt[begun:] for prompt in prompts])
    completion_BT, keep_BT = right_pad(completions, longest)
    inputs_BS = torch.cat([prompt_BP, completion_BT[:, :-1]], dim=1)
    prefix_keep_BP = torch.ones(len(prompts), begun, dtype=torch.long)
    mask_BS = torch.cat([prefix_keep_BP, prompt_keep_BP, keep_BT[:, :-1]], dim=1)
    positions_BS = mask_BS.cumsum(1).sub(1).clamp(min=0)[:, begun:]
    output = model(
        input_ids=inputs_BS,
        attention_mask=mask_BS,
        position_ids=positions_BS,
        past_key_values=cache,
        use_cache=cache is not None,
        logits_to_keep=longest,
    )
    return output.logits, keep_BT


def _begun(model: Any, prompts: Sequence[TokenIds]) -> tuple[int, DynamicCache | None]:
    begun = common_prefix(prompts)
    cache = read_prefix(model, prompts[0][:begun]) if begun else None
    if cache is not None:
        cache.batch_repeat_interleave(len(prompts))
    return begun, cache


def right_pad(rows: Sequence[TokenIds], length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token ids [B, length] padded on the right with 0, and the mask of real tokens."""
    ids_BT = torch.zeros(len(rows), length, dtype=torch.long)
    keep_BT = torch.zeros(len(rows), length, dtype=torch.long)
    for index, row in enumerate(rows):
        ids_BT[index, : len(row)] = torch.tensor(list(row))
        keep_BT[index, : len(row)] = 1
    return ids_BT, keep_BT


def group_by_length(lengths: Sequence[int], size: int = 8) -> list[list[int]]:
    """Split rows into groups of similar length, to pad little and to bound memory; returns row numbers."""
    order = sorted(range(len(lengths)), key=lambda row: lengths[row])
    return [order[start : start + size] for start in range(0, len(order), size)]
