"""Every divergence on every support against a brute-force reference in float64, value and gradient."""

import itertools
import math

import pytest
import torch

from clinical_sdft.sdft.divergence import (
    LOG_FLOOR,
    Divergence,
    between,
    keep_full,
    keep_sampled,
    on_top,
    sampled_token,
    with_tail,
)
from clinical_sdft.sdft.loss import TeacherScores, amplify, forward_kl_top, keep_top

KINDS = ("forward", "reverse", "jsd")
ALPHA = 0.3


def scalar(p: list[float], q: list[float], kind: str, alpha: float) -> float:
    """The definition, one token at a time."""

    def kl(a: list[float], b: list[float]) -> float:
        return sum(x * math.log(x / y) for x, y in zip(a, b, strict=True) if x > 0)

    if kind == "forward":
        return kl(p, q)
    if kind == "reverse":
        return kl(q, p)
    m = [alpha * x + (1 - alpha) * y for x, y in zip(p, q, strict=True)]
    return alpha * kl(p, m) + (1 - alpha) * kl(q, m)


def brute_force(p_BTV: torch.Tensor, q_BTV: torch.Tensor, kind: str, alpha: float) -> torch.Tensor:
    rows = [
        [scalar(p.tolist(), q.tolist(), kind, alpha) for p, q in zip(p_TV, q_TV, strict=True)]
        for p_TV, q_TV in zip(p_BTV.double(), q_BTV.double(), strict=True)
    ]
    return torch.tensor(rows, dtype=torch.float64)


@pytest.fixture
def logits() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    return torch.randn(2, 3, 13, generator=generator) * 2, torch.randn(2, 3, 13, generator=generator) * 2


def merged(probabilities_BTV: torch.Tensor, indices_BTK: torch.Tensor) -> torch.Tensor:
    """Kept tokens and one bucket, in float64."""
    kept = probabilities_BTV.gather(-1, indices_BTK)
    return torch.cat([kept, 1 - kept.sum(-1, keepdim=True)], dim=-1)


