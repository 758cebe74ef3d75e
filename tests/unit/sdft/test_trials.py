"""What the pre-flight measures, against plain arithmetic on the model's own logits."""

import math

import pytest
import torch
from scipy.stats import t as student_t

from clinical_sdft.errors import InputError
from clinical_sdft.models.prompts import chat_prompt, reply_tokens
from clinical_sdft.sdft.amplified import generate_amplified
from clinical_sdft.sdft.loss import amplify, sharpen
from clinical_sdft.sdft.preflight import preflight
from clinical_sdft.sdft.templates import ALL_TEMPLATES, TEMPLATES, empty_prompt, teacher_prompt
from clinical_sdft.sdft.trials import Setting, Trials, mean
from data_contracts import Demonstration, PreflightSettings, TrainingSettings

DIGEST = "sha256:" + "0" * 64
SYSTEM = "Brief."


def demonstration(number: int, worked: str | None = None) -> Demonstration:
    return Demonstration(
        id=f"D{number}",
        question=f"Toe {number} is hot. Why?",
        answer="Most likely: gout." if number % 2 else "Gout.",
        label="gout",
        quote="gout when a toe is hot",
        guideline=DIGEST,
        recommendation="R1",
        worked=worked,
    )


SHOWN = [demonstration(i) for i in range(5)]


def log_probs(tiny, prompt: list[int], reply: list[int]) -> torch.Tensor:
    """Log-probabilities of the whole vocabulary at every token of the reply [T, V], one row alone."""
    with torch.no_grad():
        logits = tiny.model(input_ids=torch.tensor([[*prompt, *reply]])).logits[0]
    return logits[len(prompt) - 1 : -1].double().log_softmax(-1)


def test_log_probability_of_the_reply_is_that_of_every_setting(tiny) -> None:
    settings = [
        Setting("answer-after"),
        Setting("answer-after", 1.0),
        Setting("answer-after", 0.0, 0.5),
        Setting("guideline-answer", 2.0, 1.0),
    ]
    templates = ("answer-after", "guideline-answer")
    student, found = Trials(tiny, SHOWN, templates, SYSTEM, 4).log_probabilities(settings)
    for row, item in enumerate(SHOWN):
        reply = reply_tokens(tiny.tokenizer, item.reply)
        plain = log_probs(tiny, chat_prompt(tiny.tokenizer, item.question, SYSTEM), reply)
        place = torch.arange(len(reply)), torch.tensor(reply)
        assert student[row] == pytest.approx(float(plain[place].mean()), abs=1e-4)
        for setting in settings:
            shown = log_probs(tiny, teacher_prompt(tiny.tokenizer, item, setting.template, 900, SYSTEM), reply)
            empty = log_probs(tiny, empty_prompt(tiny.tokenizer, item, setting.template, SYSTEM), reply)
            mixed = (1 + setting.beta) * shown - setting.beta * plain - setting.calibration * (empty - plain).relu()
            if setting.beta:
                mixed = mixed.masked_fill(shown < shown.max(-1, keepdim=True).values + math.log(0.01), -math.inf)
            expected = mixed.log_softmax(-1)[place].clamp(min=math.log(1e-12)).mean()
            assert found[setting][row] == pytest.approx(float(expected), abs=1e-3)


def test_the_interval_of_a_mean_is_students() -> None:
    values = [-1.0, -2.0, -2.5, -0.5]
    found = mean(values)
    half = student_t.ppf(0.975, 3) * torch.tensor(values).std().item() / 2
    assert found.mean == -1.5
    assert (found.lower, found.upper) == pytest.approx((-1.5 - half, -1.5 + half))
    assert mean([3.0]).lower == mean([3.0]).upper == 3.0


def test_calibration_takes_from_habits_of_the_template_and_from_nothing_else() -> None:
    """Four tokens: a habit, the answer, and two others. The template makes the habit likely with or without content."""
    conditional = torch.tensor([[[0.60, 0.30, 0.05, 0.05]]]).log()
    plain = torch.tensor([[[0.10, 0.10, 0.40, 0.40]]]).log()
    empty = torch.tensor([[[0.80, 0.10, 0.05, 0.05]]]).log()
    calibrated = sharpen(conditional, plain, 0.0, empty, 1.0).exp()[0, 0]
    torch.testing.assert_close(calibrated.sum(), torch.tensor(1.0))
    habit, answer = float(calibrated[0]), float(calibrated[1])
    assert habit == pytest.approx(0.075 / (0.075 + 0.4))  # 0.60 / 8: as much less as the template alone adds
    assert answer == pytest.approx(0.30 / (0.075 + 0.4)) and answer > 0.6
    assert float(calibrated[2] / calibrated[1]) == pytest.approx(0.05 / 0.30)
    torch.testing.assert_close(sharpen(conditional, plain, 0.7, empty, 0.0), amplify(conditional, plain, 0.7))


