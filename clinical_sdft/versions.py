"""Versions of the hospital's model: the base from its source, and the adapter that governance says is in force."""

from pathlib import Path

from clinical_sdft.errors import DigestMismatchError, InputError
from clinical_sdft.models.adapters import merge, read_adapter
from clinical_sdft.models.loading import load_base, model_digest
from clinical_sdft.models.sources import ModelSource, default_cache, obtain
from clinical_sdft.sdft.plan import Incumbent
from data_contracts import NO_ADAPTER, Digest


def base_folder(source: str) -> Path:
    """Return the local folder of the base model, fetched and converted where needed."""
    return obtain(ModelSource.parse(source), default_cache())


def load_version(folder: Path, adapter_file: Path | None, adapter: Digest, expected: Digest | None) -> Incumbent:
    """Load the base model with an adapter merged into its weights.

    Raises:
        DigestMismatchError: base and adapter together are not the expected version.
        InputError: the adapter belongs to another model.
    """
    loaded = load_base(folder)
    if expected is not None and model_digest(loaded.digest, adapter) != expected:
        raise DigestMismatchError(
            f"model {folder.name}: base and adapter together are {model_digest(loaded.digest, adapter)}, the version "
            f"in force is {expected}; use the base model the version was made from"
        )
    if adapter == NO_ADAPTER:
        return Incumbent(loaded, None, adapter)
    if adapter_file is None:
        raise InputError(f"adapter {adapter}: no file given")
    factors = read_adapter(adapter_file, adapter)
    merge(loaded, factors)
    return Incumbent(loaded, factors, adapter)
