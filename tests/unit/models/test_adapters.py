import pytest
import torch

from clinical_sdft.errors import DigestMismatchError, InputError
from clinical_sdft.models.adapters import FILE_NAME, RoleModel, merge, read_adapter, save_adapter, stack
from clinical_sdft.models.loading import load_base
from data_contracts import LoraSettings

LORA = LoraSettings(rank=4, alpha=8)
IDS = torch.tensor([[5, 9, 33, 7]])


def logits(model) -> torch.Tensor:
    with torch.no_grad():
        return model(input_ids=IDS).logits


def randomized(roles: RoleModel, seed: int) -> RoleModel:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in roles.parameters().values():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.1)
    return roles


def test_the_candidate_starts_as_the_incumbent(tiny) -> None:
    before = logits(tiny.model)
    roles = RoleModel(tiny, LORA)
    torch.testing.assert_close(logits(roles.model), before)


def test_training_factors_leaves_the_incumbent_alone(tiny) -> None:
    before = logits(tiny.model)
    roles = randomized(RoleModel(tiny, LORA), 1)
    assert not torch.allclose(logits(roles.model), before)
    with roles.acting("incumbent") as model:
        torch.testing.assert_close(logits(model), before)


def test_one_set_of_base_weights_serves_both_roles(tiny) -> None:
    roles = RoleModel(tiny, LORA)
    base = {name: p for name, p in roles.model.named_parameters() if "lora_" not in name}
    pointers = [parameter.data_ptr() for parameter in base.values()]
    assert len(pointers) == len(set(pointers))
    original = {p.data_ptr() for p in tiny.model.parameters() if p.shape != ()}
    assert set(pointers) <= original
    assert all(not parameter.requires_grad for parameter in base.values())


def test_two_updates_become_one_adapter_relative_to_the_base(tiny_model_folder, tmp_path) -> None:
    first = randomized(RoleModel(load_base(tiny_model_folder), LORA), 1).candidate_adapter()
    incumbent = load_base(tiny_model_folder)
    merge(incumbent, first)
    roles = randomized(RoleModel(incumbent, LORA), 2)
    expected = logits(roles.model)
    both = stack(first, roles.candidate_adapter())
    assert both.rank == 8
    digest = save_adapter(both, tmp_path)
    fresh = load_base(tiny_model_folder)
    merge(fresh, read_adapter(tmp_path / FILE_NAME, digest))
    torch.testing.assert_close(logits(fresh.model), expected, atol=1e-5, rtol=1e-4)


def test_saved_adapter_is_read_by_peft(tiny_model_folder, tmp_path) -> None:
    from peft import PeftModel

    roles = randomized(RoleModel(load_base(tiny_model_folder), LORA), 3)
    expected = logits(roles.model)
    save_adapter(roles.candidate_adapter(), tmp_path)
    loaded = PeftModel.from_pretrained(load_base(tiny_model_folder).model, tmp_path)
    torch.testing.assert_close(logits(loaded), expected, atol=1e-5, rtol=1e-4)


def test_an_adapter_with_another_digest_is_not_loaded(tiny, tmp_path) -> None:
    digest = save_adapter(RoleModel(tiny, LORA).candidate_adapter(), tmp_path)
    file = tmp_path / FILE_NAME
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(DigestMismatchError, match="not loaded"):
        read_adapter(file, digest)


def test_an_adapter_of_another_model_is_refused(tiny, tiny_model_folder) -> None:
    adapter = RoleModel(tiny, LORA).candidate_adapter()
    renamed = {name.replace("layers.1", "layers.9"): value for name, value in adapter.factors.items()}
    with pytest.raises(InputError, match="does not fit"):
        merge(load_base(tiny_model_folder), type(adapter)(renamed, adapter.scale))
