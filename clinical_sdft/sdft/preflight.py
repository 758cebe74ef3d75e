"""Before an update costs anything: does the teacher, shown a demonstration, answer better than the student?"""

from collections.abc import Iterator, Sequence

import torch
from scipy.stats import binomtest

from clinical_sdft.models.generation import BatchGenerator, Sampling, TokenIds
from clinical_sdft.models.loading import LoadedModel
from clinical_sdft.models.prompts import chat_prompt
from clinical_sdft.phrases import says
from clinical_sdft.sdft.amplified import generate_amplified
from clinical_sdft.sdft.templates import TEMPLATES, teacher_prompts
from data_contracts import Demonstration, Digest, PreflightReport, TemplateTrial

BETAS = (0.5, 1.0, 2.0)
GOOD_ENOUGH = 0.9
"""A plain teacher this accurate is taken without trying to amplify it."""


def preflight(
    loaded: LoadedModel,
    demonstrations: Sequence[Demonstration],
    digest: Digest,
    model: Digest,
    *,
    system_prompt: str,
    sample: int = 32,
    seed: int = 0,
    max_new_tokens: int = 10,
) -> PreflightReport:
    """Measure student and teacher on a sample of demonstrations, and choose template and amplification.

    Verdict `go` (a plain template helps), `amplify` (it helps more amplified), or `refuse`: no template's
    accuracy is above the student's, lower 95% bound against upper 95% bound (Clopper-Pearson).
    """
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(demonstrations), generator=generator)[:sample].tolist()
    shown = [demonstrations[row] for row in chosen]
    tokenizer = loaded.tokenizer
    plain = [chat_prompt(tokenizer, demonstration.question, system_prompt) for demonstration in shown]
    writer = BatchGenerator(loaded.model, tokenizer.eos_token_id)
    student = _correct(tokenizer, shown, writer.generate(plain, Sampling(max_new_tokens)))
    trials = list(_trials(loaded, shown, plain, max_new_tokens, system_prompt))
    best = max(trials, key=lambda trial: (trial.accuracy, -trial.beta))
    student_upper = _interval(student, len(shown))[1]
    helps = best.lower > student_upper
    verdict = "refuse" if not helps else "amplify" if best.beta else "go"
    return PreflightReport(
        model=model,
        demonstrations=digest,
        n=len(shown),
        student_correct=student,
        student_accuracy=student / len(shown),
        trials=tuple(trials),
        template=best.template if helps else None,
        beta=best.beta if helps else 0.0,
        verdict=verdict,
        reason=_reason(best, student, len(shown), helps),
    )


def _trials(
    loaded: LoadedModel,
    shown: Sequence[Demonstration],
    plain: Sequence[TokenIds],
    max_new_tokens: int,
    system_prompt: str,
) -> Iterator[TemplateTrial]:
    """Try every template plain; where none is good enough, amplify each."""
    tokenizer = loaded.tokenizer
    limit = loaded.context_tokens - max_new_tokens
    prompts = {name: teacher_prompts(tokenizer, shown, name, limit, system_prompt) for name in TEMPLATES}
    writer = BatchGenerator(loaded.model, tokenizer.eos_token_id)
    best = 0.0
    for name, teacher in prompts.items():
        trial = _trial(name, 0.0, _correct(tokenizer, shown, writer.generate(teacher, Sampling(max_new_tokens))), shown)
        best = max(best, trial.accuracy)
        yield trial
    if best >= GOOD_ENOUGH:
        return
    for name, teacher in prompts.items():
        for beta in BETAS:
            written = generate_amplified(loaded.model, teacher, plain, beta, tokenizer.eos_token_id, max_new_tokens)
            yield _trial(name, beta, _correct(tokenizer, shown, written), shown)


def _correct(tokenizer: object, shown: Sequence[Demonstration], written: Sequence[TokenIds]) -> int:
    replies = [tokenizer.decode(tokens, skip_special_tokens=True) for tokens in written]  # type: ignore[attr-defined]
    return sum(says(reply, demonstration.label) for reply, demonstration in zip(replies, shown, strict=True))


def _trial(template: str, beta: float, correct: int, shown: Sequence[Demonstration]) -> TemplateTrial:
    lower, upper = _interval(correct, len(shown))
    return TemplateTrial(
        template=template,
        beta=beta,
        n=len(shown),
        correct=correct,
        accuracy=correct / len(shown),
        lower=lower,
        upper=upper,
    )


def _interval(correct: int, n: int) -> tuple[float, float]:
    interval = binomtest(correct, n).proportion_ci(0.95, method="exact")
    return float(interval.low), float(interval.high)


def _reason(best: TemplateTrial, student: int, n: int, helps: bool) -> str:
    shown = f"template {best.template}" + (f" amplified by {best.beta:g}" if best.beta else "")
    figures = f"the teacher answers {best.correct} of {n} right with {shown}, the student {student} of {n} without"
    if helps:
        return f"Demonstrations help: {figures}."
    return f"No template helps beyond chance: at best {figures}. An update would teach nothing; it is refused."
