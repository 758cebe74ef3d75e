"""What all rows of a batch begin with, read once though the batch is learned from in parts.

The parts see its keys and values as given; what each part would change about them is added up, and goes back through
the model once, when all parts are done.
"""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from transformers import DynamicCache

from clinical_sdft.models.generation import TokenIds, common_prefix, read_prefix


class Prefix:
    """Keys and values of a beginning; `tokens` is its length."""

    def __init__(self, cache: DynamicCache, tokens: int) -> None:
        """`cache` holds one row."""
        self.tokens = tokens
        self._cache = cache
        self._read = [tensor for layer in cache.layers for tensor in (layer.keys, layer.values)]
        self._given = [tensor.detach().requires_grad_(tensor.requires_grad) for tensor in self._read]

    def for_rows(self, rows: int) -> DynamicCache:
        """Return a cache of that many rows that begin with it; what is added to the cache stays in it."""
        cache = copy.copy(self._cache)
        cache.layers = [copy.copy(layer) for layer in self._cache.layers]
        for layer, key, value in zip(cache.layers, self._given[::2], self._given[1::2], strict=True):
            layer.keys, layer.values = key.expand(rows, -1, -1, -1), value.expand(rows, -1, -1, -1)
        return cache

    def learn(self) -> None:
        """Send back through the model what the parts would change about it."""
        learned = [(read, given.grad) for read, given in zip(self._read, self._given, strict=True)]
        felt = [(read, gradient) for read, gradient in learned if gradient is not None]
        if felt:
            torch.autograd.backward([read for read, _ in felt], [gradient for _, gradient in felt])


@contextmanager
def shared_prefix(model: Any, prompts: Sequence[TokenIds]) -> Iterator[Prefix | None]:
    """Yield what all prompts begin with, for parts of their batch; on leaving, the model learns of it what they did.

    Nothing where they share no token, or where the model keeps something else than keys and values.
    """
    tokens = common_prefix(prompts)
    cache = read_prefix(model, prompts[0][:tokens]) if tokens else None
    if cache is None or not all(torch.is_tensor(getattr(layer, "keys", None)) for layer in cache.layers):
        yield None
        return
    prefix = Prefix(cache, tokens)
    yield prefix
    prefix.learn()
