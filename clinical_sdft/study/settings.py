"""How the study trains: the defaults but for what was chosen on other cases (docs/study.md)."""

from data_contracts import TrainingSettings

TRAINING = TrainingSettings(passes=9, anchor_share=3.0, anchor_sampling="near", quick=True, dtype="bfloat16")


def reduced_training() -> TrainingSettings:
    """Return one short pass: it shows that a study runs, and nothing else."""
    return TRAINING.model_copy(update={"passes": 1, "anchor_share": 0.5})
