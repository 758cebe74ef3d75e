"""Load a model folder for work: base weights once, adapters beside them."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from clinical_sdft.errors import InputError
from clinical_sdft.models.sources import file_sha256
from data_contracts import Digest, canonical_json, sha256_digest


@dataclass(frozen=True)
class LoadedModel:
    """A causal language model with its tokenizer; the weights are frozen. `digest` is the base model's."""

    model: Any
    tokenizer: Any
    digest: Digest

    @property
    def context_tokens(self) -> int:
        """Longest input the model reads, in tokens."""
        return int(self.model.config.max_position_embeddings)

    @property
    def weights(self) -> int:
        """Number of weights a token passes through (embedding look-ups apart)."""
        config = self.model.config
        total: int = sum(parameter.numel() for name, parameter in self.model.named_parameters() if "lora_" not in name)
        return int(total) if config.tie_word_embeddings else total - int(config.vocab_size) * int(config.hidden_size)


@cache
def base_digest(folder: Path) -> Digest:
    """Return the digest of what decides a model's replies: weights, tokenizer and chat template."""
    files = sorted(folder.glob("*.safetensors"))
    files += [path for name in ("tokenizer.json", "chat_template.jinja") if (path := folder / name).is_file()]
    return sha256_digest(canonical_json([[path.name, file_sha256(path)] for path in files]))


def model_digest(base: Digest, adapter: Digest) -> Digest:
    """Return the digest of a base model and an adapter together: one version of the hospital's model."""
    return sha256_digest(canonical_json({"adapter": adapter, "base": base}))


def load_base(folder: Path, dtype: torch.dtype = torch.float32) -> LoadedModel:
    """Load a model folder.

    Raises:
        InputError: no chat template, or no causal language model in the folder.
    """
    # A confident model's gradients are full of subnormal numbers, on which x86 arithmetic is many times slower.
    # Set before the first parallel operation: worker threads take the mode over from this one.
    torch.set_flush_denormal(True)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype)
    except (ValueError, OSError, KeyError) as error:
        raise InputError(f"model {folder.name}: cannot be loaded ({type(error).__name__}: {error})") from error
    if not tokenizer.chat_template:
        raise InputError(f"model {folder.name}: its tokenizer has no chat template; use an instruct model")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    model.requires_grad_(False).eval()
    return LoadedModel(model, tokenizer, base_digest(folder))
