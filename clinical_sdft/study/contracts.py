"""What one stage of one chain of updates came to; small enough to be kept for good."""

from typing import Literal

from pydantic import Field

from data_contracts import Contract, Digest
from data_contracts.base import Fraction, Slug, Text

SuiteKind = Literal["prior", "taught", "flips", "stays"]


class SuiteResult(Contract):
    """Which items of a suite were answered right."""

    suite: Slug
    kind: SuiteKind = Field(description="prior: known from the start; taught: of a stage; flips, stays: strata")
    right: str = Field(pattern=r"^[01]+$", description="one digit an item, in the suite's order")

    @property
    def n(self) -> int:
        """Number of items."""
        return len(self.right)

    @property
    def correct(self) -> int:
        """Number of items answered right."""
        return self.right.count("1")


class StageResult(Contract):
    """A chain after one update: what it answers, how it speaks, how far it moved, what it cost."""

    schema_version: Literal[1] = 1
    data: Slug
    arm: Slug
    seed: int
    stage: int = Field(ge=0, description="0 is the version that the chain starts from")
    name: Text
    adapter: Digest
    suites: tuple[SuiteResult, ...]
    reply_words: float = Field(description="mean words of a reply")
    habit_rate: Fraction = Field(description="share of replies with a phrase that only a teacher's prompt suggests")
    kl_nats: float | None = Field(description="KL(start || now) on prior prompts, nats a token; None at stage 0")
    replies_in: Literal["float32", "bfloat16"] = Field(default="float32", description="type of the answering weights")
    template: Slug | None = None
    beta: float = 0.0
    refused: bool = Field(default=False, description="the pre-flight refused this update; the version stayed as it was")
    steps: int = 0
    seconds: float = 0.0
    flops: float = 0.0
    code_revision: Text
