"""LoRA adapters: files, arithmetic, and the two roles on one set of weights.

A version of the hospital's model is the base model plus one adapter relative to it. To work on a version its adapter is
merged into the weights on loading; the candidate's new factors stand on top. So the incumbent is the weights without
the factors, the candidate the weights with them, and no tensor is in memory twice.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors import safe_open

from clinical_sdft.errors import DigestMismatchError, InputError
from clinical_sdft.models.generation import TokenIds
from clinical_sdft.models.lean_lora import Delta, make_lean
from clinical_sdft.models.loading import LoadedModel
from clinical_sdft.models.prefix import Prefix, shared_prefix
from clinical_sdft.models.quick import make_quick
from clinical_sdft.models.sources import file_sha256
from clinical_sdft.models.tensors import write_tensors
from data_contracts import Digest, LoraSettings

AdapterRole = Literal["incumbent", "candidate"]
FILE_NAME = "adapter_model.safetensors"
_PREFIX = "base_model.model."


@dataclass(frozen=True)
class Adapter:
    """LoRA factors by module, in the layout of peft; the weight delta is `scale` · B A."""

    factors: dict[str, torch.Tensor]
    scale: float

    @property
    def modules(self) -> tuple[str, ...]:
        """Names of the adapted modules."""
        return tuple(sorted({name.rsplit(".lora_", 1)[0] for name in self.factors}))

    @property
    def rank(self) -> int:
        """Rank of the factors."""
        return next(value.shape[0] for name, value in self.factors.items() if "lora_A" in name)

    def pair(self, module: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Return A [rank, in] and B [out, rank] of a module."""
        return self.factors[f"{module}.lora_A.weight"], self.factors[f"{module}.lora_B.weight"]


def stack(first: Adapter | None, second: Adapter) -> Adapter:
    """Return the one adapter whose delta is the sum of both: ranks add up, nothing is lost."""
    if first is None:
        return second
    if first.modules != second.modules:
        raise InputError("adapters of different modules cannot become one; use the incumbent's target modules")
    factors = {}
    for module in first.modules:
        (a1, b1), (a2, b2) = first.pair(module), second.pair(module)
        factors[f"{module}.lora_A.weight"] = torch.cat([a1, a2])
        factors[f"{module}.lora_B.weight"] = torch.cat([b1 * (first.scale / second.scale), b2], dim=1)
    return Adapter(factors, second.scale)


@torch.no_grad()
def merge(loaded: LoadedModel, adapter: Adapter) -> None:
    """Add an adapter's delta to the weights in place.

    Raises:
        InputError: the adapter was made for another model.
    """
    for module in adapter.modules:
        a, b = adapter.pair(module)
        try:
            weight = loaded.model.get_submodule(module).weight
        except AttributeError as error:
            raise InputError(f"adapter does not fit this model: it has no module {module}") from error
        if weight.shape != (b.shape[0], a.shape[1]):
            raise InputError(f"adapter does not fit this model: other shape at {module}")
        weight += (adapter.scale * (b.float() @ a.float())).to(weight.dtype)


class RoleModel:
    """Two roles on one set of weights: the incumbent as loaded, the candidate with new factors on top."""

    def __init__(self, loaded: LoadedModel, lora: LoraSettings, seed: int = 0, *, quick: bool = False) -> None:
        """Attach fresh factors (B = 0): at the start the candidate *is* the incumbent.

        `quick` lets all of it be computed in a quicker order (`quick.py`).
        """
        torch.manual_seed(seed)
        config = LoraConfig(
            r=lora.rank, lora_alpha=lora.alpha, target_modules=list(lora.targets), task_type="CAUSAL_LM"
        )
        self.loaded = loaded
        self.lora = lora
        with warnings.catch_warnings():
            # peft asks transformers for it by its old name.
            warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
            self.model: PeftModel = get_peft_model(loaded.model, config)
        self._stand_ins: dict[str, Delta] = {}
        make_lean(self.model, self._stand_ins)
        self._quick = quick
        if quick:
            make_quick(self.model)

    def parameters(self) -> dict[str, torch.nn.Parameter]:
        """Return the candidate's trainable factors by name."""
        return {
            name.removeprefix(_PREFIX).replace(".default.", "."): parameter
            for name, parameter in self.model.named_parameters()
            if parameter.requires_grad
        }

    def candidate_adapter(self) -> Adapter:
        """Return a copy of the candidate's factors, relative to the incumbent."""
        factors = {name: value.detach().clone() for name, value in self.parameters().items()}
        return Adapter(factors, self.lora.alpha / self.lora.rank)

    @contextmanager
    def acting(self, role: AdapterRole) -> Iterator[Any]:
        """Yield the model speaking as a role."""
        if role == "candidate":
            yield self.model
        else:
            with self.model.disable_adapter():
                yield self.model

    def beginning(self, prompts: Sequence[TokenIds]) -> AbstractContextManager[Prefix | None]:
        """Read what the prompts of a batch begin with, once for all its parts; nothing unless quick."""
        return shared_prefix(self.model, prompts) if self._quick else nullcontext()

    @contextmanager
    def standing_in(self, deltas: Mapping[str, Delta]) -> Iterator[Any]:
        """Yield the model with other deltas in place of the candidate's, by module, on the same base weights."""
        self._stand_ins.update({f"{_PREFIX}{module}": delta for module, delta in deltas.items()})
        try:
            yield self.model
        finally:
            self._stand_ins.clear()


def save_adapter(adapter: Adapter, folder: Path, dtype: torch.dtype = torch.float32) -> Digest:
    """Write an adapter so that peft and serving engines read it; returns the digest of its weights file."""
    folder.mkdir(parents=True, exist_ok=True)
    cast = {f"{_PREFIX}{name}": value.to(dtype) for name, value in sorted(adapter.factors.items())}
    config = LoraConfig(
        r=adapter.rank,
        lora_alpha=round(adapter.scale * adapter.rank),
        target_modules=sorted({module.rsplit(".", 1)[-1] for module in adapter.modules}),
        task_type="CAUSAL_LM",
    )
    config.save_pretrained(str(folder))
    write_tensors(folder / FILE_NAME, cast, {"scale": repr(adapter.scale)})
    return adapter_digest(folder)


def adapter_digest(folder: Path) -> Digest:
    """Return the digest of an adapter's weights file.

    Raises:
        InputError: there is no adapter in the folder.
    """
    file = folder / FILE_NAME
    if not file.is_file():
        raise InputError(f"adapter {folder.name}: no {FILE_NAME} in that folder")
    return f"sha256:{file_sha256(file)}"


def read_adapter(file: Path, expected: Digest | None = None) -> Adapter:
    """Read an adapter's weights file, after checking its digest where one is expected.

    Raises:
        DigestMismatchError: the file is another one than expected.
    """
    found = f"sha256:{file_sha256(file)}"
    if expected is not None and found != expected:
        raise DigestMismatchError(f"adapter {file.name}: digest is {found}, expected {expected}; not loaded")
    with safe_open(file, framework="pt") as tensors:
        scale = float(tensors.metadata()["scale"])
        factors = {name.removeprefix(_PREFIX): tensors.get_tensor(name).float() for name in tensors.keys()}  # noqa: SIM118
    return Adapter(factors, scale)