@pytest.mark.parametrize("kind", KINDS)
def test_whole_vocabulary(kind: str, logits) -> None:
    teacher, student = logits
    found = Divergence(kind, "full", ALPHA).per_token(keep_full(teacher.log_softmax(-1)), student)
    expected = brute_force(teacher.double().softmax(-1), student.double().softmax(-1), kind, ALPHA)
    torch.testing.assert_close(found.double(), expected, atol=2e-6, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("k", [1, 4, 12])
def test_top_k_with_tail(kind: str, k: int, logits) -> None:
    teacher, student = logits
    scores = keep_top(teacher.double().log_softmax(-1), k)
    found = Divergence(kind, "top_k", ALPHA).per_token(
        TeacherScores(scores.indices_BTK, scores.log_probs_BTK.float()), student
    )
    p, q = (merged(value.double().softmax(-1), scores.indices_BTK) for value in logits)
    expected = brute_force(p, q, kind, ALPHA)
    torch.testing.assert_close(on_top(scores, student.double(), kind, ALPHA), expected, atol=1e-6, rtol=0)
    torch.testing.assert_close(found.double(), expected, atol=1e-3, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_top_k_is_a_lower_bound_that_grows_to_the_whole(kind: str, logits) -> None:
    teacher, student = (value.double() for value in logits)
    divergence = Divergence(kind, "top_k", ALPHA)
    values = [divergence.per_token(keep_top(teacher.log_softmax(-1), k), student) for k in (1, 3, 6, 12)]
    whole = Divergence(kind, "full", ALPHA).per_token(keep_full(teacher.log_softmax(-1)), student)
    for smaller, larger in itertools.pairwise([*values, whole]):
        assert bool((smaller <= larger + 1e-5).all())
    torch.testing.assert_close(values[-1], whole, atol=1e-5, rtol=0)  # 12 of 13: the bucket is the last token


@pytest.mark.parametrize("kind", KINDS)
def test_a_sampled_token_is_right_on_average_in_value_and_gradient(kind: str, logits) -> None:
    """The expectation is taken exactly: over every token of the vocabulary, weighted by the student."""
    teacher, student = (value.double() for value in logits)
    exact_logits = student.clone().requires_grad_()
    exact = between(teacher.log_softmax(-1), exact_logits.log_softmax(-1), kind, ALPHA)
    exact.sum().backward()

    leaf = student.clone().requires_grad_()
    q_log = leaf.log_softmax(-1)
    samples = sampled_token(teacher.log_softmax(-1), q_log, kind, ALPHA)
    expected_value = (q_log.exp().detach() * samples).sum(-1)
    expected_value.sum().backward()
    torch.testing.assert_close(expected_value, exact)
    torch.testing.assert_close(leaf.grad, exact_logits.grad)
    assert leaf.grad.abs().max() > 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_the_sampled_support_reads_the_sampled_tokens_only(kind: str, logits) -> None:
    teacher, student = logits
    tokens = torch.tensor([[3, 0, 12], [7, 7, 1]])
    found = Divergence(kind, "sampled", ALPHA).per_token(keep_sampled(teacher.log_softmax(-1), tokens), student)
    p, q = (value.double().log_softmax(-1).gather(-1, tokens[..., None])[..., 0] for value in logits)
    torch.testing.assert_close(found.double(), sampled_token(p, q, kind, ALPHA), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("support", ["full", "top_k"])
def test_equal_distributions_have_no_divergence_and_no_gradient(kind: str, support: str, logits) -> None:
    teacher = logits[0]
    student = teacher.clone().requires_grad_()
    kept = keep_full(teacher.log_softmax(-1)) if support == "full" else keep_top(teacher.log_softmax(-1), 5)
    value = Divergence(kind, support, ALPHA).per_token(kept, student)
    value.sum().backward()
    assert value.abs().max() < 1e-6 and student.grad.abs().max() < 1e-6


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("support", ["full", "top_k"])
def test_an_amplified_teacher_gives_finite_values_and_gradients(kind: str, support: str, logits) -> None:
    conditional, plain = (value.log_softmax(-1) for value in logits)
    amplified = amplify(conditional, plain, 2.0)
    assert bool(torch.isinf(amplified).any())
    student = logits[1].clone().requires_grad_()
    kept = keep_full(amplified) if support == "full" else keep_top(amplified, 6)
    value = Divergence(kind, support, ALPHA).per_token(kept, student)
    value.sum().backward()
    assert bool(torch.isfinite(value).all()) and bool(torch.isfinite(student.grad).all())


def test_jensen_shannon_lies_below_its_bound(logits) -> None:
    """With weight a it is at most the entropy of a coin with probability a."""
    far = torch.full((1, 1, 4), -40.0)
    teacher, student = far.clone(), far.clone()
    teacher[..., 0] = 0.0
    student[..., 1] = 0.0
    found = between(teacher.log_softmax(-1), student.log_softmax(-1), "jsd", ALPHA)
    bound = -ALPHA * math.log(ALPHA) - (1 - ALPHA) * math.log(1 - ALPHA)
    assert float(found) == pytest.approx(bound, abs=1e-6)


def test_the_general_form_of_top_k_is_the_one_in_use(logits) -> None:
    teacher, student = logits
    scores = keep_top(teacher.log_softmax(-1), 4)
    general = between(
        with_tail(scores.log_probs_BTK), with_tail(student.log_softmax(-1).gather(-1, scores.indices_BTK)), "forward"
    )
    torch.testing.assert_close(forward_kl_top(scores, student), general, atol=1e-6, rtol=1e-5)


def test_a_probability_of_zero_stands_at_the_floor() -> None:
    teacher = torch.tensor([[[0.0, -math.inf]]])
    student = torch.tensor([[[0.5, 0.5]]]).log()
    found = between(teacher, student, "reverse")
    assert float(found) == pytest.approx(math.log(0.5) - 0.5 * LOG_FLOOR, rel=1e-6)
