"""What a study measures of a version: right answers, manner of speech, and distance from where it started."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from clinical_sdft.evaluation.run import answer
from clinical_sdft.evaluation.scoring import score_reply
from clinical_sdft.models.generation import BatchGenerator, Sampling, TokenIds
from clinical_sdft.models.loading import LoadedModel
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
    loaded: LoadedModel, suites: Sequence[tuple[SuiteKind, Suite]], system_prompt: str
) -> tuple[tuple[SuiteResult, ...], list[str]]:
    """Return the result on every suite, and all replies."""
    decoding = Decoding(max_new_tokens=REPLY_TOKENS, system_prompt=system_prompt)
    ledger = Ledger(loaded.weights)
    results, said = [], []
    for kind, suite in suites:
        replies = answer(loaded, [item.question for item in suite.items], decoding, ledger)
        scores = [score_reply(suite, item, reply) for item, reply in zip(suite.items, replies, strict=True)]
        results.append(SuiteResult(suite=suite.id, kind=kind, right="".join(str(int(score)) for score in scores)))
        said += replies
    return tuple(results), said


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
