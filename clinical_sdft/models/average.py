"""The exact running average of LoRA deltas.

The average of products B A is not the product of averaged factors: with A and B averaged apart from zero, a constant
student's delta is reached as (1-(1-r)^t)^2, and a moving student's never. So the products are averaged: factors are
stacked with their weights, which is exact and of low rank at first, and once they would take more room than a dense
matrix of the layer's shape, a dense matrix takes over, which is exact too (docs/decisions/0040).
"""

from collections.abc import Mapping

import torch
from torch.nn.functional import linear

from clinical_sdft.models.adapters import Adapter


class AverageDelta:
    """W_t = (1-r) W_(t-1) + r s B_t A_t of one layer, from W_0 = 0."""

    def __init__(self, tensors: Mapping[str, torch.Tensor] | None = None) -> None:
        """Start from nothing, or from the `tensors` of another."""
        self._tensors = dict(tensors or {})

    @property
    def tensors(self) -> dict[str, torch.Tensor]:
        """What a checkpoint keeps: `a` [K, in] and `b` [out, K], or `dense` [out, in]; nothing before the start."""
        return dict(self._tensors)

    @torch.no_grad()
    def follow(self, a: torch.Tensor, b: torch.Tensor, scale: float, rate: float) -> None:
        """Take a share `rate` of the delta scale · B A into the average."""
        if "dense" in self._tensors:
            self._tensors["dense"].mul_(1 - rate).addmm_(b, a, alpha=rate * scale)
            return
        if not self._tensors:
            self._tensors = {"a": a.detach().clone(), "b": b.detach() * (rate * scale)}
        else:
            self._tensors["a"] = torch.cat([self._tensors["a"], a.detach()])
            self._tensors["b"] = torch.cat([self._tensors["b"] * (1 - rate), b.detach() * (rate * scale)], dim=1)
        out, width = b.shape[0], a.shape[1]
        if self._tensors["a"].shape[0] * (out + width) >= out * width:
            self._tensors = {"dense": self._tensors["b"] @ self._tensors["a"]}

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        """Return x W' [..., out]."""
        if "dense" in self._tensors:
            return linear(x, self._tensors["dense"])
        return linear(linear(x, self._tensors["a"]), self._tensors["b"])

    def matrix(self) -> torch.Tensor:
        """Return the average as one matrix [out, in]."""
        return self._tensors["dense"] if "dense" in self._tensors else self._tensors["b"] @ self._tensors["a"]


def follow(averages: dict[str, AverageDelta], adapter: Adapter, rate: float) -> None:
    """Let the averages of all modules take a step towards an adapter."""
    for module in adapter.modules:
        a, b = adapter.pair(module)
        averages.setdefault(module, AverageDelta()).follow(a, b, adapter.scale, rate)
