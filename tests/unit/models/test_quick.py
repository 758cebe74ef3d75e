"""The quick order of sums gives the same logits and gradients, to rounding."""

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from clinical_sdft.models.adapters import RoleModel
from clinical_sdft.models.grouped_attention import NAME, attend_grouped, grouped_attention
from clinical_sdft.models.lean_lora import FEW_TOKENS
from clinical_sdft.models.loading import load_base
from clinical_sdft.models.quick import MANY_TOKENS
from clinical_sdft.models.quick_norm import normalize_quickly
from clinical_sdft.sdft.forward import completion_logits
from data_contracts import LoraSettings

LORA = LoraSettings(rank=2, alpha=4)
PROMPTS = [[5, 6], [7, 8, 9]]


def learned_roles(loaded, quick: bool) -> RoleModel:
    roles = RoleModel(loaded, LORA, quick=quick)
    rng = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, parameter in roles.parameters().items():
            if "lora_B" in name:
                parameter.normal_(std=0.1, generator=rng)
    return roles


def gradients_of(roles: RoleModel) -> list[torch.Tensor]:
    found = [parameter.grad.clone() for parameter in roles.parameters().values()]
    roles.model.zero_grad()
    return found


def logits_and_gradients(roles: RoleModel, rows: int) -> list[torch.Tensor]:
    prompts = [[5 + i % 7, 6, 7, 8 + i % 11, *range(20, 20 + i % 5)] for i in range(rows)]
    completions = [[11, 12 + i % 3, 13][: 1 + i % 3] for i in range(rows)]
    logits, mask = completion_logits(roles.model, prompts, completions)
    torch.autograd.backward((logits.log_softmax(-1)[..., 3] * mask).sum())
    return [logits.detach() * mask[..., None], *gradients_of(roles)]


@pytest.mark.parametrize("rows", [2, 40])
def test_quick_equals_the_usual_order(tiny_model_folder, rows) -> None:
    usual, quick = (learned_roles(load_base(tiny_model_folder), quick) for quick in (False, True))
    for before, now in zip(logits_and_gradients(usual, rows), logits_and_gradients(quick, rows), strict=True):
        assert before.abs().max() > 0
        torch.testing.assert_close(now, before, atol=2e-4, rtol=2e-4)


def test_the_incumbent_speaks_as_before(tiny_model_folder) -> None:
    said = []
    for quick in (False, True):
        roles = learned_roles(load_base(tiny_model_folder), quick)
        with roles.acting("incumbent") as model, torch.no_grad():
            said.append(completion_logits(model, PROMPTS, [[10], [11]])[0])
    torch.testing.assert_close(*said)


def test_factors_of_another_type_are_those_of_the_last_step(tiny) -> None:
    tiny.model.to(torch.bfloat16)
    roles = RoleModel(tiny, LORA, quick=True)
    with torch.inference_mode():
        fresh, _ = completion_logits(roles.model, PROMPTS, [[10], [11]])
    with torch.no_grad():
        for parameter in roles.parameters().values():
            parameter.add_(0.3)
    logits, _ = completion_logits(roles.model, PROMPTS, [[10], [11]])
    assert not torch.equal(logits, fresh)
    torch.autograd.backward(logits.sum())
    assert all(gradient.dtype is torch.float32 for gradient in gradients_of(roles))


def test_forty_rows_take_the_added_path() -> None:
    assert FEW_TOKENS <= 40 * 5 < MANY_TOKENS


@pytest.mark.parametrize("cut", [1, 3])
def test_parts_of_a_batch_learn_of_their_common_beginning(tiny_model_folder, cut) -> None:
    prompts = [[5, 6, 7, 8], [5, 6, 7, 9, 10], [5, 6, 7, 11]]
    completions = [[11, 12], [13, 14, 15], [16]]

    def learn(roles: RoleModel, parts: list[range]) -> list[torch.Tensor]:
        with roles.beginning(prompts) as prefix:
            for part in parts:
                rows = [prompts[i] for i in part]
                logits, mask = completion_logits(roles.model, rows, [completions[i] for i in part], prefix)
                torch.autograd.backward((logits.log_softmax(-1)[..., 3] * mask).sum())
        return gradients_of(roles)

    alone = learn(learned_roles(load_base(tiny_model_folder), False), [range(i, i + 1) for i in range(3)])
    together = learn(learned_roles(load_base(tiny_model_folder), True), [range(cut), *([range(cut, 3)] * (cut < 3))])
    for expected, found in zip(alone, together, strict=True):
        assert expected.abs().max() > 0
        torch.testing.assert_close(found, expected, atol=2e-4, rtol=2e-4)


def test_prompts_with_nothing_in_common_have_no_beginning(tiny) -> None:
    with learned_roles(tiny, True).beginning(PROMPTS) as prefix:
        assert prefix is None


def test_grouped_attention_is_attention() -> None:
    rng = torch.Generator().manual_seed(3)
    query, key, value = (
        torch.randn(2, heads, length, 8, generator=rng, dtype=torch.float64, requires_grad=True)
        for heads, length in ((6, 5), (2, 9), (2, 9))
    )
    seen = torch.ones(5, 9, dtype=torch.bool).tril(4).expand(2, 1, 5, 9).clone()
    seen[1, :, :, :2] = False
    mask = torch.zeros(seen.shape, dtype=torch.float64).masked_fill(~seen, torch.finfo(torch.float64).min)
    out, weights = grouped_attention(torch.nn.Module(), query, key, value, mask, scaling=0.3)
    expected = scaled_dot_product_attention(
        query, key.repeat_interleave(3, 1), value.repeat_interleave(3, 1), seen, scale=0.3
    ).transpose(1, 2)
    torch.testing.assert_close(out, expected)
    assert weights is None
    towards = torch.randn(out.shape, generator=rng, dtype=torch.float64)
    for found, asked in zip(
        torch.autograd.grad(out, (query, key, value), towards),
        torch.autograd.grad(expected, (query, key, value), towards),
        strict=True,
    ):
        torch.testing.assert_close(found, asked)


def test_only_torchs_own_attention_is_replaced(tiny) -> None:
    tiny.model.set_attn_implementation("eager")
    attend_grouped(tiny.model)
    assert tiny.model.config._attn_implementation == "eager"
    tiny.model.set_attn_implementation("sdpa")
    attend_grouped(tiny.model)
    assert tiny.model.config._attn_implementation == NAME


class OneMore(torch.nn.Module):
    """A relative of the normalization: it scales by one more than its weight."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.full((6,), 0.5), requires_grad=False)
        self.variance_epsilon = 1e-6

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * (x.square().mean(-1, keepdim=True) + self.variance_epsilon).rsqrt() * (1 + self.weight)


def test_a_relative_of_the_normalization_is_left_alone() -> None:
    model = torch.nn.Sequential(OneMore())
    normalize_quickly(model)
    assert "forward" not in vars(model[0])
