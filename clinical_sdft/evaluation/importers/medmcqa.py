"""MedMCQA (Pal et al. 2022): question, opa to opd, cop, subject_name."""

from collections.abc import Sequence
from pathlib import Path

from clinical_sdft.errors import InputError
from clinical_sdft.evaluation.importers.common import Imported, Row, Style, choice_item, json_rows, slug

OPTIONS = ("opa", "opb", "opc", "opd")


def read_medmcqa(paths: Sequence[Path], style: Style) -> Imported:
    """Read JSON Lines of MedMCQA.

    The authors' files count the right option (`cop`) from 1, the copy on the Hugging Face hub from 0; the numbers in
    the files tell which, or else `first_answer` must.

    Raises:
        InputError: a row cannot be used, or it cannot be told which option is the right one.
    """
    rows = [row for path in paths for row in json_rows(path)]
    answers = [_number(row) for row in rows]
    first = _first(paths, set(answers), style.first_answer) if answers else 0
    items = []
    for row, answer in zip(rows, answers, strict=True):
        options = [row.text(name) for name in OPTIONS]
        name = slug(str(row.value.get("id") or f"{row.path.stem}-{row.number}"))
        specialty = str(row.value.get("subject_name") or "medicine")
        items.append(choice_item(row, name, row.text("question"), options, answer - first, row.clean(specialty), style))
    return Imported(tuple(items))


def _number(row: Row) -> int:
    value = row.any("cop")
    if isinstance(value, bool) or not isinstance(value, int):
        raise row.refuse("`cop` is no number")
    if value == -1:
        raise row.refuse("`cop` is -1: this file holds questions without answers (the test split)")
    return value


def _first(paths: Sequence[Path], numbers: set[int], given: int | None) -> int:
    if given is not None:
        return given
    if 0 in numbers and 4 not in numbers:
        return 0
    if 4 in numbers and 0 not in numbers:
        return 1
    raise InputError(f"{paths[0]}: `cop` does not tell whether its first option is 0 or 1; say so with --first-answer")
