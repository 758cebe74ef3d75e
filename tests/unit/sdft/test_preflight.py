import pytest

from clinical_sdft.errors import InputError
from clinical_sdft.models.generation import BatchGenerator, Sampling
from clinical_sdft.models.prompts import chat_prompt
from clinical_sdft.sdft.amplified import generate_amplified
from clinical_sdft.sdft.preflight import preflight
from clinical_sdft.sdft.templates import TEMPLATES, teacher_prompt, teacher_prompts
from data_contracts import Demonstration, PreflightSettings

DIGEST = "sha256:" + "0" * 64


def demonstration(number: int, label: str) -> Demonstration:
    return Demonstration(
        id=f"D{number}",
        question=f"Which diagnosis is most likely? Toe {number} is hot.",
        answer=f"Most likely: {label}.",
        label=label,
        quote="gout when a toe is hot",
        guideline=DIGEST,
        recommendation="R1",
    )


def test_a_model_that_cannot_use_demonstrations_is_refused(tiny) -> None:
    """A random model answers noise with and without the demonstration; every template and amplification is tried."""
    shown = [demonstration(i, "gout") for i in range(8)]
    report = preflight(tiny, shown, DIGEST, DIGEST, system_prompt="", sample=8, max_new_tokens=4)
    assert report.verdict == "refuse"
    assert report.template is None
    assert "refused" in report.reason
    assert len(report.trials) == len(TEMPLATES) * (1 + len(PreflightSettings().betas))


def test_a_teacher_that_helps_gets_a_go(tiny, monkeypatch) -> None:
    """Replies are fixed here, the arithmetic is real: the student says nothing right, one template all."""
    shown = [demonstration(i, "gout") for i in range(16)]
    plain = {tuple(chat_prompt(tiny.tokenizer, d.question, "")) for d in shown}
    best = {tuple(p) for p in teacher_prompts(tiny.tokenizer, shown, "guideline-answer", 1000, "")}

    def replies(self, prompts, sampling, rng=None):
        said = ["gout" if tuple(p) in best else "toe" if tuple(p) in plain else "knee" for p in prompts]
        return [tiny.tokenizer(text)["input_ids"] for text in said]

    monkeypatch.setattr(BatchGenerator, "generate", replies)
    report = preflight(tiny, shown, DIGEST, DIGEST, system_prompt="", sample=16)
    assert (report.verdict, report.template, report.beta) == ("go", "guideline-answer", 0.0)
    assert report.student_correct == 0
    chosen = next(trial for trial in report.trials if trial.template == "guideline-answer")
    assert chosen.correct == 16
    assert chosen.lower == pytest.approx(0.025 ** (1 / 16))  # Clopper-Pearson when all are right


def test_amplification_by_zero_is_plain_greedy(tiny) -> None:
    shown = [demonstration(i, "gout") for i in range(3)]
    plain = [chat_prompt(tiny.tokenizer, d.question, "") for d in shown]
    teacher = teacher_prompts(tiny.tokenizer, shown, "answer-before", 1000, "")
    end = tiny.tokenizer.eos_token_id
    expected = BatchGenerator(tiny.model, end).generate(teacher, Sampling(6))
    assert generate_amplified(tiny.model, teacher, plain, 0.0, end, 6) == expected


def test_a_teacher_prompt_is_never_cut(tiny) -> None:
    with pytest.raises(InputError, match=r"demonstration D7: its teacher prompt has \d+ tokens, the model reads 20"):
        teacher_prompt(tiny.tokenizer, demonstration(7, "gout"), "answer-after", 20, "")
