"""Write tensors so that a reader sees all of them or none, and a full disk is an ordinary OSError."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save

from clinical_sdft.files import write_bytes


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write a safetensors file atomically.

    Serialized in memory first, because the library reports a full disk as an error of its own kind. Give one metadata
    key at most where equal tensors must be equal bytes: the library writes several in a random order.
    """
    write_bytes(path, save({name: tensor.contiguous() for name, tensor in tensors.items()}, metadata))
