"""How the study trains: the defaults with more passes, since an update here shows few cases (docs/study.md)."""

from data_contracts import TrainingSettings

TRAINING = TrainingSettings(passes=6)


def reduced_training() -> TrainingSettings:
    """Return one short pass: it shows that a study runs, and nothing else."""
    return TRAINING.model_copy(update={"passes": 1, "anchor_share": 0.5})
