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

    def settings(self, base: TrainingSettings, seed: int) -> TrainingSettings:
        """Return the base settings with this arm's changes."""
        return TrainingSettings.model_validate({**base.model_dump(), **self.changes, "seed": seed})

    def choice(self, report: PreflightReport) -> PreflightReport:
        """Return the pre-flight with the template that does best, whatever its verdict."""
        return report.model_copy(update={"template": max(report.trials, key=lambda trial: trial.accuracy).template})


PLAIN = {"beta": 0.0, "calibration": 0.0}
NO_ANCHOR = {**PLAIN, "anchor_share": 0.0}
REPLAY = {"replay_share": 3.0}
"""As many labelled prior prompts beside a demonstration as the anchored arm has unlabelled ones."""
ARMS = (
    StudyArm("sft-low", "sft", {"learning_rate": 1e-4}),
    StudyArm("sft", "sft"),
    StudyArm("sft-high", "sft", {"learning_rate": 1e-3}),
    StudyArm("sft-replay", "sft", REPLAY),
    StudyArm("sdft-frozen", "sdft", NO_ANCHOR),
    StudyArm("sdft-ema", "sdft", {**NO_ANCHOR, "teacher": "ema", "dtype": "float32"}),
    StudyArm("sdft-amplified", "sdft", {**NO_ANCHOR, "beta": 1.0}),
    StudyArm("sdft-anchored", "sdft", PLAIN),
    StudyArm("sdft-led", "sdft", {**PLAIN, "teacher_passes": 2, "rollout_tokens": 12}),
    StudyArm("sdft-replay", "sdft", {**NO_ANCHOR, **REPLAY}),
)
