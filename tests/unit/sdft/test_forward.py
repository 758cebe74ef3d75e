import torch

from clinical_sdft.models.adapters import RoleModel
from clinical_sdft.sdft.cost import FORWARD_BACKWARD_FROZEN, Ledger
from clinical_sdft.sdft.forward import completion_logits, group_by_length
from clinical_sdft.sdft.teacher import FrozenTeacher, Reading, Scoring
from data_contracts import LoraSettings

PROMPTS = [[5, 6, 7, 8], [9, 10]]
COMPLETIONS = [[11, 12], [13, 14, 15]]


def test_completion_logits_are_those_of_each_row_alone(tiny) -> None:
    with torch.no_grad():
        logits, mask = completion_logits(tiny.model, PROMPTS, COMPLETIONS)
        for row, (prompt, completion) in enumerate(zip(PROMPTS, COMPLETIONS, strict=True)):
            alone = tiny.model(input_ids=torch.tensor([prompt + completion])).logits[0]
            expected = alone[len(prompt) - 1 : len(prompt) + len(completion) - 1]
            torch.testing.assert_close(logits[row, : len(completion)], expected, atol=1e-5, rtol=1e-4)
    assert mask.tolist() == [[1, 1, 0], [1, 1, 1]]


def test_a_shared_beginning_read_once_gives_the_same_logits_and_gradients(tiny) -> None:
    roles = RoleModel(tiny, LoraSettings(rank=2, alpha=4))
    with torch.no_grad():
        for name, parameter in roles.parameters().items():
            if "lora_B" in name:
                parameter.normal_(std=0.1)

    def gradients(groups: list[list[int]]) -> list[torch.Tensor]:
        prompts = [[5, 6, 7, 8], [5, 6, 7, 9, 10], [5, 6, 7, 11]]
        completions = [[11, 12], [13, 14, 15], [16]]
        for group in groups:
            logits, mask = completion_logits(
                roles.model, [prompts[row] for row in group], [completions[row] for row in group]
            )
            torch.autograd.backward((logits.log_softmax(-1)[..., 3] * mask).sum())
        found = [parameter.grad.clone() for parameter in roles.parameters().values()]
        roles.model.zero_grad()
        return found

    for together, alone in zip(gradients([[0, 1, 2]]), gradients([[0], [1], [2]]), strict=True):
        assert together.abs().max() > 0
        torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)


def test_the_teacher_is_the_incumbent_whatever_the_candidate_has_become(tiny) -> None:
    with torch.no_grad():
        expected, _ = completion_logits(tiny.model, PROMPTS, COMPLETIONS)
    roles = RoleModel(tiny, LoraSettings(rank=2, alpha=4))
    with torch.no_grad():
        for parameter in roles.parameters().values():
            parameter.add_(0.3)
    scores = FrozenTeacher(roles, Ledger(1), Scoring(top_k=5)).score(Reading(PROMPTS), COMPLETIONS)
    top = expected.log_softmax(-1).topk(5, dim=-1)
    torch.testing.assert_close(scores.log_probs_BTK, top.values, atol=1e-5, rtol=1e-4)
    assert not scores.log_probs_BTK.requires_grad


def test_groups_are_of_similar_length_and_complete() -> None:
    groups = group_by_length([9, 1, 5, 3, 7], size=2)
    assert groups == [[1, 3], [2, 4], [0]]


def test_the_ledger_counts_by_phase() -> None:
    ledger = Ledger(weights=10)
    ledger.add("rollout", 1.0, 100)
    ledger.add("rollout", 0.5, 20)
    ledger.add("student", 2.0, 50, FORWARD_BACKWARD_FROZEN)
    cost = ledger.closed()
    rollout, student = cost.phases
    assert (rollout.seconds, rollout.tokens, rollout.flops) == (1.5, 120, 2400.0)
    assert student.flops == 2000.0
    assert cost.seconds == 3.5
    assert cost.peak_memory_bytes > 1_000_000
