"""From suite items to token ids: done once, for every model that shall answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clinical_sdft.models.prompts import chat_prompt, plain_prompt
from data_contracts import ChoiceScorer, Suite, SuiteItem

DELIMITER = " "
"""Stands between a plain prompt and an option, as in lm-evaluation-harness."""


@dataclass(frozen=True)
class Question:
    """A prompt, and for a choice the options that may follow it, as token ids."""

    prompt: tuple[int, ...]
    options: tuple[tuple[int, ...], ...] = ()


def prepare(tokenizer: Any, suite: Suite, system_prompt: str) -> tuple[Question, ...]:
    """Return the questions of a suite in the order of its items."""
    return tuple(_question(tokenizer, item, system_prompt) for item in suite.items)


def _question(tokenizer: Any, item: SuiteItem, system_prompt: str) -> Question:
    plain = item.form == "plain"
    if not isinstance(item.scorer, ChoiceScorer):
        asked = plain_prompt(tokenizer, item.question) if plain else _chat(tokenizer, item, system_prompt)
        return Question(tuple(asked))
    if plain:
        return _split(tokenizer, item.question, [DELIMITER + option for option in item.scorer.options])
    options = (tokenizer(option, add_special_tokens=False)["input_ids"] for option in item.scorer.options)
    return Question(tuple(_chat(tokenizer, item, system_prompt)), tuple(tuple(option) for option in options))


def _chat(tokenizer: Any, item: SuiteItem, system_prompt: str) -> list[int]:
    return chat_prompt(tokenizer, item.question, system_prompt, item.turns)


def _split(tokenizer: Any, context: str, continuations: Sequence[str]) -> Question:
    """Tokenise context and continuation together and cut where the context's own tokens end, as the harness does."""
    prompt = plain_prompt(tokenizer, context)
    whole = tokenizer([context + continuation for continuation in continuations])["input_ids"]
    return Question(tuple(prompt), tuple(tuple(ids[len(prompt) :]) for ids in whole))
