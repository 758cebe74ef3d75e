"""How the study trains: the defaults but for what was chosen on other cases (docs/study.md)."""

from data_contracts import TrainingSettings

TRAINING = TrainingSettings(passes=9, anchor_share=3.0, anchor_sampling="near", quick=True, dtype="bfloat16")


REDUCED = {"passes": 1, "anchor_share": 0.5}
"""Changes that show that a study runs, and nothing else."""
