"""The divergences against a brute-force reference in float64."""

import itertools
import math

import pytest
import torch

from clinical_sdft.sdft.loss import amplify, forward_kl, forward_kl_top, keep_top, mean_over_tokens


def brute_force(teacher: torch.Tensor, student: torch.Tensor) -> list[list[float]]:
    """KL(teacher || student) from probabilities, one term at a time."""
    p, q = teacher.double().softmax(-1), student.double().softmax(-1)
    return [
        [
            sum(float(p[b, t, v]) * math.log(float(p[b, t, v]) / float(q[b, t, v])) for v in range(p.shape[2]))
            for t in range(p.shape[1])
        ]
        for b in range(p.shape[0])
    ]


@pytest.fixture
def logits() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    return torch.randn(2, 3, 11, generator=generator) * 3, torch.randn(2, 3, 11, generator=generator) * 3


def test_forward_kl_is_the_definition(logits) -> None:
    teacher, student = logits
    found = forward_kl(teacher.log_softmax(-1), student)
    torch.testing.assert_close(found.double(), torch.tensor(brute_force(teacher, student)).double(), atol=1e-5, rtol=0)


def test_top_k_is_exact_when_nothing_is_left_out(logits) -> None:
    teacher, student = logits
    full = forward_kl(teacher.log_softmax(-1), student)
    top = forward_kl_top(keep_top(teacher.log_softmax(-1), 11), student)
    torch.testing.assert_close(top, full, atol=1e-5, rtol=0)


def test_top_k_with_tail_is_a_lower_bound_that_grows_with_k(logits) -> None:
    teacher, student = logits
    values = [forward_kl_top(keep_top(teacher.log_softmax(-1), k), student) for k in (1, 3, 6, 11)]
    for smaller, larger in itertools.pairwise(values):
        assert bool((smaller <= larger + 1e-5).all())
    assert bool((values[0] >= -1e-6).all())


def test_gradient_pulls_the_student_to_the_teacher(logits) -> None:
    teacher, student = logits
    student = student.clone().requires_grad_()
    forward_kl_top(keep_top(teacher.log_softmax(-1), 11), student).sum().backward()
    expected = student.detach().softmax(-1) - teacher.softmax(-1)
    torch.testing.assert_close(student.grad, expected, atol=1e-4, rtol=0)


def test_amplified_teacher_is_a_distribution_on_plausible_tokens(logits) -> None:
    conditional, plain = (value.log_softmax(-1) for value in logits)
    mixed = amplify(conditional, plain, 1.0)
    torch.testing.assert_close(mixed.exp().sum(-1), torch.ones(2, 3))
    implausible = conditional < conditional.max(-1, keepdim=True).values + math.log(0.01)
    assert bool((mixed.exp()[implausible] == 0).all())
    torch.testing.assert_close(amplify(conditional, plain, 0.0), conditional)


def test_amplified_teacher_gives_finite_loss_and_gradient(logits) -> None:
    conditional, plain = (value.log_softmax(-1) for value in logits)
    student = logits[1].clone().requires_grad_()
    loss = forward_kl_top(keep_top(amplify(conditional, plain, 2.0), 5), student).sum()
    loss.backward()
    assert bool(torch.isfinite(loss)) and bool(torch.isfinite(student.grad).all())


def test_mean_over_tokens_ignores_masked_ones() -> None:
    values = torch.tensor([[1.0, 2.0, 9.0], [5.0, 7.0, 9.0]])
    mask = torch.tensor([[1, 1, 0], [0, 0, 0]])
    assert mean_over_tokens(values, mask).tolist() == [1.5, 0.0]
