"""What servers are given is what was trained: peft reads the placed folder to the same logits as our merged weights."""

from pathlib import Path

import torch
from peft import PeftModel

from clinical_sdft.models.adapters import FILE_NAME, Adapter, merge, save_adapter, stack
from clinical_sdft.models.loading import load_base
from governance.registry.adapters import place_adapter
from governance.store.objects import ObjectStore


def an_adapter(loaded, rank: int, scale: float, seed: int) -> Adapter:
    generator = torch.Generator().manual_seed(seed)
    factors = {}
    for name in [f"model.layers.{n}.{part}" for n in (0, 1) for part in ("self_attn.q_proj", "mlp.down_proj")]:
        rows, columns = loaded.model.get_submodule(name).weight.shape
        factors[f"{name}.lora_A.weight"] = torch.randn(rank, columns, generator=generator)
        factors[f"{name}.lora_B.weight"] = torch.randn(rows, rank, generator=generator)
    return Adapter(factors, scale)


def test_peft_reads_the_placed_folder_as_it_was_trained(tiny_model_folder: Path, tmp_path: Path) -> None:
    ours, theirs = load_base(tiny_model_folder), load_base(tiny_model_folder)
    adapter = stack(an_adapter(ours, 4, 2.0, 1), an_adapter(ours, 3, 0.5, 2))  # two updates on top of each other
    digest = save_adapter(adapter, tmp_path / "trained")
    store = ObjectStore(tmp_path / "objects")
    assert store.put_file(tmp_path / "trained" / FILE_NAME) == digest
    placed = place_adapter(store, tmp_path / "serving", digest)
    assert placed is not None and placed.rank == 7

    merge(ours, adapter)
    served = PeftModel.from_pretrained(theirs.model, str(placed.folder))
    prompt = torch.tensor([[5, 17, 80, 33]])
    with torch.inference_mode():
        expected, found = ours.model(prompt).logits, served(prompt).logits
        plain = load_base(tiny_model_folder).model(prompt).logits
    assert (expected - found).abs().max() < 1e-4 * expected.abs().max()
    assert (expected - plain).abs().max() > 0.01
