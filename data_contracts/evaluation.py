"""Suites, and what a model scored on each of their items."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from data_contracts.base import Contract, Digest, Fraction, Slug, Text
from data_contracts.guideline import Turn, _refuse_duplicates
from data_contracts.rules import FieldValue
from data_contracts.scorers import ChoiceScorer, LabelSetScorer, PhraseScorer, Scorer


class SuiteItem(Contract):
    """One question with the phrases that count as its answer.

    `question` is the last thing said to the model. A file may give a whole conversation under `turns` instead: its
    closing user turn is then the question, so that both ways of writing an item seal to the same bytes.
    """

    id: Slug
    question: Text
    answers: tuple[Text, ...] = Field(min_length=1, description="accepted phrases; the first is the gold")
    specialty: Text
    must_pass: bool = Field(default=False, description="a never event: a wrong answer blocks the update")
    fields: tuple[FieldValue, ...] = Field(
        default=(), exclude_if=lambda value: not value, description="the case in typed values, for rules to judge"
    )
    turns: tuple[Turn, ...] = Field(
        default=(), exclude_if=lambda value: not value, description="what was said before the question, in order"
    )
    form: Literal["chat", "plain"] = Field(
        default="chat",
        exclude_if=lambda value: value == "chat",
        description="plain: continued without the chat template",
    )
    scorer: Scorer = Field(
        default_factory=PhraseScorer,
        exclude_if=lambda value: value.kind == "phrase",
        description="how an answer is scored",
    )
    patient: Slug | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="pseudonym; items of one patient are one cluster",
    )
    subgroup: dict[Slug, Text] = Field(
        default={},
        exclude_if=lambda value: not value,
        description="such as age band and sex; judged by the gate's policy",
    )

    @model_validator(mode="before")
    @classmethod
    def _closing_user_turn_is_the_question(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "question" in value or not isinstance(value.get("turns"), list | tuple):
            return value
        *before, last = value["turns"] or [None]
        if not isinstance(last, dict) or last.get("role") != "user":
            raise ValueError("turns must end with what the user asks, or `question` must say it")
        return value | {"question": last.get("content"), "turns": before}

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        spoken = [turn.role for turn in self.turns]
        if spoken and spoken[0] == "system":
            spoken = spoken[1:]
        if spoken != ["user", "assistant"] * (len(spoken) // 2):
            raise ValueError("turns must be user and assistant in turn, after at most one system turn")
        if self.form == "plain" and self.turns:
            raise ValueError("form plain has no turns; write all of the prompt into `question`")
        if isinstance(self.scorer, ChoiceScorer) and self.answers[0] not in self.scorer.options:
            raise ValueError("the first answer must be one of the scorer's options, word for word")
        return self


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

    @model_validator(mode="after")
    def _label_sets_are_closed(self) -> Self:
        names = {name.casefold() for label in self.labels for name in label}
        for item in self.items:
            if isinstance(item.scorer, LabelSetScorer):
                strange = [answer for answer in item.answers if answer.casefold() not in names]
                if strange:
                    raise ValueError(f"item {item.id}: an answer of a label set must be one of the suite's `labels`")
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
