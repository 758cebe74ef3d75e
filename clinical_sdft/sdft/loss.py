"""Divergences between teacher and student, token by token. Pure functions; the teacher carries no gradient.

Shapes: B rows, T completion tokens, V vocabulary, K kept teacher tokens.
"""

from dataclasses import dataclass

import torch

_TINY = 1e-12


@dataclass(frozen=True)
class TeacherScores:
    """The teacher's K likeliest tokens at every position; what is left over is one tail bucket."""

    indices_BTK: torch.Tensor
    log_probs_BTK: torch.Tensor


def amplify(conditional_BTV: torch.Tensor, plain_BTV: torch.Tensor, beta: float) -> torch.Tensor:
    """Return log p proportional to (1+beta) log p(y|x,c) - beta log p(y|x), as log-probabilities [B, T, V].

    Only tokens with p(y|x,c) of at least 1% of its maximum take part (context-aware decoding,
    Shi et al. 2023, arXiv 2305.14739, with the plausibility rule of Li et al. 2022, arXiv 2210.15097).
    """
    if beta == 0:
        return conditional_BTV
    mixed_BTV = (1 + beta) * conditional_BTV - beta * plain_BTV
    floor_BT1 = conditional_BTV.max(-1, keepdim=True).values + torch.log(torch.tensor(0.01))
    return torch.log_softmax(mixed_BTV.masked_fill(conditional_BTV < floor_BT1, float("-inf")), dim=-1)


def sharpen(
    conditional_BTV: torch.Tensor,
    plain_BTV: torch.Tensor,
    beta: float,
    empty_BTV: torch.Tensor | None = None,
    calibration: float = 0.0,
) -> torch.Tensor:
    """Return the teacher amplified by `beta`, without what its template alone promotes, as log-probabilities [B, T, V].

    A token that the template around an empty demonstration makes likelier than no template does is a habit of the
    template ("Based on the text…"), not of the demonstration: it loses `calibration` times that surplus,
    max(0, log p(y|x,empty) - log p(y|x)), and the rest shares what it gives up.
    """
    if not calibration or empty_BTV is None:
        return amplify(conditional_BTV, plain_BTV, beta)
    surplus_BTV = (empty_BTV - plain_BTV).clamp(min=0)
    mixed_BTV = (1 + beta) * conditional_BTV - beta * plain_BTV - calibration * surplus_BTV
    if beta:
        floor_BT1 = conditional_BTV.max(-1, keepdim=True).values + torch.log(torch.tensor(0.01))
        mixed_BTV = mixed_BTV.masked_fill(conditional_BTV < floor_BT1, float("-inf"))
    return torch.log_softmax(mixed_BTV, dim=-1)


def keep_top(log_probs_BTV: torch.Tensor, k: int) -> TeacherScores:
    """Keep the teacher's `k` likeliest tokens per position."""
    top = log_probs_BTV.topk(min(k, log_probs_BTV.shape[-1]), dim=-1)
    return TeacherScores(top.indices, top.values)


def forward_kl(teacher_log_probs_BTV: torch.Tensor, student_logits_BTV: torch.Tensor) -> torch.Tensor:
    """Return KL(teacher || student) over the whole vocabulary, in nats per token [B, T]."""
    student_BTV = torch.log_softmax(student_logits_BTV.float(), dim=-1)
    teacher_BTV = teacher_log_probs_BTV.exp()
    terms_BTV = teacher_BTV * (teacher_log_probs_BTV.clamp(min=-1e4) - student_BTV)
    return terms_BTV.sum(-1)


def forward_kl_top(teacher: TeacherScores, student_logits_BTV: torch.Tensor) -> torch.Tensor:
    """Return KL(teacher || student) on the teacher's top tokens and one bucket for the rest [B, T].

    Merging tokens can only lower a divergence (data-processing inequality), so this is a lower bound of
    `forward_kl`, exact when K is the whole vocabulary.
    """
    norm_BT = torch.logsumexp(student_logits_BTV.float(), dim=-1)
    student_BTK = student_logits_BTV.gather(-1, teacher.indices_BTK).float() - norm_BT[..., None]
    p_BTK = teacher.log_probs_BTK.exp()
    kept_BT = (p_BTK * (teacher.log_probs_BTK.clamp(min=-1e4) - student_BTK)).sum(-1)
    tail_p_BT = (1 - p_BTK.sum(-1)).clamp(min=0)
    tail_q_BT = (1 - student_BTK.exp().sum(-1)).clamp(min=_TINY)
    return kept_BT + tail_p_BT * ((tail_p_BT + _TINY).log() - tail_q_BT.log())


def mean_over_tokens(values_BT: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
    """Return the mean over unmasked tokens of each row [B]; a row with none counts 0."""
    return (values_BT * mask_BT).sum(-1) / mask_BT.sum(-1).clamp(min=1)
