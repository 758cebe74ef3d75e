"""Attention of short sequences as plain batched products: a part of the setting `quick`.

torch's attention on a processor is made for long sequences: its backward pass takes seven times as long as the products
themselves at some fifty tokens, and heads that share keys and values (Ainslie et al. 2023, arXiv 2305.13245) need them
copied out first. Here the query heads of a group stand below each other and meet their one key head in one product:
P = softmax(s Q K' + M), O = P V, with dV = P' dO, dS = P o (dO V' - rowsum(P o dO V')), dQ = s dS K, dK = s dS' Q.
Only P is kept for the backward pass, in the type of the inputs.

Shapes: B rows, H query heads, J key heads, S new tokens, L tokens to look at, D head size, N = H/J * S.
"""

from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import eager_mask

NAME = "grouped"
MOST_SCORES = 1 << 24
"""Scores held at once; longer sequences take torch's attention, which never holds them all."""


class _Grouped(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, query_BHSD: torch.Tensor, key_BJLD: torch.Tensor, value_BJLD: torch.Tensor,
        mask_B1SL: torch.Tensor, scale: float,
    ) -> torch.Tensor:  # fmt: skip
        rows, heads, new, size = query_BHSD.shape
        pairs, seen = rows * key_BJLD.shape[1], key_BJLD.shape[2]
        query_PND = query_BHSD.reshape(pairs, -1, size)
        key_PLD, value_PLD = key_BJLD.reshape(pairs, seen, size), value_BJLD.reshape(pairs, seen, -1)
        scores_BHSL = torch.bmm(query_PND, key_PLD.mT).view(rows, heads, new, seen)
        weights_PNL = torch.add(mask_B1SL, scores_BHSL, alpha=scale).softmax(-1).view(pairs, -1, seen)
        ctx.save_for_backward(query_PND, key_PLD, value_PLD, weights_PNL)
        ctx.scale, ctx.query_shape, ctx.key_shape, ctx.value_shape = (
            scale, query_BHSD.shape, key_BJLD.shape, value_BJLD.shape,
        )  # fmt: skip
        return torch.bmm(weights_PNL, value_PLD).view(rows, heads, new, -1).transpose(1, 2)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        query_PND, key_PLD, value_PLD, weights_PNL = ctx.saved_tensors
        d_out_PND = gradients[0].transpose(1, 2).reshape(*weights_PNL.shape[:2], -1)
        d_value_PLD = torch.bmm(weights_PNL.mT, d_out_PND)
        d_weights_PNL = torch.bmm(d_out_PND, value_PLD.mT)
        d_scores_PNL = torch.ops.aten._softmax_backward_data(d_weights_PNL, weights_PNL, -1, weights_PNL.dtype)
        d_scores_PNL.mul_(ctx.scale)
        d_query, d_key = torch.bmm(d_scores_PNL, key_PLD), torch.bmm(d_scores_PNL.mT, query_PND)
        return d_query.view(ctx.query_shape), d_key.view(ctx.key_shape), d_value_PLD.view(ctx.value_shape), None, None


_attend: Any = _Grouped.apply


def grouped_attention(
    module: torch.nn.Module,
    query_BHSD: torch.Tensor,
    key_BJLD: torch.Tensor,
    value_BJLD: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """Return what the heads saw [B, S, H, D], as transformers asks of an attention; no weights."""
    scores = query_BHSD.shape[:3].numel() * key_BJLD.shape[2]
    special = dropout or any(kwargs.get(name) is not None for name in ("position_bias", "softcap"))
    if attention_mask is None or special or scores > MOST_SCORES:
        usual: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query_BHSD, key_BJLD, value_BJLD, attention_mask, dropout=dropout, scaling=scaling, **kwargs
        )
        return usual
    scale = query_BHSD.shape[-1] ** -0.5 if scaling is None else scaling
    out: torch.Tensor = _attend(query_BHSD, key_BJLD, value_BJLD, attention_mask, scale)
    return out, None


def attend_grouped(model: Any) -> None:
    """Let a model that uses torch's attention use this one; any other is left as it is."""
    if model.config._attn_implementation != "sdpa" or model.config.get_text_config() is not model.config:
        return
    AttentionInterface.register(NAME, grouped_attention)
    AttentionMaskInterface.register(NAME, eager_mask)
    model.set_attn_implementation(NAME)
