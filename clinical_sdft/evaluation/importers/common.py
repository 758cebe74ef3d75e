"""What importers share: rows with their places, fields that are checked, and the item a row becomes."""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from clinical_sdft.errors import InputError
from clinical_sdft.files import read_text
from clinical_sdft.validation import first_problem
from data_contracts import ChoiceScorer, SuiteItem

LARGEST_FILE = 256 * 2**20
"""Bytes; a suite of more is no suite that one model answers in a night."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NOT_IN_SLUG = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Style:
    """How rows become items.

    Attributes:
        letters: options stand lettered in the question and the letter is chosen; else the option's own text is.
        plain: without the chat template, worded as lm-evaluation-harness words such tasks.
        first_answer: what number the first option has, where the files do not tell.
    """

    letters: bool = True
    plain: bool = False
    first_answer: int | None = None


@dataclass(frozen=True)
class Imported:
    """What an importer makes of its files."""

    items: tuple[SuiteItem, ...]
    labels: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Row:
    """One row of a file and where it stands."""

    path: Path
    number: int
    value: Any

    def refuse(self, problem: str) -> InputError:
        """Return the error that names file and row, never the row's text."""
        return InputError(f"{self.path}: row {self.number}: {problem}")

    def text(self, *names: str) -> str:
        """Return the first of these fields that is there, as text that says something.

        Raises:
            InputError: none is there, or it is empty or no text.
        """
        value = self.any(*names)
        if isinstance(value, bool) or not isinstance(value, str | int | float) or not str(value).strip():
            raise self.refuse(f"`{names[0]}` is empty or no text")
        return self.clean(str(value))

    def any(self, *names: str) -> Any:
        """Return the first of these fields that is there.

        Raises:
            InputError: none is there.
        """
        for name in names:
            if name in self.value and self.value[name] is not None:
                return self.value[name]
        raise self.refuse(f"there is no field `{'` or `'.join(names)}`")

    def clean(self, text: str) -> str:
        """Return text that can be written as UTF-8.

        Raises:
            InputError: it holds half of a character.
        """
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise self.refuse("a text holds half of a character (a lone surrogate); mend the file") from error
        return text.strip()

    def texts(self, *names: str) -> list[str]:
        """Return a list of texts that each say something.

        Raises:
            InputError: it is none.
        """
        value = self.any(*names)
        if not isinstance(value, list) or not value or not all(isinstance(v, str) and v.strip() for v in value):
            raise self.refuse(f"`{names[0]}` is no list of texts")
        return [self.clean(text) for text in value]


def json_rows(path: Path) -> Iterator[Row]:
    """Yield the objects of a JSON Lines file, of a JSON array, or of a JSON object of objects (with its key as `id`).

    Raises:
        InputError: the file or a row cannot be read; the line names it.
    """
    text = _read(path)
    whole = _whole(text)
    if isinstance(whole, list):
        numbered: Iterator[tuple[int, Any]] = iter(enumerate(whole, 1))
    elif isinstance(whole, dict) and whole and all(isinstance(value, dict) for value in whole.values()):
        numbered = ((number, {"id": key} | value) for number, (key, value) in enumerate(whole.items(), 1))
    else:
        lines = enumerate(text.split("\n"), 1)
        numbered = ((number, _line(path, number, line)) for number, line in lines if line.strip())
    for number, value in numbered:
        if not isinstance(value, dict):
            raise InputError(f"{path}: row {number}: is no JSON object")
        yield Row(path, number, value)


def csv_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a CSV file as lists of texts; the number is the line the row ends on.

    Raises:
        InputError: the file or a row cannot be read; the line names it.
    """
    reader = csv.reader(io.StringIO(_read(path), newline=""), strict=True)
    while True:
        try:
            values = next(reader, None)
        except csv.Error as error:
            raise InputError(f"{path}: row {reader.line_num}: is no CSV ({error})") from error
        if values is None:
            return
        if values:
            yield Row(path, reader.line_num, values)


def json_object(path: Path) -> dict[str, Any]:
    """Read one JSON object.

    Raises:
        InputError: the file is none.
    """
    found = _whole(_read(path))
    if not isinstance(found, dict):
        raise InputError(f"{path}: is no JSON object")
    return found


def choice_item(
    row: Row, name: str, question: str, options: Sequence[str], gold: int, specialty: str, style: Style
) -> SuiteItem:
    """Return a choice item; `gold` counts from 0.

    Raises:
        InputError: the gold is none of the options, or two options are the same where their text is chosen.
    """
    if not 0 <= gold < len(options):
        raise row.refuse(f"the answer is number {gold + 1} of {len(options)} options")
    if style.letters:
        if len(options) > len(LETTERS):
            raise row.refuse(f"{len(options)} options are more than there are letters; use --options text")
        lines = [f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=False)]
        closing = "Answer:" if style.plain else "Answer with the letter only."
        asked = "\n".join([question, *lines, closing])
        answers = (LETTERS[gold], options[gold])
        scorer = ChoiceScorer(options=tuple(LETTERS[: len(options)]))
        return item(row, id=name, question=asked, answers=answers, scorer=scorer, specialty=specialty, style=style)
    if len(set(options)) < len(options):
        raise row.refuse("two options are the same; their text cannot be chosen (--options letters can)")
    asked = f"Question: {question}\nAnswer:" if style.plain else question
    scorer, answer = ChoiceScorer(options=tuple(options)), options[gold]
    return item(row, id=name, question=asked, answers=(answer,), scorer=scorer, specialty=specialty, style=style)


def item(row: Row, style: Style, **fields: Any) -> SuiteItem:
    """Return an item made of a row.

    Raises:
        InputError: the fields make none.
    """
    try:
        return SuiteItem(form="plain" if style.plain else "chat", **fields)
    except ValidationError as error:
        raise row.refuse(first_problem(error)) from error


def slug(text: str) -> str:
    """Return a text as an id: letters, digits, dots and dashes, at most 128."""
    return _NOT_IN_SLUG.sub("-", text).strip("-._")[:128] or "item"


def _read(path: Path) -> str:
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name its files")
    if path.is_file() and path.stat().st_size > LARGEST_FILE:
        raise InputError(f"{path}: larger than {LARGEST_FILE // 2**20} MiB; split it")
    return read_text(path).removeprefix("\ufeff")


def _whole(text: str) -> Any:
    """Return the one JSON value that a text is; None where it is several lines of them, or none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _line(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: row {number}: is no JSON") from error
