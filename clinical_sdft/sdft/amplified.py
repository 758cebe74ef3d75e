"""Write with the amplified teacher: each prompt runs twice, with and without its demonstration."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

from clinical_sdft.models.generation import TokenIds, left_pad
from clinical_sdft.sdft.loss import amplify


@torch.inference_mode()
def generate_amplified(
    model: Any,
    shown: Sequence[TokenIds],
    plain: Sequence[TokenIds],
    beta: float,
    end_token: int,
    max_new_tokens: int,
) -> list[list[int]]:
    """Return the greedy completions of the teacher amplified by `beta`; both prompts of a row read each token."""
    rows = len(shown)
    inputs_BT, mask_BS = left_pad([*shown, *plain])
    positions_BT = mask_BS.cumsum(1).sub(1).clamp(min=0)
    cache = DynamicCache(config=model.config)
    written: list[list[int]] = [[] for _ in shown]
    open_rows = set(range(rows))
    for _ in range(max_new_tokens):
        logits_BV = model(
            input_ids=inputs_BT,
            attention_mask=mask_BS,
            position_ids=positions_BT,
            past_key_values=cache,
            logits_to_keep=1,
        ).logits[:, -1]
        log_probs_BV = torch.log_softmax(logits_BV.float(), dim=-1)
        chosen = amplify(log_probs_BV[:rows], log_probs_BV[rows:], beta).argmax(-1)
        for row in sorted(open_rows):
            written[row].append(int(chosen[row]))
        open_rows = {row for row in open_rows if int(chosen[row]) != end_token}
        if not open_rows:
            break
        inputs_BT = chosen.repeat(2)[:, None]
        mask_BS = torch.cat([mask_BS, torch.ones(2 * rows, 1, dtype=torch.long)], dim=1)
        positions_BT = positions_BT[:, -1:] + 1
    return written
