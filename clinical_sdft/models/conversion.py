"""GGUF to safetensors, once: transformers dequantizes, we keep the float copy."""

import struct
from pathlib import Path

from clinical_sdft.errors import InputError


def convert_gguf(gguf: Path, target: Path) -> None:
    """Write the dequantized float32 model and its tokenizer in Hugging Face layout to `target`.

    Raises:
        InputError: the file is no GGUF model that transformers can read.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    where = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    try:
        tokenizer = AutoTokenizer.from_pretrained(**where)
        model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
    except (ValueError, OSError, KeyError, IndexError, NotImplementedError, struct.error) as error:
        raise InputError(f"model gguf:{gguf.name}: cannot be read ({type(error).__name__}: {error})") from error
    # save_pretrained refuses a model that still calls itself quantized; the weights are plain floats by now.
    model.hf_quantizer = None
    model.is_quantized = False
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)
