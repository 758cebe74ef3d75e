"""RMS normalization in few passes over memory: a part of the setting `quick`.

y = w x / rms(x) with rms(x)^2 = mean(x^2) + eps (Zhang and Sennrich 2019, arXiv 1910.07467), w frozen. With
n = x / rms(x) and g = w dy, the gradient is dx = (g - n mean(g n)) / rms(x). Only x and 1 / rms(x) are kept for it.
"""

from typing import Any

import torch


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
        # A copy even where x is float32 already: it is changed in place.
        wide = x.to(torch.float32, copy=True)
        inverse = torch.linalg.vector_norm(wide, dim=-1, keepdim=True).square_().div_(x.shape[-1]).add_(eps).rsqrt_()
        ctx.save_for_backward(x, inverse, weight)
        return wide.mul_(inverse).to(x.dtype).mul_(weight)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, inverse, weight = ctx.saved_tensors
        g = (gradients[0] * weight).float()
        normed = x.to(torch.float32, copy=True).mul_(inverse)
        share = (g * normed).mean(-1, keepdim=True)
        return g.sub_(normed.mul_(share)).mul_(inverse).to(x.dtype), None, None


_norm: Any = _Norm.apply


def normalize_quickly(model: torch.nn.Module) -> None:
    """Let layers that compute this normalization, and no other of its relatives, compute it as above."""
    for layer in model.modules():
        eps = getattr(layer, "variance_epsilon", None)
        weight = getattr(layer, "weight", None)
        if eps is not None and weight is not None and not weight.requires_grad and _same(layer, weight, eps):
            layer.forward = _forward_of(weight, eps)


def _forward_of(weight: torch.Tensor, eps: float) -> Any:
    def forward(x: torch.Tensor) -> torch.Tensor:
        normed: torch.Tensor = _norm(x, weight, eps)
        return normed

    return forward


@torch.no_grad()
def _same(layer: torch.nn.Module, weight: torch.Tensor, eps: float) -> bool:
    """Ask the layer itself: a relative that adds 1 to its weight or scales by something else answers otherwise."""
    probe = torch.linspace(-2, 3, weight.numel(), dtype=weight.dtype, device=weight.device)[None]
    asked: torch.Tensor = layer(probe)
    return torch.allclose(asked.float(), _forward_of(weight, eps)(probe).float(), atol=1e-3, rtol=2e-2)
