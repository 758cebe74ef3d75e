"""Before an update costs anything: does the teacher, shown a demonstration, answer better than the student?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import torch

from clinical_sdft.models.loading import LoadedModel
from clinical_sdft.sdft.templates import template_text, templates_for
from clinical_sdft.sdft.trials import Setting, Trials, mean, proportion, trial
from data_contracts import (
    Demonstration,
    Digest,
    Mean,
    PreflightReport,
    PreflightSettings,
    TemplateTrial,
    TrainingSettings,
)

GOOD_ENOUGH = 0.9
"""A teacher this accurate without amplification is taken without trying to amplify it."""


@dataclass(frozen=True)
class Student:
    """What the student does unaided."""

    correct: int
    log_probabilities: Sequence[float]

    @property
    def log_probability(self) -> Mean:
        """The mean, with its interval."""
        return mean(self.log_probabilities)


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
    tries: PreflightSettings | None = None,
    fixed: TrainingSettings | None = None,
) -> PreflightReport:
    """Measure student and teacher on a sample of demonstrations, and choose template, amplification and calibration.

    Verdict `go` (a teacher as it is helps), `amplify` (one helps more amplified), or `refuse`: none helps for sure. By
    accuracy that is a lower 95% bound above the student's upper one (Clopper-Pearson); by log-probability a lower 95%
    bound of the gain over the student, demonstration by demonstration, above 0. What `fixed` sets is not varied.

    Raises:
        InputError: a teacher prompt is longer than the model reads; names the demonstration.
    """
    tries, fixed = tries or PreflightSettings(), fixed or TrainingSettings()
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(demonstrations), generator=generator)[:sample].tolist()
    shown = [demonstrations[row] for row in chosen]
    templates = (fixed.template,) if fixed.template else templates_for(shown)
    for name in templates:
        template_text(name)
    thinks = fixed.mask_thinking
    trials = Trials(loaded, shown, templates, system_prompt, max_new_tokens, mask_thinking=thinks)
    plain, amplified = _settings(templates, tries, fixed)
    own, log_probabilities = trials.log_probabilities([*plain, *amplified])
    student = Student(trials.student_correct(), own)
    done = list(_measured(trials, plain, log_probabilities, student))
    best_accuracy = max((item.accuracy for item in done), default=0.0)
    if not done or (fixed.beta is None and (tries.measure == "log_probability" or best_accuracy < GOOD_ENOUGH)):
        done += _measured(trials, amplified, log_probabilities, student)
    return _report(tries.measure, done, student, model, digest)


def _settings(
    templates: Sequence[str], tries: PreflightSettings, fixed: TrainingSettings
) -> tuple[list[Setting], list[Setting]]:
    """Return the teachers to try without and with amplification."""
    calibrations = tries.calibrations if fixed.calibration is None else (fixed.calibration,)
    betas = (0.0, *tries.betas) if fixed.beta is None else (fixed.beta,)
    settings = [Setting(*values) for values in product(templates, betas, calibrations)]
    return [one for one in settings if not one.beta], [one for one in settings if one.beta]


def _measured(
    trials: Trials, settings: Sequence[Setting], log_probabilities: dict[Setting, list[float]], student: Student
) -> Iterator[TemplateTrial]:
    for setting in settings:
        yield trial(setting, trials.correct(setting), log_probabilities[setting], student.log_probabilities)


def _report(
    measure: str, trials: Sequence[TemplateTrial], student: Student, model: Digest, digest: Digest
) -> PreflightReport:
    by_accuracy = measure == "accuracy"
    best = _best(trials, by_accuracy)
    n = best.n
    helps = best.lower > proportion(student.correct, n)[1] if by_accuracy else _gain(best).lower > 0
    return PreflightReport.model_validate(
        {
            "model": model,
            "demonstrations": digest,
            "n": n,
            "student_correct": student.correct,
            "student_accuracy": student.correct / n,
            "student_log_probability": student.log_probability,
            "trials": tuple(trials),
            "template": best.template if helps else None,
            "beta": best.beta if helps else 0.0,
            "calibration": best.calibration if helps else 0.0,
            "measure": measure,
            "verdict": "refuse" if not helps else "amplify" if best.beta else "go",
            "reason": _reason(best, student, helps, by_accuracy),
        }
    )


def _best(trials: Sequence[TemplateTrial], by_accuracy: bool) -> TemplateTrial:
    """Return the best teacher; among equals the least amplified, of those the most calibrated.

    Calibration that costs nothing brings fewer habits along. Equal by log-probability are all within the interval of
    the best one's gain: a thousandth of a nat is no reason to amplify.
    """
    if by_accuracy:
        return max(trials, key=lambda one: (one.accuracy, -one.beta, one.calibration))
    enough = max((_gain(one) for one in trials), key=lambda gain: gain.mean).lower
    equals = [one for one in trials if _gain(one).mean >= enough]
    return max(equals, key=lambda one: (-one.beta, one.calibration, _gain(one).mean))


def _gain(one: TemplateTrial) -> Mean:
    if one.gain is None:
        raise ValueError(f"trial of {one.template}: measured without log-probabilities")
    return one.gain


def _reason(best: TemplateTrial, student: Student, helps: bool, by_accuracy: bool) -> str:
    shown = f"template {best.template}" + (f" amplified by {best.beta:g}" if best.beta else "")
    shown += f" calibrated by {best.calibration:g}" if best.calibration else ""
    if by_accuracy:
        figures = (
            f"the teacher answers {best.correct} of {best.n} right with {shown}, "
            f"the student {student.correct} of {best.n} without"
        )
    else:
        gain = _gain(best)
        figures = (
            f"with {shown} the teacher finds the demonstrated replies {gain.mean:.2f} nats a token likelier than the "
            f"student (95% {gain.lower:.2f} to {gain.upper:.2f}, {best.n} demonstrations)"
        )
    if helps:
        return f"Demonstrations help: {figures}."
    return f"No template helps beyond chance: at best {figures}. An update would teach nothing; it is refused."
