"""A diagnostic guideline as the hospital receives it, and the demonstrations made from it."""

from collections import Counter
from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from data_contracts.base import Contract, Digest, Slug, Text


class Source(Contract):
    """Where a clinical fact is published."""

    title: Text
    publisher: Text
    url: Text


class Recommendation(Contract):
    """One statement of a guideline with the span of text it stands on."""

    id: Slug
    answer: Text = Field(description="the diagnosis the recommendation leads to")
    statement: Text
    quote: Text = Field(description="a span that stands verbatim in the guideline's document")
    strength: Text | None = None
    evidence: Text | None = None
    source: Source
    confusable: Text | None = Field(default=None, description="the known diagnosis it is told apart from")


class GuidelineCase(Contract):
    """A worked case the guideline itself carries."""

    id: Slug
    recommendation: Slug
    question: Text
    answer: Text


class Guideline(Contract):
    """A guideline: who issued it, what it replaces, what it recommends and on which text."""

    schema_version: Literal[1] = 1
    id: Slug
    title: Text
    issuer: Text
    version: Text
    date: date
    supersedes: Digest | None = Field(default=None, description="digest of the guideline this one replaces")
    licence: Text
    document: Text
    recommendations: tuple[Recommendation, ...] = Field(min_length=1)
    cases: tuple[GuidelineCase, ...] = ()

    @model_validator(mode="after")
    def _ids_quotes_and_references_hold(self) -> Self:
        _refuse_duplicates("recommendation", [item.id for item in self.recommendations])
        _refuse_duplicates("case", [item.id for item in self.cases])
        known = {item.id for item in self.recommendations}
        for item in self.recommendations:
            if item.quote not in self.document:
                raise ValueError(f"recommendation {item.id}: its quote does not stand in the document")
        for case in self.cases:
            if case.recommendation not in known:
                raise ValueError(f"case {case.id}: there is no recommendation {case.recommendation}")
        return self


class Turn(Contract):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: Text


def _refuse_duplicates(kind: str, ids: list[str]) -> None:
    twice = sorted(item for item, number in Counter(ids).items() if number > 1)
    if twice:
        raise ValueError(f"duplicate {kind} id: {', '.join(twice)}")


class Demonstration(Contract):
    """What the teacher is shown: a question, its worked answer, and the guideline's words beside it."""

    schema_version: Literal[1] = 1
    id: Slug
    question: Text
    answer: Text = Field(description="the full reply, as the model should phrase it")
    label: Text = Field(description="the diagnosis within the reply: what must be said to be right")
    quote: Text
    guideline: Digest
    recommendation: Slug
    record: Digest | None = Field(default=None, description="keyed digest of the patient record, if any")
    worked: Text | None = Field(
        default=None, description="the reasoning that leads to the answer", exclude_if=lambda value: value is None
    )
    turns: tuple[Turn, ...] = Field(
        default=(), description="the conversation before the question", exclude_if=lambda value: not value
    )

    @property
    def reply(self) -> str:
        """What a model that imitates the demonstration says: the reasoning, where there is any, and the answer."""
        return f"{self.worked}\n{self.answer}" if self.worked else self.answer
