"""How far a student is from its teacher at every token: three divergences, each on three supports.

With p the teacher's and q the student's distribution of the next token, in nats:

- forward: KL(p || q), covers all the teacher might say (what Shenfeld et al. 2026, arXiv 2601.19897, train with);
- reverse: KL(q || p), keeps to what the teacher surely says;
- jsd: a KL(p || m) + (1-a) KL(q || m) with m = a p + (1-a) q (Agarwal et al. 2023, arXiv 2306.13649, equation 1).

Supports: the whole vocabulary; the teacher's K likeliest tokens with one bucket for the rest; the sampled token alone.
Pure functions; the teacher carries no gradient. Shapes: B rows, T completion tokens, V vocabulary, K kept tokens.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch

from clinical_sdft.sdft.loss import TeacherScores, forward_kl_top

Kind = Literal["forward", "reverse", "jsd"]
Support = Literal["full", "top_k", "sampled"]
LOG_FLOOR = math.log(1e-12)
"""Stands for the log of a probability of zero, which an amplified teacher has: reverse KL would be infinite."""


@dataclass(frozen=True)
class Divergence:
    """Which divergence on which support; `alpha` is the teacher's share in the mixture of `jsd`, above 0, below 1."""

    kind: Kind = "forward"
    support: Support = "top_k"
    alpha: float = 0.5

    def per_token(self, teacher: TeacherScores, student_logits_BTV: torch.Tensor) -> torch.Tensor:
        """Return the divergence at every token [B, T]; `teacher` must hold this support (`Scorer.keep`)."""
        if self.support == "full":
            student_BTV = torch.log_softmax(_at_least_float32(student_logits_BTV), dim=-1)
            return between(teacher.log_probs_BTK, student_BTV, self.kind, self.alpha)
        if self.support == "sampled":
            student_BT = log_probs_at(student_logits_BTV, teacher.indices_BTK)[..., 0]
            return sampled_token(teacher.log_probs_BTK[..., 0], student_BT, self.kind, self.alpha)
        if self.kind == "forward":
            return forward_kl_top(teacher, student_logits_BTV)
        return on_top(teacher, student_logits_BTV, self.kind, self.alpha)


def keep_full(log_probs_BTV: torch.Tensor) -> TeacherScores:
    """Keep the teacher's whole distribution, in the order of the vocabulary; no indices are needed [B, T, 0]."""
    return TeacherScores(torch.empty(*log_probs_BTV.shape[:2], 0, dtype=torch.long), log_probs_BTV)


def keep_sampled(log_probs_BTV: torch.Tensor, tokens_BT: torch.Tensor) -> TeacherScores:
    """Keep the teacher's log-probability of the sampled token alone (K = 1)."""
    return TeacherScores(tokens_BT[..., None], log_probs_BTV.gather(-1, tokens_BT[..., None]))


def between(p_log: torch.Tensor, q_log: torch.Tensor, kind: Kind, alpha: float = 0.5) -> torch.Tensor:
    """Return the divergence of two distributions, given as log-probabilities over the last dimension."""
    p_log = torch.nan_to_num(p_log, neginf=LOG_FLOOR)
    if kind == "forward":
        return (p_log.exp() * (p_log - q_log)).sum(-1)
    if kind == "reverse":
        return (q_log.exp() * (q_log - p_log)).sum(-1)
    m_log = torch.logaddexp(p_log + math.log(alpha), q_log + math.log1p(-alpha))
    teacher = (p_log.exp() * (p_log - m_log)).sum(-1)
    student = (q_log.exp() * (q_log - m_log)).sum(-1)
    return alpha * teacher + (1 - alpha) * student


def on_top(teacher: TeacherScores, student_logits_BTV: torch.Tensor, kind: Kind, alpha: float = 0.5) -> torch.Tensor:
    """Return the divergence on the teacher's K likeliest tokens and one bucket for the rest [B, T].

    A lower bound of the whole-vocabulary value, exact when K is the whole vocabulary.
    """
    student_BTK = log_probs_at(student_logits_BTV, teacher.indices_BTK)
    return between(with_tail(teacher.log_probs_BTK), with_tail(student_BTK), kind, alpha)


def with_tail(log_probs_BTK: torch.Tensor) -> torch.Tensor:
    """Return log-probabilities with one more: that of all tokens not kept [B, T, K+1].

    In float32 a bucket is known to about 1e-7, so what hangs on the log of a nearly empty one is coarse.
    """
    tail_BT1 = (1 - log_probs_BTK.exp().sum(-1, keepdim=True)).clamp(min=math.exp(LOG_FLOOR))
    return torch.cat([log_probs_BTK, tail_BT1.log()], dim=-1)


def sampled_token(teacher_BT: torch.Tensor, student_BT: torch.Tensor, kind: Kind, alpha: float = 0.5) -> torch.Tensor:
    """Return one-sample estimates [B, T] from the log-probabilities of tokens that the student itself sampled.

    Value and gradient are both unbiased. Every divergence here is E_q[f(p/q)], so a sample's value is f(r) with
    r = p/q; its gradient is that of E_q[f(p/q)] = E_q[(f(r) - r f'(r)) d log q], which also counts that sampling
    depends on q. With f(r) - r f'(r): forward -r, reverse -log r + 1, jsd -(1-a) log(a r + 1-a). The constant 1 has
    no expected gradient (E_q[d log q] = 0) and is left out.
    """
    log_r = (torch.nan_to_num(teacher_BT, neginf=LOG_FLOOR) - student_BT).detach()
    if kind == "forward":
        value, weight = log_r.exp() * log_r, -log_r.exp()
    elif kind == "reverse":
        value, weight = -log_r, -log_r
    else:
        log_m = torch.logaddexp(log_r + math.log(alpha), torch.full_like(log_r, math.log1p(-alpha)))
        value = alpha * log_r.exp() * (log_r - log_m) - (1 - alpha) * log_m
        weight = -(1 - alpha) * log_m
    return value + weight * (student_BT - student_BT.detach())


def log_probs_at(logits_BTV: torch.Tensor, indices_BTK: torch.Tensor) -> torch.Tensor:
    """Return the log-probabilities of some tokens [B, T, K] without forming those of all."""
    norm_BT1 = torch.logsumexp(_at_least_float32(logits_BTV), dim=-1, keepdim=True)
    return _at_least_float32(logits_BTV.gather(-1, indices_BTK)) - norm_BT1


def _at_least_float32(values: torch.Tensor) -> torch.Tensor:
    return values if values.dtype == torch.float64 else values.float()
