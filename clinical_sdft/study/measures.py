"""What a study measures of a version: right answers, manner of speech, and distance from where it started."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from clinical_sdft.evaluation.run import evaluate_suites
from clinical_sdft.models.generation import BatchGenerator, Sampling, TokenIds
from clinical_sdft.models.loading import model_digest
from clinical_sdft.models.prompts import chat_prompt
from clinical_sdft.phrases import says
from clinical_sdft.sdft.arms import Incumbent
from clinical_sdft.sdft.cost import Ledger
from clinical_sdft.sdft.forward import completion_logits
from clinical_sdft.study.contracts import SuiteKind, SuiteResult
from data_contracts import Decoding, Suite

HABITS = (
    "specialist", "worked example", "same case", "the guideline", "according to", "based on", "as stated", "as shown",
    "the text", "the example", "handbook", "colleague", "given answer", "your turn", "my own answer", "settled",
)  # fmt: skip
"""Phrases that stand in, or answer to, a teacher's prompt and that a question alone never suggests."""

REPLY_TOKENS = 16
DRIFT_PROMPTS = 32


def suite_results(
    version: Incumbent, suites: Sequence[tuple[SuiteKind, Suite]], system_prompt: str, folder: Path
) -> tuple[tuple[SuiteResult, ...], list[str]]:
    """Return the result on every suite, and all replies; an evaluation that was stopped goes on from `folder`."""
    loaded = version.loaded
    decoding = Decoding(max_new_tokens=REPLY_TOKENS, system_prompt=system_prompt)
    model = model_digest(loaded.digest, version.adapter_digest)
    asked = [suite for _, suite in suites]
    scored = evaluate_suites(loaded, model, asked, decoding, folder, Ledger(loaded.weights))
    results = tuple(
        SuiteResult(suite=suite.id, kind=kind, right="".join(str(int(item.score)) for item in scores.scores))
        for (kind, suite), scores in zip(suites, scored, strict=True)
    )
    return results, [item.reply for scores in scored for item in scores.scores]


def voice(replies: Sequence[str]) -> tuple[float, float]:
    """Return the mean words of a reply, and the share of replies with a phrase of `HABITS`."""
    words = sum(len(reply.split()) for reply in replies) / len(replies)
    return words, sum(any(says(reply, habit) for habit in HABITS) for reply in replies) / len(replies)


@dataclass(frozen=True)
class Drift:
    """The start's own answers to some prior prompts, with its log-probabilities, to measure how far a version moved."""

    prompts: Sequence[TokenIds]
    completions: Sequence[Sequence[int]]
    log_probs_BTV: torch.Tensor
    mask_BT: torch.Tensor

    @classmethod
    @torch.no_grad()
    def measure(cls, start: Incumbent, questions: Sequence[str], system_prompt: str) -> "Drift":
        """Let the start answer prompts taken evenly from `questions`."""
        stride = max(1, len(questions) // DRIFT_PROMPTS)
        tokenizer = start.loaded.tokenizer
        prompts = [chat_prompt(tokenizer, text, system_prompt) for text in questions[::stride][:DRIFT_PROMPTS]]
        writer = BatchGenerator(start.loaded.model, tokenizer.eos_token_id)
        completions = writer.generate(prompts, Sampling(REPLY_TOKENS))
        logits_BTV, mask_BT = completion_logits(start.loaded.model, prompts, completions)
        return cls(prompts, completions, torch.log_softmax(logits_BTV.float(), -1), mask_BT)

    @torch.no_grad()
    def of(self, version: Incumbent) -> float:
        """Return KL(start || version), in nats a token, over the start's answers."""
        logits_BTV, _ = completion_logits(version.loaded.model, self.prompts, self.completions)
        now_BTV = torch.log_softmax(logits_BTV.float(), -1)
        nats_BT = (self.log_probs_BTV.exp() * (self.log_probs_BTV - now_BTV)).sum(-1)
        return float((nats_BT * self.mask_BT).sum() / self.mask_BT.sum())
