"""The quick order of sums gives the same logits and gradients, to rounding."""

import pytest
import torch

from clinical_sdft.models.adapters import RoleModel
from clinical_sdft.models.lean_lora import FEW_TOKENS
from clinical_sdft.models.quick import MANY_TOKENS, make_quick
from clinical_sdft.sdft.forward import completion_logits
from data_contracts import LoraSettings


def logits_and_gradients(roles: RoleModel, rows: int) -> list[torch.Tensor]:
    prompts = [[5 + i % 7, 6, 7, 8 + i % 11, *range(20, 20 + i % 5)] for i in range(rows)]
    completions = [[11, 12 + i % 3, 13][: 1 + i % 3] for i in range(rows)]
    logits, mask = completion_logits(roles.model, prompts, completions)
    torch.autograd.backward((logits.log_softmax(-1)[..., 3] * mask).sum())
    found = [logits.detach() * mask[..., None], *(p.grad.clone() for p in roles.parameters().values())]
    roles.model.zero_grad()
    return found


@pytest.mark.parametrize("rows", [2, 40])
def test_quick_equals_the_usual_order(tiny, rows) -> None:
    roles = RoleModel(tiny, LoraSettings(rank=2, alpha=4))
    with torch.no_grad():
        for name, parameter in roles.parameters().items():
            if "lora_B" in name:
                parameter.normal_(std=0.1)
    before = logits_and_gradients(roles, rows)
    with roles.acting("incumbent") as model, torch.no_grad():
        incumbent, _ = completion_logits(model, [[5, 6], [7, 8, 9]], [[10], [11]])
    make_quick(roles.model)
    for usual, quick in zip(before, logits_and_gradients(roles, rows), strict=True):
        assert usual.abs().max() > 0
        torch.testing.assert_close(quick, usual, atol=2e-4, rtol=2e-4)
    with roles.acting("incumbent") as model, torch.no_grad():
        again, _ = completion_logits(model, [[5, 6], [7, 8, 9]], [[10], [11]])
    torch.testing.assert_close(again, incumbent)


def test_forty_rows_take_the_added_path() -> None:
    assert FEW_TOKENS <= 40 * 5 < MANY_TOKENS
