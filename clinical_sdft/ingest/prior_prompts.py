"""Questions the hospital's model has been asked before, one JSON object a line, some with the right answer."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from clinical_sdft.errors import InputError
from clinical_sdft.files import read_text


class Labelled(NamedTuple):
    """A prior question with the full reply the hospital holds for right."""

    question: str
    answer: str


class PriorPrompts(NamedTuple):
    """All prior questions with the group of each ("" for none), and those of them that carry an answer."""

    questions: list[str]
    labelled: list[Labelled]
    groups: list[str]


def read_prior_prompts(file: Path) -> PriorPrompts:
    """Read `prior_prompts.jsonl`.

    Raises:
        InputError: a line is not of the form; names it.
    """
    rows = list(_rows(file))
    return PriorPrompts(
        [question for question, _, _ in rows],
        [Labelled(question, answer) for question, answer, _ in rows if answer is not None],
        [group for _, _, group in rows],
    )


def _rows(file: Path) -> Iterator[tuple[str, str | None, str]]:
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            question, answer, group = str(value["question"]), value.get("answer"), str(value.get("group", ""))
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            form = '{"question": "…"}, or {"question": "…", "answer": "…"} for replay'
            raise InputError(f"{file}, line {number}: write {form}") from error
        if answer is not None and not (isinstance(answer, str) and answer.strip()):
            raise InputError(f"{file}, line {number}: `answer` must be the full reply as text; or leave it out")
        yield question, answer, group
