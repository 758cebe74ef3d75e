"""What the teacher reads and the student does not: the demonstration, in one of several phrasings."""

from collections.abc import Sequence
from typing import Any

from clinical_sdft.errors import InputError
from clinical_sdft.models.prompts import chat_prompt
from data_contracts import Demonstration

TEMPLATES: dict[str, str] = {
    "answer-after": "{question}\n\nA specialist settled this case: {answer}\nNow give your own answer.",
    "answer-before": "Worked example.\nCase: {question}\nReply: {answer}\n\nNow the same case again. {question}",
    "guideline-answer": "Guideline: {quote}\nA specialist applied it to the case below: {answer}\n\n{question}",
}
"""Teacher prompts by name. Each shows the answer; the last shows the guideline's words beside it."""


def teacher_prompt(
    tokenizer: Any, demonstration: Demonstration, template: str, limit: int, system_prompt: str
) -> list[int]:
    """Return the teacher's prompt as token ids; it is never cut.

    Raises:
        InputError: the prompt is longer than `limit` tokens.
    """
    text = TEMPLATES[template].format(
        question=demonstration.question, answer=demonstration.answer, quote=demonstration.quote
    )
    ids = chat_prompt(tokenizer, text, system_prompt)
    if len(ids) > limit:
        raise InputError(
            f"demonstration {demonstration.id}: its teacher prompt has {len(ids)} tokens, the model reads "
            f"{limit}; shorten the case or the quoted span"
        )
    return ids


def teacher_prompts(
    tokenizer: Any, demonstrations: Sequence[Demonstration], template: str, limit: int, system_prompt: str
) -> list[list[int]]:
    """Return the teacher's prompts of several demonstrations."""
    return [teacher_prompt(tokenizer, item, template, limit, system_prompt) for item in demonstrations]
