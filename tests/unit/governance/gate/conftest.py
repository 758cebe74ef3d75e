"""A run that passes, to be spoilt by each test in its own way."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from gate_cases import INCUMBENT, NEW, policy, scored, suite

from data_contracts import GateDecision, GatePolicy, Suite, SuiteScores
from governance.gate import decide


@dataclass
class Run:
    """Arguments of `decide`, open to change."""

    policy: GatePolicy
    suites: list[Suite]
    incumbent: list[SuiteScores]
    candidate: list[SuiteScores]
    attempt: int = 1
    new_suite_id: str = NEW
    arm: str = field(default="update")

    def decide(self) -> GateDecision:
        return decide(**self.__dict__)


@pytest.fixture
def run() -> Run:
    """Cardiology keeps 120 of 120, neurology 110 of 110, and the new suite gains 30 of 60."""
    heart, brain, new = suite("cardiology", 120), suite("neurology", 110, must_pass=(0, 1)), suite(NEW, 60)
    return Run(
        policy=policy(),
        suites=[heart, brain, new],
        incumbent=[
            scored(heart, model=INCUMBENT),
            scored(brain, model=INCUMBENT),
            scored(new, range(30), INCUMBENT),
        ],
        candidate=[scored(heart), scored(brain), scored(new)],
    )
