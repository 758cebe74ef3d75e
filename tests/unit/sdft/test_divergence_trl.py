"""The same losses in TRL 1.16 (extra `bench`): equal where definitions are, and where they are not, how far apart."""

import math

import pytest
import torch

from clinical_sdft.sdft.divergence import Divergence, keep_full, keep_sampled, on_top, with_tail
from clinical_sdft.sdft.loss import TeacherScores, keep_top

theirs = pytest.importorskip("trl.experimental.sdft.loss_utils", reason="needs TRL: pip install '.[bench]'")
EQUAL = {"atol": 1e-6, "rtol": 0.0}
ALPHAS = {"forward": 0.0, "reverse": 1.0, "jsd": 0.3}
"""What TRL calls these divergences: one number whose ends are the two KL."""


@pytest.fixture
def logits() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(11)
    return (
        torch.randn(2, 4, 30, generator=generator, dtype=torch.float64),
        torch.randn(2, 4, 30, generator=generator, dtype=torch.float64),
    )


@pytest.mark.parametrize("kind", ALPHAS)
def test_whole_vocabulary_is_equal(kind: str, logits) -> None:
    teacher, student = logits
    ours = Divergence(kind, "full", 0.3).per_token(keep_full(teacher.log_softmax(-1)), student)
    expected = theirs.compute_full_logit_self_distillation_loss(student, teacher, distillation_alpha=ALPHAS[kind])
    torch.testing.assert_close(ours, expected, **EQUAL)


def test_jensen_shannon_is_that_of_gkd_too(logits) -> None:
    gkd = pytest.importorskip("trl.experimental.gkd.gkd_trainer")
    teacher, student = logits
    ours = Divergence("jsd", "full", 0.3).per_token(keep_full(teacher.log_softmax(-1)), student)
    expected = gkd.GKDTrainer.generalized_jsd_loss(student, teacher, beta=0.3, reduction="none")
    torch.testing.assert_close(ours, expected.sum(-1), **EQUAL)


@pytest.mark.parametrize("kind", ALPHAS)
def test_on_the_same_tokens_top_k_with_tail_is_equal(kind: str, logits) -> None:
    """TRL takes the student's top tokens; handed those, our function gives its value."""
    teacher, student = logits
    indices = student.topk(7, dim=-1).indices
    scores = TeacherScores(indices, teacher.log_softmax(-1).gather(-1, indices))
    ours = on_top(scores, student, kind, 0.3)
    expected = theirs.compute_topk_self_distillation_loss(
        student, teacher, distillation_topk=7, distillation_alpha=ALPHAS[kind], distillation_add_tail=True
    )
    torch.testing.assert_close(ours, expected, **EQUAL)
    torch.testing.assert_close(with_tail(scores.log_probs_BTK).exp().sum(-1), torch.ones(2, 4, dtype=torch.float64))


def test_a_new_fact_is_seen_on_the_teachers_top_tokens_and_not_on_the_students() -> None:
    """The teacher wants a token that the student ranks last: the support of TRL (no tail, its default) misses it."""
    student = torch.linspace(3.0, -3.0, 30, dtype=torch.float64)[None, None]
    teacher = student.clone()
    teacher[..., -1] = 8.0
    whole = Divergence("forward", "full").per_token(keep_full(teacher.log_softmax(-1)), student)
    ours = Divergence("forward", "top_k").per_token(keep_top(teacher.log_softmax(-1), 5), student)
    missed = theirs.compute_topk_self_distillation_loss(
        student, teacher, distillation_topk=5, distillation_alpha=0.0, distillation_add_tail=False
    )
    assert float(whole) > 3
    assert float(ours) == pytest.approx(float(whole), rel=0.01)
    assert float(missed) < 1e-6


@pytest.mark.parametrize("token", [0, 17])
def test_a_sampled_token_has_the_same_gradient_and_another_value(token: int, logits) -> None:
    """TRL's number is log(q/p) log q, whose mean is no divergence; ours is log(q/p), whose mean is KL(q || p)."""
    teacher, student = logits
    tokens = torch.full((2, 4), token)
    one, two = student.clone().requires_grad_(), student.clone().requires_grad_()
    ours = Divergence("reverse", "sampled").per_token(keep_sampled(teacher.log_softmax(-1), tokens), one)
    expected = theirs.compute_sampled_token_self_distillation_loss(two, teacher, tokens, distillation_alpha=1.0)
    ours.sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(one.grad, two.grad, **EQUAL)
    log_q = student.log_softmax(-1)[..., token]
    torch.testing.assert_close(ours.detach() * log_q, expected.detach(), **EQUAL)


def test_trl_has_no_forward_kl_on_a_sampled_token(logits) -> None:
    teacher, student = logits
    tokens = torch.zeros(2, 4, dtype=torch.long)
    with pytest.raises(ValueError, match="reverse KL"):
        theirs.compute_sampled_token_self_distillation_loss(student, teacher, tokens, distillation_alpha=0.0)
    ours = Divergence("forward", "sampled").per_token(keep_sampled(teacher.log_softmax(-1), tokens), student)
    p, q = teacher.softmax(-1)[0, 0, 0], student.softmax(-1)[0, 0, 0]
    assert float(ours[0, 0]) == pytest.approx(float(p / q * math.log(p / q)))
