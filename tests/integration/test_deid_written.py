"""The notes written by hand: floors are what the engine reached when they were set; raise them, never lower one.

The name recognition has learned from the tuning notes; what it is trusted with was chosen on the choosing notes. The
held-out notes are counted and not read.
"""

from pathlib import Path

import pytest

from clinical_sdft.deid import SAFE_HARBOR
from clinical_sdft.deid.quality.detectors import own_engine
from clinical_sdft.deid.quality.score import Score, score
from data_contracts import GoldDocument

FOLDER = Path(__file__).parents[1] / "gold"


def _scored(name: str, step: int) -> Score:
    lines = (FOLDER / f"written_{name}.jsonl").read_bytes().splitlines()[::step]
    return score([GoldDocument.from_bytes(line) for line in lines], own_engine(SAFE_HARBOR))


@pytest.mark.parametrize(
    ("name", "step", "full", "precision"),
    [("tuning", 4, 0.95, 0.87), ("choosing", 1, 0.94, 0.88), ("held_out", 1, 0.95, 0.85)],
)
def test_recall_and_precision(name: str, step: int, full: float, precision: float) -> None:
    result = _scored(name, step)
    assert (result.span_full_recall.value or 0) >= full
    assert (result.token_precision.value or 0) >= precision
    assert result.known_left == 0
    assert max((result.facts_touched[kind].value or 0) for kind in ("dose", "lab", "age", "level")) <= 0.02
