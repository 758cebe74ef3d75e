"""A linear layer with LoRA factors at nearly the price of the layer alone.

peft computes x W' + s (x A') B' as three products of which two are too thin to be quick, and keeps their results for
the backward pass. With many tokens at once it is cheaper to form W + s B A for one layer at a time, use it, and drop
it; the backward pass forms it again. The gradients of the factors are the same:
dA = s (dY B)' X and dB = s dY' (X A'), dX = dY (W + s B A).
"""

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from peft import PeftModel
from peft.tuners.lora import Linear as LoraLinear
from torch.nn.functional import linear

ADAPTER = "default"
FEW_TOKENS = 96
"""Below this the thin products are clearly cheaper; on two cores both ways break even between 128 and 480 tokens."""


class Delta(Protocol):
    """Something that stands in for a layer's factors."""

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        """Return what it adds to the layer's output."""
        ...


class _SummedLinear(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, a: torch.Tensor, b: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:  # fmt: skip
        ctx.save_for_backward(x, weight, a, b)
        ctx.scale = scale
        return linear(x, torch.addmm(weight, b, a, alpha=scale), bias)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weight, a, b = ctx.saved_tensors
        dy_NO = gradients[0].flatten(0, -2)
        x_NI = x.flatten(0, -2)
        dx = None
        if ctx.needs_input_grad[0]:
            dx = (dy_NO @ torch.addmm(weight, b, a, alpha=ctx.scale)).view_as(x)
        da_RI = (dy_NO @ b).mul_(ctx.scale).T @ x_NI
        db_OR = (dy_NO.T @ (x_NI @ a.T)).mul_(ctx.scale)
        return dx, None, None, da_RI, db_OR, None


summed_linear: Any = _SummedLinear.apply


def make_lean(model: PeftModel, stand_ins: Mapping[str, Delta] | None = None) -> None:
    """Let the model's LoRA layers compute as described above; their weights and names stay as peft made them.

    While `stand_ins` holds anything, layers use what it holds under their names instead of their factors.
    """
    for name, layer in model.named_modules():
        if isinstance(layer, LoraLinear):
            layer.forward = _forward_of(layer, name, stand_ins if stand_ins is not None else {})


def _forward_of(layer: LoraLinear, name: str, stand_ins: Mapping[str, Delta]) -> Any:
    base = layer.get_base_layer()
    a, b, scale = layer.lora_A[ADAPTER], layer.lora_B[ADAPTER], layer.scaling[ADAPTER]

    def forward(x: torch.Tensor) -> torch.Tensor:
        if layer.disable_adapters:
            plain: torch.Tensor = linear(x, base.weight, base.bias)
            return plain
        if stand_ins:
            other: torch.Tensor = linear(x, base.weight, base.bias) + stand_ins[name].apply(x)
            return other
        if x.shape[:-1].numel() < FEW_TOKENS:
            thin: torch.Tensor = linear(x, base.weight, base.bias) + linear(linear(x, a.weight), b.weight) * scale
            return thin
        summed: torch.Tensor = summed_linear(x, base.weight, base.bias, a.weight, b.weight, scale)
        return summed

    return forward
