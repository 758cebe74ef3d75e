"""Which type of weights and how many threads are quicker on this machine: measured, because no table knows.

bfloat16 is seven times quicker than float32 where the processor has matrix units for it that the libraries find, and
eight times slower where it has none. More threads than a small model can feed only wait for each other.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import torch

from clinical_sdft.files import write_bytes
from data_contracts import TrainingSettings

PROBE = "measured-speed.json"
DTYPES: dict[str, torch.dtype] = {"float32": torch.float32, "bfloat16": torch.bfloat16}
CLEARLY = 1.5
"""bfloat16 rounds more coarsely, so it is taken only where it is at least this many times quicker."""

NEARLY = 1.05
"""The fewest threads are taken that are at most this many times slower than the quickest."""

Dtype = Literal["float32", "bfloat16"]


def dtype_of(name: str) -> torch.dtype:
    """Return torch's type of a name; `auto` must have been measured before."""
    return DTYPES[name]


def measured(training: TrainingSettings, cache: Path) -> TrainingSettings:
    """Return the settings with each `auto` replaced by what was measured here, once, and is kept in `cache`."""
    if "auto" not in (training.dtype, training.threads):
        return training
    found: dict[str, Any] = json.loads(cache.read_text("utf-8")) if cache.is_file() else {}
    if training.dtype == "auto":
        if "dtype" not in found:
            seconds = {name: product_seconds(dtype) for name, dtype in DTYPES.items()}
            found |= {"dtype": quicker(seconds), "seconds_per_product": seconds}
        training = training.model_copy(update={"dtype": found["dtype"]})
    if training.threads == "auto":
        threads = found.setdefault("threads", {})
        if training.dtype not in threads:
            threads[training.dtype] = fewest(threads_seconds(dtype_of(training.dtype)))
        training = training.model_copy(update={"threads": threads[training.dtype]})
    write_bytes(cache, json.dumps(found, indent=2).encode())
    return training


@contextmanager
def threads_set(count: int | Literal["auto"] | None) -> Iterator[None]:
    """Let torch compute with so many threads meanwhile; None, or an `auto` nobody measured, leaves it as it is."""
    before = torch.get_num_threads()
    if isinstance(count, int):
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def fewest(seconds: dict[int, float]) -> int:
    """Return the smallest number of threads that is nearly as quick as the quickest."""
    return min(count for count, taken in seconds.items() if taken <= NEARLY * min(seconds.values()))


def threads_seconds(dtype: torch.dtype) -> dict[int, float]:
    """Return the seconds of a product with one thread, with all this process may use, and with each halving between."""
    count, seconds = len(os.sched_getaffinity(0)), {}
    while count:
        with threads_set(count):
            seconds[count] = product_seconds(dtype)
        count //= 2
    return seconds


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
