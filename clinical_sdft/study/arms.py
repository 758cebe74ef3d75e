"""The arms of the study: what differs between them and nothing else."""

from dataclasses import dataclass, field
from typing import Any, Literal

from data_contracts import PreflightReport, TrainingSettings


@dataclass(frozen=True)
class StudyArm:
    """One way of training: plain fine-tuning or self-distillation, with what differs from the defaults."""

    name: str
    kind: Literal["sft", "sdft"]
    changes: dict[str, Any] = field(default_factory=dict)
    replay: bool = False
    amplified: bool = False

    def settings(self, base: TrainingSettings, seed: int) -> TrainingSettings:
        """Return the base settings with this arm's changes."""
        return TrainingSettings.model_validate({**base.model_dump(), **self.changes, "seed": seed})

    def choice(self, report: PreflightReport) -> PreflightReport:
        """Return the pre-flight with the template of this arm: the best plain one, or the best amplified one."""
        trials = [trial for trial in report.trials if bool(trial.beta) is self.amplified]
        best = max(trials, key=lambda trial: (trial.accuracy, -trial.beta))
        return report.model_copy(update={"template": best.template, "beta": best.beta})


NO_ANCHOR = {"anchor_share": 0.0}
ARMS = (
    StudyArm("sft-low", "sft", {"learning_rate": 1e-4}),
    StudyArm("sft", "sft"),
    StudyArm("sft-high", "sft", {"learning_rate": 1e-3}),
    StudyArm("sft-replay", "sft", replay=True),
    StudyArm("sdft-frozen", "sdft", NO_ANCHOR),
    StudyArm("sdft-ema", "sdft", {**NO_ANCHOR, "teacher": "ema"}),
    StudyArm("sdft-amplified", "sdft", NO_ANCHOR, amplified=True),
    StudyArm("sdft-anchored", "sdft"),
)
