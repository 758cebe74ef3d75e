"""A diagnostic guideline as the hospital receives it, and the demonstrations made from it."""

from collections import Counter
from datetime import date
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from data_contracts.base import Contract, Digest, Slug, Text
from data_contracts.rules import FieldValue, Rule, RuleField


def _unsaid(value: Any) -> bool:
    return value is None or value is False


class Source(Contract):
    """Where a clinical fact is published."""

    title: Text
    publisher: Text
    url: Text


class Recommendation(Contract):
    """One statement of a guideline with the span of text it stands on."""

    id: Slug
    answer: Text | None = Field(
        default=None, description="the diagnosis the recommendation leads to; none where a document states none"
    )
    statement: Text
    quote: Text = Field(description="a span that stands verbatim in the guideline's document")
    strength: Text | None = None
    evidence: Text | None = None
    source: Source
    confusable: Text | None = Field(default=None, description="the known diagnosis it is told apart from")
    # What follows is left out of the canonical bytes where it says nothing: older guidelines keep their digests.
    source_sha256: Digest | None = Field(
        default=None, exclude_if=_unsaid, description="digest of the file it was read from; none where people wrote it"
    )
    path: Text | None = Field(default=None, exclude_if=_unsaid, description="that file, within what was ingested")
    page: int | None = Field(default=None, exclude_if=_unsaid, ge=1, description="page of the quote")
    place: Text | None = Field(default=None, exclude_if=_unsaid, description="heading, row or element of the quote")
    condition: Text | None = Field(default=None, exclude_if=_unsaid, description="when it applies, as the source says")
    logic: Text | None = Field(default=None, exclude_if=_unsaid, description="that condition as code (CQL), if given")
    found_by: Text | None = Field(default=None, exclude_if=_unsaid, description="the rule that found it")


class GuidelineCase(Contract):
    """A worked case the guideline itself carries."""

    id: Slug
    recommendation: Slug
    question: Text
    answer: Text
    whole: bool = Field(
        default=False, exclude_if=_unsaid, description="question and answer stand as they are, without the usual words"
    )


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
    fields: tuple[RuleField, ...] = Field(
        default=(), exclude_if=lambda value: not value, description="what the rules read of a record"
    )
    rules: tuple[Rule, ...] = Field(
        default=(), exclude_if=lambda value: not value, description="the recommendations as conditions over the fields"
    )

    @model_validator(mode="after")
    def _ids_quotes_and_references_hold(self) -> Self:
        _refuse_duplicates("recommendation", [item.id for item in self.recommendations])
        _refuse_duplicates("case", [item.id for item in self.cases])
        known = {item.id for item in self.recommendations}
        for item in self.recommendations:
            if item.answer is None and item.source_sha256 is None:
                raise ValueError(f"recommendation {item.id}: answer: is missing; say which diagnosis it leads to")
            if item.quote not in self.document:
                raise ValueError(f"recommendation {item.id}: its quote does not stand in the document")
        for case in self.cases:
            if case.recommendation not in known:
                raise ValueError(f"case {case.id}: there is no recommendation {case.recommendation}")
        self._check_rules(known)
        return self

    def _check_rules(self, recommendations: set[str]) -> None:
        _refuse_duplicates("field", [field.name for field in self.fields])
        _refuse_duplicates("rule", [rule.id for rule in self.rules])
        if self.rules and not self.fields:
            raise ValueError("rules read `fields`; list them with their types and units")
        for rule in self.rules:
            if rule.recommendation not in recommendations:
                raise ValueError(f"rule {rule.id}: there is no recommendation {rule.recommendation}")
            if rule.quote not in self.document:
                raise ValueError(f"rule {rule.id}: its quote does not stand in the document")


class Turn(Contract):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: Text


def _is_none(value: object) -> bool:
    return value is None


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
    rule: Slug | None = Field(default=None, exclude_if=_is_none, description="the rule that gave the answer")
    fields: tuple[FieldValue, ...] = Field(
        default=(), exclude_if=lambda value: not value, description="what the rule read of the record"
    )
    reasoning: Text | None = Field(
        default=None,
        exclude_if=_is_none,
        description="how the answer follows, for people; no model is shown it. What the reply itself says is `worked`",
    )
    worked: Text | None = Field(
        default=None,
        exclude_if=_is_none,
        description="how the answer follows, as part of the reply: shown to teachers, and said before `answer`",
    )
    turns: tuple[Turn, ...] = Field(
        default=(), description="the conversation before the question", exclude_if=lambda value: not value
    )

    @property
    def reply(self) -> str:
        """What a model that imitates the demonstration says: the reasoning, where there is any, and the answer."""
        return f"{self.worked}\n{self.answer}" if self.worked else self.answer
