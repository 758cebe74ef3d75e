"""Suites, and what a model scored on each of their items."""

from typing import Literal, Self

from pydantic import Field, model_validator

from data_contracts.base import Contract, Digest, Fraction, Slug, Text
from data_contracts.guideline import _refuse_duplicates
from data_contracts.rules import FieldValue


class SuiteItem(Contract):
    """One question with the phrases that count as its answer."""

    id: Slug
    question: Text
    answers: tuple[Text, ...] = Field(min_length=1, description="accepted phrases; the first is the gold")
    specialty: Text
    must_pass: bool = Field(default=False, description="a never event: a wrong answer blocks the update")
    patient: Slug | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="pseudonym; items of one patient are one cluster",
    )
    fields: tuple[FieldValue, ...] = Field(
        default=(), exclude_if=lambda value: not value, description="the case in typed values, for rules to judge"
    )


class Suite(Contract):
    """A sealed set of items; its digest is its seal."""

    schema_version: Literal[1] = 1
    id: Slug
    version: Text
    specialty: Text
    licence: Text
    source: Text
    labels: tuple[tuple[Text, ...], ...] = Field(
        default=(),
        description="closed label set: one tuple of synonyms each; a reply naming two labels is wrong",
    )
    items: tuple[SuiteItem, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _item_ids_are_unique(self) -> Self:
        _refuse_duplicates("item", [item.id for item in self.items])
        return self


class Decoding(Contract):
    """How replies were generated; scores compare only under equal settings."""

    strategy: Literal["greedy"] = "greedy"
    max_new_tokens: int = Field(default=16, ge=1)
    system_prompt: str = ""
    dtype: Text = "float32"


class ItemScore(Contract):
    """The reply of one model to one item, and whether it is right."""

    item: Slug
    reply: str
    score: Fraction


class SuiteScores(Contract):
    """Everything one model scored on one sealed suite."""

    schema_version: Literal[1] = 1
    suite_id: Slug
    suite: Digest
    model: Digest = Field(description="digest of base model and adapter together")
    decoding: Decoding
    scores: tuple[ItemScore, ...] = Field(min_length=1)

    @property
    def accuracy(self) -> float:
        """Mean item score, 0 to 1."""
        return sum(item.score for item in self.scores) / len(self.scores)
