"""lm-evaluation-harness style JSON Lines: the samples it logs, or documents with a question, choices and an answer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clinical_sdft.evaluation.importers.common import LETTERS, Imported, Row, Style, choice_item, item, json_rows, slug
from data_contracts import ChoiceScorer, SuiteItem

QUESTION = ("question", "query", "centerpiece", "question_stem", "prompt")
CHOICES = ("choices", "options")
ANSWER = ("gold", "answer", "label", "answerKey", "target", "correct_options_idx")
PLAIN = Style(plain=True)


def read_harness(paths: Sequence[Path], style: Style) -> Imported:
    """Read samples (`--log_samples`), which keep the very prompt and options that were scored, or documents.

    Raises:
        InputError: a row cannot be used.
    """
    items = []
    for path in paths:
        for row in json_rows(path):
            items.append(_sample(row) if "arguments" in row.value else _document(row, style))
    return Imported(tuple(items))


def _sample(row: Row) -> SuiteItem:
    pairs = [_pair(row, argument) for argument in _arguments(row)]
    contexts = {context for context, _ in pairs}
    if len(contexts) != 1 or not pairs[0][0].strip():
        raise row.refuse("its requests do not share one prompt")
    name = slug(f"{row.path.stem}-{row.value.get('doc_id', row.number)}")
    prompt = row.clean(pairs[0][0])
    if not isinstance(pairs[0][1], str):
        answer = row.text("target")
        return item(row, PLAIN, id=name, question=prompt, answers=(answer,), specialty="general")
    options = [str(option) for _, option in pairs]
    if not all(option.startswith(" ") and option.strip() for option in options):
        raise row.refuse("its options do not follow the prompt after one space (target_delimiter)")
    options = [row.clean(option) for option in options]
    gold = _gold(row, row.any("target"), options)
    if len(set(options)) < max(2, len(options)):
        raise row.refuse("there are fewer than two options, or two are the same")
    if not 0 <= gold < len(options):
        raise row.refuse(f"the target is number {gold} of {len(options)} options, counted from 0")
    scorer = ChoiceScorer(options=tuple(options))
    return item(row, PLAIN, id=name, question=prompt, answers=(options[gold],), specialty="general", scorer=scorer)


def _arguments(row: Row) -> list[Any]:
    given = row.value["arguments"]
    found = list(given.values()) if isinstance(given, dict) else given
    if not isinstance(found, list) or not found:
        raise row.refuse("`arguments` holds no requests")
    return found


def _pair(row: Row, argument: Any) -> tuple[str, Any]:
    if isinstance(argument, dict):
        argument = [argument.get("arg_0"), argument.get("arg_1")]
    if not isinstance(argument, list) or len(argument) < 2 or not isinstance(argument[0], str):
        raise row.refuse("a request of `arguments` is no prompt with what follows it")
    return argument[0], argument[1]


def _document(row: Row, style: Style) -> SuiteItem:
    name = slug(str(row.value.get("id") or f"{row.path.stem}-{row.number}"))
    specialty = row.clean(str(row.value.get("subject") or row.value.get("specialty") or "general"))
    choices = next((row.value[name] for name in CHOICES if name in row.value), None)
    if choices is None:
        answer = row.text(*ANSWER)
        question = row.text(*QUESTION)
        return item(row, style, id=name, question=question, answers=(answer,), specialty=specialty)
    labels: list[Any] = list(LETTERS)
    if isinstance(choices, dict):  # ARC: {"text": […], "label": […]}
        named = choices.get("label")
        labels = named if isinstance(named, list) else labels
        choices = choices.get("text")
    options = Row(row.path, row.number, {"choices": choices}).texts("choices")
    gold = _gold(row, row.any(*ANSWER), options, labels)
    return choice_item(row, name, row.text(*QUESTION), options, gold, specialty, style)


def _gold(row: Row, answer: Any, options: Sequence[str], labels: Sequence[Any] = ()) -> int:
    """Return the position of the right option, given as a number from 0, a label, or its text."""
    if isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    if isinstance(answer, int) and not isinstance(answer, bool):
        return answer
    if not isinstance(answer, str):
        raise row.refuse("the answer is neither a number, a label nor an option")
    said = answer.strip()
    if said in options:
        return options.index(said)
    if said in labels:
        return list(labels).index(said)
    if said.isascii() and said.isdigit() and len(said) < 4:
        return int(said)
    raise row.refuse("the answer is none of the options")
