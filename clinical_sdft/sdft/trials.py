"""What the pre-flight measures: answers the teacher writes, and how likely it finds the demonstrated reply."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

import torch
from scipy.stats import binomtest
from scipy.stats import t as student_t

from clinical_sdft.errors import InputError
from clinical_sdft.models.generation import BatchGenerator, Sampling, TokenIds
from clinical_sdft.models.loading import LoadedModel
from clinical_sdft.models.prompts import chat_prompt, reply_tokens
from clinical_sdft.phrases import says
from clinical_sdft.sdft.amplified import generate_amplified
from clinical_sdft.sdft.divergence import LOG_FLOOR
from clinical_sdft.sdft.forward import completion_logits, group_by_length, right_pad
from clinical_sdft.sdft.loss import mean_over_tokens, sharpen
from clinical_sdft.sdft.templates import empty_prompt, teacher_prompt
from clinical_sdft.sdft.thinking import spoken
from data_contracts import Demonstration, Mean, TemplateTrial

PLAIN = "plain"
TOKENS_AT_ONCE = 256
"""Reply tokens scored together at most: their logits over the whole vocabulary are in memory."""


@dataclass(frozen=True)
class Setting:
    """A teacher to try."""

    template: str
    beta: float = 0.0
    calibration: float = 0.0


class Trials:
    """Trials on one sample of demonstrations, with one model."""

    def __init__(
        self,
        loaded: LoadedModel,
        shown: Sequence[Demonstration],
        templates: Sequence[str],
        system: str,
        longest: int,
        *,
        mask_thinking: bool = False,
    ) -> None:
        """Tokenize all that will be read; `longest` is the longest answer written, in tokens.

        With `mask_thinking` an answer is right by what follows its `<think>` spans; a thought is not an answer.

        Raises:
            InputError: a teacher prompt does not fit, with the answer or the demonstrated reply after it.
        """
        tokenizer = loaded.tokenizer
        self._loaded = loaded
        self._shown = shown
        self._longest = longest
        self._mask_thinking = mask_thinking
        self._replies = [reply_tokens(tokenizer, item.reply) for item in shown]
        self._read: dict[str, list[list[int]]] = {
            PLAIN: [chat_prompt(tokenizer, item.question, system, item.turns) for item in shown]
        }
        for name in templates:
            self._read[name] = [
                teacher_prompt(tokenizer, item, name, loaded.context_tokens - max(longest, len(reply)), system)
                for item, reply in zip(shown, self._replies, strict=True)
            ]
            self._read[_empty(name)] = [empty_prompt(tokenizer, item, name, system) for item in shown]

    def student_correct(self) -> int:
        """Return how many the student answers right, unaided."""
        plain = self._read[PLAIN]
        return self._correct(plain, self._writer().generate(plain, Sampling(self._longest)))

    def correct(self, setting: Setting) -> int:
        """Return how many the teacher answers right."""
        shown = self._read[setting.template]
        if not setting.beta and not setting.calibration:
            return self._correct(shown, self._writer().generate(shown, Sampling(self._longest)))
        written = generate_amplified(
            self._loaded.model,
            shown,
            self._read[PLAIN],
            setting.beta,
            self._loaded.tokenizer.eos_token_id,
            self._longest,
            self._read[_empty(setting.template)] if setting.calibration else (),
            setting.calibration,
        )
        return self._correct(shown, written)

    @torch.inference_mode()
    def log_probabilities(self, settings: Sequence[Setting]) -> tuple[list[float], dict[Setting, list[float]]]:
        """Return the mean log-probability per token of each demonstrated reply: the student's, and each teacher's.

        Zero probabilities, which an amplified teacher has, count as 1e-12.
        """
        plain = [0.0] * len(self._shown)
        found = {setting: [0.0] * len(self._shown) for setting in settings}
        longest = max(map(len, self._replies))
        lengths = [len(prompt) for prompt in self._read[PLAIN]]
        for rows in group_by_length(lengths, max(1, min(8, TOKENS_AT_ONCE // longest))):
            plain_BTV = self._log_probs(PLAIN, rows)
            self._book(plain, rows, plain_BTV)
            for template in dict.fromkeys(setting.template for setting in settings):
                of_template = [setting for setting in settings if setting.template == template]
                shown_BTV = self._log_probs(template, rows)
                calibrated = any(setting.calibration for setting in of_template)
                empty_BTV = self._log_probs(_empty(template), rows) if calibrated else None
                for setting in of_template:
                    sharp_BTV = sharpen(shown_BTV, plain_BTV, setting.beta, empty_BTV, setting.calibration)
                    self._book(found[setting], rows, sharp_BTV)
        return plain, found

    def _log_probs(self, reading: str, rows: Sequence[int]) -> torch.Tensor:
        prompts, replies = [self._read[reading][row] for row in rows], [self._replies[row] for row in rows]
        logits_BTV, _ = completion_logits(self._loaded.model, prompts, replies)
        return torch.log_softmax(logits_BTV.float(), dim=-1)

    def _book(self, values: list[float], rows: Sequence[int], log_probs_BTV: torch.Tensor) -> None:
        tokens_BT, keep_BT = right_pad([self._replies[row] for row in rows], log_probs_BTV.shape[1])
        said_BT = log_probs_BTV.gather(-1, tokens_BT[..., None])[..., 0].clamp(min=LOG_FLOOR)
        for row, value in zip(rows, mean_over_tokens(said_BT, keep_BT).tolist(), strict=True):
            values[row] = value

    def _writer(self) -> BatchGenerator:
        return BatchGenerator(self._loaded.model, self._loaded.tokenizer.eos_token_id)

    def _correct(self, prompts: Sequence[TokenIds], written: Sequence[TokenIds]) -> int:
        tokenizer = self._loaded.tokenizer
        if self._mask_thinking:
            heard = [spoken(tokenizer, *pair) for pair in zip(prompts, written, strict=True)]
            written = [list(compress(tokens, kept)) for tokens, kept in zip(written, heard, strict=True)]
        replies = [tokenizer.decode(tokens, skip_special_tokens=True) for tokens in written]
        return sum(says(reply, item.label) for reply, item in zip(replies, self._shown, strict=True))


def trial(setting: Setting, correct: int, own: Sequence[float], student: Sequence[float]) -> TemplateTrial:
    """Return a teacher's figures with their intervals; `own` and `student` are log-probabilities by demonstration."""
    lower, upper = proportion(correct, len(own))
    return TemplateTrial(
        template=setting.template,
        beta=setting.beta,
        calibration=setting.calibration,
        n=len(own),
        correct=correct,
        accuracy=correct / len(own),
        lower=lower,
        upper=upper,
        log_probability=mean(own),
        gain=mean([mine - theirs for mine, theirs in zip(own, student, strict=True)]),
    )


def proportion(correct: int, n: int) -> tuple[float, float]:
    """Return the 95% interval of a proportion (Clopper-Pearson)."""
    interval = binomtest(correct, n).proportion_ci(0.95, method="exact")
    return float(interval.low), float(interval.high)


def mean(values: Sequence[float]) -> Mean:
    """Return a mean with its 95% interval by Student's t; of one value the interval is the value.

    Raises:
        InputError: there is nothing to take the mean of.
    """
    if not values:
        raise InputError("the pre-flight has no demonstrations to measure on")
    centre = sum(values) / len(values)
    if len(values) == 1:
        return Mean(mean=centre, lower=centre, upper=centre)
    variance = sum((value - centre) ** 2 for value in values) / (len(values) - 1)
    half = float(student_t.ppf(0.975, len(values) - 1)) * (variance / len(values)) ** 0.5
    return Mean(mean=centre, lower=centre - half, upper=centre + half)


def _empty(template: str) -> str:
    return f"{template} (empty)"
