"""The same arithmetic in another order, quicker: the setting `quick` of the training.

Three places cost far more than their operations. The output layer is handed a slice of hidden states that does not lie
together in memory; torch then multiplies row by row of the batch with the whole vocabulary's weights. A LoRA layer
that forms W + s B A copies W twice a step; adding s (x A') B' into the result in place touches less memory while a
batch has fewer tokens than the layer has rows. And torch's attention and the model's normalization are made for other
shapes (`grouped_attention.py`, `quick_norm.py`). Sums are taken in another order, so results agree to rounding, and an
adapter's digest is another one than without this. It also lets the base weights be of another type than the factors.
"""

import ctypes
import sys
from typing import Any

import torch
from peft import PeftModel
from peft.tuners.lora import Linear as LoraLinear
from torch.nn.functional import linear

from clinical_sdft.models.grouped_attention import attend_grouped
from clinical_sdft.models.lean_lora import ADAPTER, FEW_TOKENS
from clinical_sdft.models.quick_norm import normalize_quickly

MANY_TOKENS = 1024
"""From here on the summed weight is the cheaper way again."""


class _AddedLinear(torch.autograd.Function):
    """y = x W' + s (x A') B', with dX = dY W + s (dY B) A; W is frozen; `near` are A and B in W's type."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, a: torch.Tensor, b: torch.Tensor,
        near_a: torch.Tensor, near_b: torch.Tensor, scale: float,
    ) -> torch.Tensor:  # fmt: skip
        x_NI = x.reshape(-1, x.shape[-1])
        reduced_NR = x_NI @ near_a.T
        y_NO = linear(x_NI, weight, bias).addmm_(reduced_NR, near_b.T, alpha=scale)
        ctx.save_for_backward(x_NI, weight, near_a, near_b, reduced_NR)
        ctx.scale, ctx.shape, ctx.dtype = scale, x.shape, a.dtype
        return y_NO.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x_NI, weight, a, b, reduced_NR = ctx.saved_tensors
        dy_NO = gradients[0].reshape(-1, weight.shape[0])
        dreduced_NR = (dy_NO @ b).mul_(ctx.scale)
        dx = None
        if ctx.needs_input_grad[0]:
            dx = (dy_NO @ weight).addmm_(dreduced_NR, a).view(ctx.shape)
        da, db = dreduced_NR.T @ x_NI, (dy_NO.T @ reduced_NR).mul_(ctx.scale)
        return dx, None, None, da.to(ctx.dtype), db.to(ctx.dtype), None, None, None


added_linear: Any = _AddedLinear.apply


class _Near:
    """A layer's factors in the type of its weights, converted anew when a training step has changed them."""

    def __init__(self) -> None:
        self._known: tuple[object, ...] = ()
        self._factors: tuple[torch.Tensor, torch.Tensor] = (torch.empty(0), torch.empty(0))

    def of(self, a: torch.Tensor, b: torch.Tensor, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
        """Return both factors in `dtype`."""
        known = (a._version, b._version, a.data_ptr(), b.data_ptr(), dtype)
        if known != self._known:
            with torch.inference_mode(False), torch.no_grad():
                self._factors = (a.detach().to(dtype), b.detach().to(dtype))
            self._known = known
        return self._factors


def make_quick(model: PeftModel) -> None:
    """Let the model's LoRA and output layers compute as described above."""
    attend_grouped(model.get_base_model())
    normalize_quickly(model)
    read_in_one_piece(model)
    for layer in model.modules():
        if isinstance(layer, LoraLinear):
            layer.forward = _forward_of(layer)


def read_in_one_piece(model: Any) -> None:
    """Let the output layer read a slice of hidden states in one piece, not row by row.

    In bfloat16 torch copies the vocabulary's weights for every row otherwise, and replies take 2.5 times as long.
    """
    model.get_output_embeddings().register_forward_pre_hook(_together)


def _together(layer: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    """Copy what the output layer reads into one piece: a fraction of a percent of what it costs to read it apart."""
    return (inputs[0].contiguous(), *inputs[1:])


def _forward_of(layer: LoraLinear) -> Any:
    base, slow = layer.get_base_layer(), layer.forward
    a, b, scale = layer.lora_A[ADAPTER], layer.lora_B[ADAPTER], layer.scaling[ADAPTER]
    near = _Near()

    def forward(x: torch.Tensor) -> torch.Tensor:
        mixed = base.weight.dtype != a.weight.dtype
        many = torch.is_grad_enabled() and FEW_TOKENS <= x.shape[:-1].numel() < MANY_TOKENS
        if not layer.disable_adapters and (mixed or many):
            near_a, near_b = near.of(a.weight, b.weight, base.weight.dtype)
            added: torch.Tensor = added_linear(x, base.weight, base.bias, a.weight, b.weight, near_a, near_b, scale)
            return added
        other: torch.Tensor = slow(x)
        return other

    return forward


def keep_freed_memory() -> None:
    """Let the C library keep freed blocks for the next step instead of handing them back and asking again.

    A training step frees and asks for the same hundreds of megabytes; results are the same to the bit. Only glibc
    has these switches (M_MMAP_THRESHOLD is -3, M_TRIM_THRESHOLD -1); elsewhere nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(-3, 32 << 20)
        mallopt(-1, 1 << 30)
