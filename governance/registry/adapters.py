"""Adapters as a serving engine loads them: one folder each, named by digest, written whole and never changed.

The folder has peft's layout. Its configuration is made from the weights file alone, so that one digest vouches for
both files.
"""

import json
import os
import shutil
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_contracts import NO_ADAPTER, Digest, canonical_json
from governance.registry.errors import AdapterError
from governance.store.errors import IntegrityError, MissingObjectError
from governance.store.objects import ObjectStore, file_digest, sync_folder, write_atomically

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
_PREFIX = "base_model.model."
_LONGEST_HEADER = 100_000_000


@dataclass(frozen=True)
class PlacedAdapter:
    """An adapter that a server may load."""

    name: str
    """The name to serve it under; the folder has it too. It is never given to other weights."""
    folder: Path
    rank: int


def adapter_name(adapter: Digest) -> str:
    """Return the name an adapter is served under: `sha256-` and its 64 hexadecimal digits."""
    return adapter.replace(":", "-")


def place_adapter(objects: ObjectStore, serving: Path, adapter: Digest) -> PlacedAdapter | None:
    """Put an adapter from the object store where servers load it, or verify the one that is there.

    Args:
        objects: where its weights are.
        serving: the serving folder; the adapter goes to `adapters/<name>` in it.
        adapter: digest of its weights.

    Returns:
        The folder, with both files as they must be; None when the model is its base alone and there is none to load.

    Raises:
        MissingObjectError: its weights are not stored.
        IntegrityError: its weights are not what the digest says, or a file of the folder was altered.
        AdapterError: the weights are not those of an adapter.
    """
    if adapter == NO_ADAPTER:
        return None
    folder = serving / "adapters" / adapter_name(adapter)
    if not folder.is_dir():
        _build(objects, adapter, folder)
    return verify_folder(folder, adapter)


def verify_folder(folder: Path, adapter: Digest) -> PlacedAdapter:
    """Hash a folder's weights, and compare its configuration with what follows from them.

    Raises:
        IntegrityError: a file is missing, altered, or one too many.
        AdapterError: the weights are not those of an adapter.
    """
    mend = f"remove {folder} and hand off again: it is made anew from the object store"
    names = sorted(path.name for path in folder.iterdir())
    if names != [CONFIG, WEIGHTS]:
        raise IntegrityError(f"adapter {folder.name}: its folder holds other files than {CONFIG} and {WEIGHTS}; {mend}")
    if file_digest(folder / WEIGHTS) != adapter:
        raise IntegrityError(f"adapter {folder.name}: {WEIGHTS} was altered; {mend}")
    config = peft_config(folder / WEIGHTS)
    if (folder / CONFIG).read_bytes() != _config_bytes(config):
        raise IntegrityError(f"adapter {folder.name}: {CONFIG} was altered; {mend}")
    return PlacedAdapter(folder.name, folder, config["r"])


def peft_config(weights: Path) -> dict[str, Any]:
    """Return peft's configuration of an adapter, from the header of its weights file.

    Raises:
        AdapterError: the file is not safetensors, or does not hold pairs of LoRA factors of one rank and one scale.
    """
    header = _header(weights)
    shapes = {name: entry["shape"] for name, entry in header.items() if name != "__metadata__"}
    modules = sorted({name.rsplit(".lora_", 1)[0] for name in shapes})
    pairs = [(shapes.get(f"{m}.lora_A.weight"), shapes.get(f"{m}.lora_B.weight")) for m in modules]
    ranks = {size for a, b in pairs if a and b for size in (a[0], b[-1])}
    if len(ranks) != 1 or len(shapes) != 2 * len(pairs) or not all(m.startswith(_PREFIX) for m in modules):
        raise AdapterError(f"adapter {weights}: does not hold pairs of LoRA factors of one rank; train it here")
    try:
        scale = float(header["__metadata__"]["scale"])
    except (KeyError, TypeError, ValueError):
        raise AdapterError(f"adapter {weights}: its header names no scale; train it here") from None
    rank = ranks.pop()
    alpha = scale * rank
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": rank,
        "lora_alpha": round(alpha) if abs(alpha - round(alpha)) < 1e-9 * rank else alpha,
        "target_modules": sorted({module.rsplit(".", 1)[-1] for module in modules}),
        "base_model_name_or_path": None,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "lora_dropout": 0.0,
        "modules_to_save": None,
        "use_dora": False,
        "use_rslora": False,
    }


def _config_bytes(config: dict[str, Any]) -> bytes:
    return canonical_json(config) + b"\n"


def _header(weights: Path) -> dict[str, Any]:
    """Read the header of a safetensors file: eight bytes of length, then JSON."""
    with weights.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else _LONGEST_HEADER + 1
        text = file.read(length) if length <= _LONGEST_HEADER else b""
    try:
        header = json.loads(text)
        if all("shape" in entry for name, entry in header.items() if name != "__metadata__"):
            return dict(header)
    except (ValueError, TypeError, AttributeError):
        pass
    raise AdapterError(f"adapter {weights}: not a safetensors file; store the adapter's {WEIGHTS}")


def _build(objects: ObjectStore, adapter: Digest, folder: Path) -> None:
    """Write both files beside their place, and move them there in one step; who comes second keeps the first's."""
    stored = objects.path(adapter)
    if not objects.has(adapter):
        raise MissingObjectError(f"objects: {adapter} is missing; store it, or restore it from a backup")
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        with write_atomically(scratch / WEIGHTS) as file, stored.open("rb") as source:
            shutil.copyfileobj(source, file)
        if file_digest(scratch / WEIGHTS) != adapter:
            raise IntegrityError(f"objects: {adapter} was altered; restore {stored} from a backup")
        with write_atomically(scratch / CONFIG) as file:
            file.write(_config_bytes(peft_config(stored)))
        scratch.chmod(0o755)
        try:
            os.rename(scratch, folder)
        except OSError:
            if not folder.is_dir():
                raise
        sync_folder(folder.parent)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
