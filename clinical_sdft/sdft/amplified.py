"""Write with the sharpened teacher: each prompt runs with its demonstration, without it, and around an empty one."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

from clinical_sdft.models.generation import TokenIds, left_pad
from clinical_sdft.sdft.loss import sharpen


@torch.inference_mode()
def generate_amplified(
    model: Any,
    shown: Sequence[TokenIds],
    plain: Sequence[TokenIds],
    beta: float,
    end_token: int,
    max_new_tokens: int,
    empty: Sequence[TokenIds] = (),
    calibration: float = 0.0,
) -> list[list[int]]:
    """Return the greedy completions of the teacher amplified by `beta`; all prompts of a row read each token.

    `empty` are the teacher's prompts around nothing, where what the template alone promotes is to lose `calibration`.
    """
    rows = len(shown)
    inputs_BT, mask_BS = left_pad([*shown, *plain, *empty])
    readings = len(inputs_BT) // rows
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
        parts = torch.log_softmax(logits_BV.float(), dim=-1).view(readings, rows, -1)
        chosen = sharpen(parts[0], parts[1], beta, parts[2] if empty else None, calibration).argmax(-1)
        for row in sorted(open_rows):
            written[row].append(int(chosen[row]))
        open_rows = {row for row in open_rows if int(chosen[row]) != end_token}
        if not open_rows:
            break
        inputs_BT = chosen.repeat(readings)[:, None]
        mask_BS = torch.cat([mask_BS, torch.ones(readings * rows, 1, dtype=torch.long)], dim=1)
        positions_BT = positions_BT[:, -1:] + 1
    return written
