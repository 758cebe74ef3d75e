"""How the study trains: the defaults but for what was chosen on other cases (docs/study.md)."""

from data_contracts import TrainingSettings

TRAINING = TrainingSettings(passes=6, anchor_share=3.0, quick=True, dtype="bfloat16")


def reduced_training() -> TrainingSettings:
    """Return one short pass: it shows that a study runs, and nothing else."""
    return TRAINING.model_copy(update={"passes": 1, "anchor_share": 0.5})
