"""Which type of weights is quicker on this machine: measured, because it differs by an order of magnitude either way.

bfloat16 is seven times quicker than float32 where the processor has matrix units for it that the libraries find, and
eight times slower where it has none.
"""

import json
import time
from pathlib import Path
from typing import Literal

import torch

from clinical_sdft.files import write_bytes
from data_contracts import TrainingSettings

PROBE = "measured-dtype.json"
DTYPES: dict[str, torch.dtype] = {"float32": torch.float32, "bfloat16": torch.bfloat16}
CLEARLY = 1.5
"""bfloat16 rounds more coarsely, so it is taken only where it is at least this many times quicker."""

Dtype = Literal["float32", "bfloat16"]


def dtype_of(name: str) -> torch.dtype:
    """Return torch's type of a name; `auto` must have been measured before."""
    return DTYPES[name]


def measured(training: TrainingSettings, cache: Path) -> TrainingSettings:
    """Return the settings with `auto` replaced by what was measured here, once, and is kept in `cache`."""
    if training.dtype != "auto":
        return training
    if not cache.is_file():
        seconds = {name: product_seconds(dtype) for name, dtype in DTYPES.items()}
        found = {"dtype": quicker(seconds), "seconds_per_product": seconds}
        write_bytes(cache, json.dumps(found, indent=2).encode())
    return training.model_copy(update={"dtype": json.loads(cache.read_text("utf-8"))["dtype"]})


def quicker_dtype() -> Dtype:
    """Measure now, and return the quicker type."""
    return quicker({name: product_seconds(dtype) for name, dtype in DTYPES.items()})


def quicker(seconds: dict[str, float]) -> Dtype:
    """Return bfloat16 where it is clearly quicker, else float32."""
    return "bfloat16" if seconds["bfloat16"] * CLEARLY <= seconds["float32"] else "float32"


def product_seconds(dtype: torch.dtype, tokens: int = 384, repetitions: int = 20) -> float:
    """Return the seconds of the quickest product of a training step's size: what others do meanwhile only slows it."""
    x_NI = torch.ones(tokens, 576, dtype=dtype)
    weight_OI = torch.ones(1536, 576, dtype=dtype)
    seconds = []
    for _ in range(repetitions):
        start = time.perf_counter()
        torch.nn.functional.linear(x_NI, weight_OI)
        seconds.append(time.perf_counter() - start)
    return min(seconds)
