"""MMLU (Hendrycks et al. 2021): CSV of question, four options and a letter; or rows with choices and a number."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from clinical_sdft.evaluation.importers.common import (
    LETTERS,
    Imported,
    Row,
    Style,
    choice_item,
    csv_rows,
    json_rows,
    slug,
)
from data_contracts import SuiteItem

_SPLIT = re.compile(r"_(?:test|val|dev|auxiliary_train)$")


def read_mmlu(paths: Sequence[Path], style: Style) -> Imported:
    """Read the authors' CSV files, whose name is the subject, or JSON Lines with subject, choices and answer.

    Raises:
        InputError: a row cannot be used.
    """
    return Imported(tuple(item for path in paths for item in _items(path, style)))


def _items(path: Path, style: Style) -> Iterator[SuiteItem]:
    subject = _SPLIT.sub("", path.stem) or "medicine"
    if path.suffix.casefold() == ".csv":
        for row in csv_rows(path):
            yield _from_csv(row, subject, style)
        return
    for row in json_rows(path):
        answer = row.any("answer")
        if isinstance(answer, str) and answer in tuple(LETTERS):
            answer = LETTERS.index(answer)
        if isinstance(answer, bool) or not isinstance(answer, int):
            raise row.refuse("`answer` is neither a number from 0 nor a letter")
        named = row.clean(str(row.value.get("subject") or subject))
        name = slug(f"{named}-{row.number}")
        yield choice_item(row, name, row.text("question"), row.texts("choices"), answer, _words(named), style)


def _from_csv(row: Row, subject: str, style: Style) -> SuiteItem:
    if len(row.value) != 6:
        raise row.refuse(f"has {len(row.value)} columns; MMLU has 6: question, four options, letter")
    question, *options, letter = (row.clean(cell) for cell in row.value)
    if letter not in tuple("ABCD"):
        raise row.refuse("the last column is no letter from A to D")
    if not all((question, *options)):
        raise row.refuse("the question or an option is empty")
    name = slug(f"{subject}-{row.number}")
    return choice_item(row, name, question, options, LETTERS.index(letter), _words(subject), style)


def _words(subject: str) -> str:
    return subject.replace("_", " ").strip() or "medicine"
