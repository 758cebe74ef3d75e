"""CSV: one record a row; which column is what, a small YAML file beside it says, or the usual names do."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from clinical_sdft.deid.errors import NoteError, RecordSourceError
from clinical_sdft.deid.known import NOT_IDENTIFYING, telling_key
from clinical_sdft.deid.readers.narrative import decoded
from clinical_sdft.deid.readers.parts import NOT_STATED, Read, Unread
from data_contracts.records import PatientRecord

MAPPING_ENDING = ".columns.yaml"
MAX_FIELD = 20_000_000
"""The longest cell, in characters; longer ones are no notes."""

_USUAL = {
    "id": ("id", "record_id", "note_id", "document_id", "row_id"),
    "patient.id": ("patient_id", "patientid", "subject_id", "person_id", "patient"),
    "narrative": ("narrative", "note", "note_text", "text", "notes", "report", "document"),
    "diagnosis": ("diagnosis", "diagnosis_name", "dx", "condition"),
}
_REQUIRED = ("patient.id", "narrative")


def mapping_file(file: Path) -> Path:
    """Return where the columns of a CSV file are named: `NAME.columns.yaml` beside `NAME.csv`."""
    return file.with_suffix(MAPPING_ENDING)


def read_mapping(file: Path) -> dict[str, str]:
    """Return which field each named column fills: `patient.name: PatName`; nothing where there is no such file.

    Raises:
        RecordSourceError: it is no such mapping.
    """
    path = mapping_file(file)
    if not path.is_file():
        return {}
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise RecordSourceError(f"{path}: not YAML in UTF-8") from None
    if not isinstance(found, dict) or not all(isinstance(item, str) for pair in found.items() for item in pair):
        raise RecordSourceError(f"{path}: give lines of the form `narrative: COLUMN`")
    wrong = [name for name in found if name not in ("id", "narrative", "diagnosis") and not name.startswith("patient.")]
    if wrong:
        raise RecordSourceError(
            f"{path}: `{wrong[0]}` is no field; use id, narrative, diagnosis, patient.id, patient.…"
        )
    return found


def read_table(content: bytes, name: str, mapping: dict[str, str]) -> Iterator[Read]:
    """Yield the records of a table.

    Args:
        content: the bytes of the file.
        name: how messages call it; must not name a patient.
        mapping: what `read_mapping` gave.

    Raises:
        RecordSourceError: a needed column is not there; the message shows no cell.
    """
    try:
        text = decoded(content)
    except NoteError as error:
        raise RecordSourceError(f"{name}: {error}") from None
    csv.field_size_limit(MAX_FIELD)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    header = [cell.strip() for cell in next(rows, [])]
    columns = _columns(header, name, mapping)
    number = 1
    while True:
        number += 1
        try:
            row = next(rows, None)
        except csv.Error:
            yield Unread(f"row {number}", "not a row of a table", f"{name} {number}".encode())
            return
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield _record(row, len(header), columns, f"row {number}")


def _columns(header: list[str], name: str, mapping: dict[str, str]) -> dict[str, int]:
    """Return the index of the column of each field.

    Raises:
        RecordSourceError: a column is missing or stands twice.
    """
    absent = [column for column in mapping.values() if header.count(column) != 1]
    if absent:
        raise RecordSourceError(
            f"{name}: the mapping names `{absent[0]}`, which stands {header.count(absent[0])} times in the first row"
        )
    columns = {field: header.index(column) for field, column in mapping.items()}
    keys = [cell.casefold().replace(" ", "_") for cell in header]
    for field, usual in _USUAL.items():
        found = [keys.index(one) for one in usual if keys.count(one) == 1]
        if field not in columns and found:
            columns[field] = found[0]
    missing = [field for field in _REQUIRED if field not in columns]
    if missing:
        raise RecordSourceError(
            f"{name}: no column for `{missing[0]}` among its {len(header)}; name it in a file that ends in "
            f"{MAPPING_ENDING} beside it, with a line `{missing[0]}: COLUMN`"
        )
    taken = set(columns.values())
    for index, key in enumerate(keys):
        if index not in taken and key not in NOT_IDENTIFYING and telling_key(key):
            columns.setdefault(f"patient.{key}", index)
    return columns


def _record(row: list[str], width: int, columns: dict[str, int], place: str) -> Read:
    raw = json.dumps(row).encode("utf-8", "surrogatepass")
    if len(row) != width:
        return Unread(place, f"{len(row)} cells where the first row has {width}", raw)
    cells = {field: row[index].strip() for field, index in columns.items()}
    patient: dict[str, Any] = {}
    for field, cell in cells.items():
        if field.startswith("patient.") and cell:
            _put(patient, field.split(".")[1:], cell)
    try:
        return PatientRecord(
            id=cells.get("id") or f"{cells['patient.id']} {place}",
            patient=patient,
            narrative=cells["narrative"],
            diagnosis=cells.get("diagnosis") or NOT_STATED,
        )
    except ValidationError as error:
        return Unread(place, f"not a patient record ({error.errors()[0]['loc'][0]})", raw)


def _put(patient: dict[str, Any], path: list[str], cell: str) -> None:
    """Set a nested value: `relative.name` under `relative`."""
    for name in path[:-1]:
        inner = patient.setdefault(name, {})
        patient = inner if isinstance(inner, dict) else {}
    patient[path[-1]] = cell


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(",;\t|", key=first.count)
