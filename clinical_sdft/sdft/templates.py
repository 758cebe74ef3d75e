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

WORKED_TEMPLATES: dict[str, str] = {
    "worked-after": (
        "{question}\n\nA specialist worked this case through: {worked}\nConclusion: {answer}\n"
        "Now work it through in your own words and answer."
    ),
    "guideline-worked": (
        "Guideline: {quote}\nA specialist worked the case below through with it: {worked}\nConclusion: {answer}\n\n"
        "{question}"
    ),
}
"""Teacher prompts for demonstrations that show how the answer is reached."""

ALL_TEMPLATES = {**TEMPLATES, **WORKED_TEMPLATES}


def templates_for(demonstrations: Sequence[Demonstration]) -> tuple[str, ...]:
    """Return the names of the templates that fit: those with reasoning only where every demonstration has some."""
    worked = bool(demonstrations) and all(demonstration.worked for demonstration in demonstrations)
    return (*TEMPLATES, *WORKED_TEMPLATES) if worked else tuple(TEMPLATES)


def template_text(name: str) -> str:
    """Return a template by name.

    Raises:
        InputError: there is none of that name.
    """
    if name not in ALL_TEMPLATES:
        raise InputError(f"teacher template {name!r}: there is none; known are {', '.join(ALL_TEMPLATES)}")
    return ALL_TEMPLATES[name]


def teacher_prompt(
    tokenizer: Any, demonstration: Demonstration, template: str, limit: int, system_prompt: str
) -> list[int]:
    """Return the teacher's prompt as token ids; it is never cut.

    Raises:
        InputError: the prompt is longer than `limit` tokens, or has no such template.
    """
    text = template_text(template).format(
        question=demonstration.question,
        answer=demonstration.answer,
        quote=demonstration.quote,
        worked=demonstration.worked or demonstration.answer,
    )
    ids = chat_prompt(tokenizer, text, system_prompt, demonstration.turns)
    if len(ids) > limit:
        raise InputError(
            f"demonstration {demonstration.id}: its teacher prompt has {len(ids)} tokens, the model reads "
            f"{limit}; shorten the case or the quoted span"
        )
    return ids


def empty_prompt(tokenizer: Any, demonstration: Demonstration, template: str, system_prompt: str) -> list[int]:
    """Return the template around nothing: the question is there, the demonstration is not."""
    text = template_text(template).format(question=demonstration.question, answer="", quote="", worked="")
    return chat_prompt(tokenizer, text, system_prompt, demonstration.turns)


def teacher_prompts(
    tokenizer: Any, demonstrations: Sequence[Demonstration], template: str, limit: int, system_prompt: str
) -> list[list[int]]:
    """Return the teacher's prompts of several demonstrations."""
    return [teacher_prompt(tokenizer, item, template, limit, system_prompt) for item in demonstrations]
