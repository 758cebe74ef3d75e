"""Question and answer, one a row: JSON lines or CSV."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.json_values import refuse_half_characters
from clinical_sdft.ingest.reading import Extracted, Found, SourceFile

NEEDED = ("question", "answer")
ALLOWED = (*NEEDED, "id", "quote", "strength", "evidence", "condition", "source", "url")
_FORMULA = re.compile(r"^(?:[=@]|[+-](?:[A-Za-z]{1,20}\(|\$?[A-Z]{1,3}\$?\d))")
_MAX_CELL = 100_000
Row = tuple[str, Mapping[str, Any]]


class Questions:
    """Each row is one recommendation with its question and its answer, both as they stand."""

    name = "question and answer"
    together = False

    def reads(self, file: SourceFile) -> bool:
        """Say whether the name says JSON lines or CSV."""
        return file.suffix in (".jsonl", ".ndjson", ".csv", ".tsv")

    def read(self, files: tuple[SourceFile, ...]) -> tuple[Extracted, ...]:
        """Return the rows of each file.

        Raises:
            InputError: a row cannot be used; one line with file, line and column.
        """
        return tuple(_read(file) for file in files)


def _read(file: SourceFile) -> Extracted:
    rows = _json_rows(file) if file.suffix in (".jsonl", ".ndjson") else _csv_rows(file)
    found = tuple(_found(file, place, row) for place, row in rows)
    if not found:
        raise InputError(f"{file.name}: no rows with a question and an answer")
    text = "\n\n".join(entry.quote for entry in found)
    return Extracted(format=Questions.name, text=text, found=found)


def _json_rows(file: SourceFile) -> Iterator[Row]:
    text = file.text()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            what = error.msg if isinstance(error, json.JSONDecodeError) else "cannot be read"
            raise InputError(f"{file.name}: line {number}: not JSON: {what}") from error
        if not isinstance(row, dict):
            raise InputError(f"{file.name}: line {number}: must be an object with question and answer")
        refuse_half_characters(file.name, line, row)
        _check_names(file, f"line {number}", list(row))
        yield f"line {number}", row


def _csv_rows(file: SourceFile) -> Iterator[Row]:
    text = file.text()
    if "\x00" in text:
        raise InputError(f"{file.name}: byte {text.index(chr(0))} is zero: not a text file; save it as CSV in UTF-8")
    csv.field_size_limit(_MAX_CELL)
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        _check_names(file, "line 1", names)
        for cells in reader:
            place = f"line {reader.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(names):
                counts = f"{len(cells)} cells under {len(names)} columns"
                raise InputError(f"{file.name}: {place}: {counts}; put cells with commas in quotes")
            for name, cell in zip(names, cells, strict=True):
                if _FORMULA.match(cell.strip()):
                    raise InputError(f"{file.name}: {place}, column {name}: a formula; save the sheet's values instead")
            yield place, dict(zip(names, cells, strict=True))
    except csv.Error as error:
        raise InputError(f"{file.name}: line {reader.line_num}: not CSV: {error}") from error


def _check_names(file: SourceFile, place: str, names: list[str]) -> None:
    missing = [name for name in NEEDED if name not in names]
    unknown = [name[:40] for name in names if name not in ALLOWED]
    if missing or unknown or len(set(names)) != len(names):
        said = f"unknown column {unknown[0]!r}" if unknown else "a column twice"
        said = f"no column {missing[0]}" if missing else said
        raise InputError(f"{file.name}: {place}: {said}; columns are {', '.join(NEEDED)} and {', '.join(ALLOWED[2:])}")


def _found(file: SourceFile, place: str, row: Mapping[str, Any]) -> Found:
    said: dict[str, str | None] = {}
    for name in ALLOWED:
        value = row.get(name)
        if value is not None and not isinstance(value, str | int | float):
            raise InputError(f"{file.name}: {place}: {name}: must be text")
        said[name] = str(value).strip() or None if value is not None else None
    for name in NEEDED:
        if said[name] is None:
            raise InputError(f"{file.name}: {place}: {name} is empty; fill it in or remove the row")
    question, answer = said["question"] or "", said["answer"] or ""
    return Found(
        id=said["id"],
        quote=said["quote"] or f"{question}\n{answer}",
        statement=said["quote"] or answer,
        place=place,
        found_by="row of question and answer",
        answer=answer,
        question=question,
        whole=True,
        strength=said["strength"],
        evidence=said["evidence"],
        condition=said["condition"],
        title=said["source"],
        url=said["url"],
    )
