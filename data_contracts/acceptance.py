"""A demonstration before a clinician accepted it, and the plan by which a lot is accepted from a sample."""

from typing import Literal

from pydantic import Field

from data_contracts.base import Contract, Digest, Fraction, Slug, Text
from data_contracts.guideline import Demonstration
from data_contracts.records import CategoryCount


class DraftDemonstration(Contract):
    """What is shown to a clinician: question and answer, the source's words, and what de-identification replaced."""

    schema_version: Literal[1] = 1
    id: Slug
    guideline: Digest
    recommendation: Slug
    question: Text | None = Field(description="as it will be asked; None where a clinician must write it")
    answer: Text | None = Field(description="the full reply; None where a clinician must write it")
    label: Text | None = Field(description="what must be said to be right; stands within the answer")
    quote: Text
    place: Text = Field(description="file, page or element of the quote")
    source_sha256: Digest | None = None
    condition: Text | None = None
    strength: Text | None = None
    evidence: Text | None = None
    record: Digest | None = Field(default=None, description="keyed digest of the patient record, if any")
    replaced: tuple[CategoryCount, ...] = Field(default=(), description="identifiers replaced in that record")

    made: Demonstration | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="the demonstration itself where it was made whole elsewhere, as by a rule",
    )

    @property
    def complete(self) -> bool:
        """Whether it could be trained on as it stands."""
        return self.question is not None and self.answer is not None and self.label is not None


class SamplingPlan(Contract):
    """A single sample without replacement, accepted on zero defects: c = 0."""

    lot: int = Field(ge=1)
    sample: int = Field(ge=1)
    defective: int = Field(ge=1, description="defects in the lot that must not pass unseen")
    ltpd: Fraction = Field(description="lot tolerance percent defective")
    risk: Fraction = Field(description="the consumer's risk that was asked for")
    achieved: Fraction = Field(description="probability that a lot with so many defects passes")
