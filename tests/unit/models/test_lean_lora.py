"""The lean LoRA layer computes what peft computes: same outputs, same gradients, same incumbent."""

from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model

from clinical_sdft.models.lean_lora import FEW_TOKENS, make_lean
from clinical_sdft.models.loading import load_base


def peft_model(folder: Path, *, lean: bool) -> PeftModel:
    torch.manual_seed(3)
    config = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "down_proj"], task_type="CAUSAL_LM")
    model = get_peft_model(load_base(folder).model, config)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    if lean:
        make_lean(model)
    return model


def logits_and_gradients(model: PeftModel, ids_BT: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    logits_BTV = model(input_ids=ids_BT).logits
    logits_BTV.float().log_softmax(-1)[..., 5].sum().backward()
    return logits_BTV.detach(), {n: p.grad for n, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("shape", [(2, 5), (4, 60)], ids=["few tokens", "many tokens"])
def test_outputs_and_gradients_equal_those_of_peft(tiny_model_folder: Path, shape: tuple[int, int]) -> None:
    assert 2 * 5 < FEW_TOKENS < 4 * 60
    ids_BT = torch.randint(10, 200, shape)
    expected, expected_gradients = logits_and_gradients(peft_model(tiny_model_folder, lean=False), ids_BT)
    found, gradients = logits_and_gradients(peft_model(tiny_model_folder, lean=True), ids_BT)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert gradients.keys() == expected_gradients.keys() and len(gradients) == 12
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, expected_gradients[name], atol=1e-4, rtol=1e-4, msg=name)


def test_with_the_adapter_off_the_lean_model_is_the_base_to_the_bit(tiny_model_folder: Path) -> None:
    ids_BT = torch.randint(10, 200, (2, 70))
    base = load_base(tiny_model_folder).model(input_ids=ids_BT).logits
    model = peft_model(tiny_model_folder, lean=True)
    with torch.no_grad(), model.disable_adapter():
        assert torch.equal(model(input_ids=ids_BT).logits, base)
    assert not torch.allclose(model(input_ids=ids_BT).logits, base)