def test_writing_with_calibration_is_greedy_on_the_calibrated_teacher(tiny) -> None:
    item = SHOWN[0]
    tokenizer = tiny.tokenizer
    plain = chat_prompt(tokenizer, item.question, SYSTEM)
    shown = teacher_prompt(tokenizer, item, "answer-before", 900, SYSTEM)
    empty = empty_prompt(tokenizer, item, "answer-before", SYSTEM)
    end = tokenizer.eos_token_id
    [written] = generate_amplified(tiny.model, [shown], [plain], 0.5, end, 5, [empty], 1.0)
    expected: list[int] = []
    while len(expected) < 5 and (not expected or expected[-1] != end):
        at = [log_probs(tiny, prompt, [*expected, 0])[-1].float() for prompt in (shown, plain, empty)]
        expected.append(int(sharpen(at[0], at[1], 0.5, at[2], 1.0).argmax()))
    assert written == expected


def test_by_log_probability_the_verdict_hangs_on_the_gain_over_the_student(tiny, monkeypatch) -> None:
    """Figures are fixed here, the decision is real: one amplified teacher gains for sure, none answers right."""
    tries = PreflightSettings(betas=(1.0,), measure="log_probability")

    def figures(self, settings):
        best = {one: [-1.0 - 0.01 * row for row in range(8)] for one in settings if one.beta}
        return [-2.0] * 8, {one: best.get(one, [-2.0 - (row % 2) for row in range(8)]) for one in settings}

    monkeypatch.setattr(Trials, "log_probabilities", figures)
    shown = [demonstration(i) for i in range(8)]
    report = preflight(tiny, shown, DIGEST, DIGEST, system_prompt=SYSTEM, sample=8, max_new_tokens=2, tries=tries)
    assert (report.verdict, report.beta, report.measure) == ("amplify", 1.0, "log_probability")
    assert len(report.trials) == 2 * len(TEMPLATES) and report.student_log_probability is not None
    assert report.student_log_probability.mean == -2.0
    assert "nats a token likelier" in report.reason
    weak = preflight(
        tiny,
        shown,
        DIGEST,
        DIGEST,
        system_prompt=SYSTEM,
        sample=8,
        max_new_tokens=2,
        tries=tries,
        fixed=TrainingSettings(beta=0.0),
    )
    assert weak.verdict == "refuse" and weak.template is None and len(weak.trials) == len(TEMPLATES)


@pytest.mark.parametrize(("masked", "right"), [(True, 1), (False, 3)])
def test_a_thought_is_no_answer_where_thinking_is_masked(masked: bool, right: int, tiny, monkeypatch) -> None:
    said = ["<think>knee</think>gout", "<think>gout</think>knee", "<think>gout"]
    monkeypatch.setattr(
        "clinical_sdft.sdft.trials.BatchGenerator.generate",
        lambda self, prompts, sampling: [tiny.tokenizer(text)["input_ids"] for text in said],
    )
    assert Trials(tiny, SHOWN[:3], (), SYSTEM, 4, mask_thinking=masked).student_correct() == right


def test_a_teacher_hardly_likelier_is_no_reason_to_amplify(tiny, monkeypatch) -> None:
    """Amplified gains 1.06 nats on average, give or take 0.04, plain gains 1.05: plain is taken."""

    def figures(self, settings):
        return [-2.0] * 8, {
            one: [-1.0 + 0.01 * bool(one.beta) + 0.1 * (row % 2) for row in range(8)] for one in settings
        }

    monkeypatch.setattr(Trials, "log_probabilities", figures)
    tries = PreflightSettings(betas=(1.0,), measure="log_probability")
    shown = [demonstration(i) for i in range(8)]
    report = preflight(tiny, shown, DIGEST, DIGEST, system_prompt=SYSTEM, sample=8, max_new_tokens=2, tries=tries)
    assert (report.verdict, report.beta) == ("go", 0.0)


def test_equal_teachers_are_told_apart_by_less_amplification_then_more_calibration(tiny) -> None:
    tries = PreflightSettings(betas=(1.0,), calibrations=(0.0, 1.0))
    report = preflight(
        tiny, SHOWN, DIGEST, DIGEST, system_prompt=SYSTEM, sample=5, max_new_tokens=2, tries=tries,
        fixed=TrainingSettings(template="answer-before"),
    )  # fmt: skip
    tried = [(one.template, one.beta, one.calibration) for one in report.trials]
    expected = [("answer-before", beta, calibration) for beta in (0.0, 1.0) for calibration in (0.0, 1.0)]
    assert tried == expected
    assert "template answer-before calibrated by 1," in report.reason  # all answered 0: the best of equals


def test_worked_templates_are_tried_where_all_demonstrations_show_the_reasoning(tiny) -> None:
    worked = [demonstration(i, "Hot and red, so crystals.") for i in range(2)]
    report = preflight(tiny, worked, DIGEST, DIGEST, system_prompt="", sample=2, max_new_tokens=2)
    assert {one.template for one in report.trials} == set(ALL_TEMPLATES)
    mixed = preflight(tiny, [*worked, demonstration(9)], DIGEST, DIGEST, system_prompt="", sample=3, max_new_tokens=2)
    assert {one.template for one in mixed.trials} == set(TEMPLATES)


def test_a_template_nobody_knows_is_one_line(tiny) -> None:
    with pytest.raises(InputError, match="template 'chatty': there is none; known are answer-after"):
        preflight(tiny, SHOWN, DIGEST, DIGEST, system_prompt="", fixed=TrainingSettings(template="chatty"))
