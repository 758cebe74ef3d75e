"""Structured records as typed values: columns of CSV files, or what FHIRPaths find in bundles.

Only what the mapping lists is read, and only as numbers, yes or no, and words of a closed list, so that no free text
and no identifier can come along. A reading that is not there is absent; one that cannot be read stops everything.
"""

import csv
import gzip
import io
import json
import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.bounded import allowance, in_child
from clinical_sdft.ingest.json_values import refuse_half_characters
from clinical_sdft.ingest.rules.mapping import FieldSource, Mapping
from clinical_sdft.ingest.rules.sandbox import find
from clinical_sdft.ingest.rules.units import UnitError, convert, prepare
from data_contracts import Digest, Guideline, RuleField
from data_contracts.rules import Value

OLDEST = 89.0
"""Ages above this are given as 90, as the HIPAA Safe Harbor method asks (45 CFR 164.514(b)(2)(i)(C))."""

Keyed = Callable[[bytes], Digest]
"""Returns the keyed digest of an identifier: without the key nobody can test a guess."""

_EACH = "each"
_PATIENT = "entry.resource.where(resourceType = 'Patient').id"
_BATCH = 16 << 20
_UNPACKED = 10
"""Times a packed table is larger once it is unpacked; its time to be read is reckoned so."""
_LONGEST_CELL = 4096


@dataclass(frozen=True)
class CaseRecord:
    """One case of a structured record: typed values in the guideline's units."""

    patient: Digest
    number: int
    """Which case of the file this is, from 1."""
    values: dict[str, Value]
    published: str | None = None
    """The published answer, in the rules' words."""


@dataclass(frozen=True)
class Read:
    """Cases, and how many rows the mapping's `only` left out."""

    cases: tuple[CaseRecord, ...]
    left_out: int


def read_cases(source: Path, mapping: Mapping, guideline: Guideline, keyed: Keyed) -> Read:
    """Read a CSV file (`.csv`, `.csv.gz`), or a FHIR bundle or a folder of them.

    The reading is done in a child process, whose time grows with the size and whose memory is bounded.

    Raises:
        InputError: the file cannot be read, a column is not there, or a value is not what its field says. One line
            with file and place, which never repeats the value.
    """
    fields = {field.name: field for field in guideline.fields}
    sources = {name: entry for name, entry in mapping.fields.items() if name in fields}
    mapping = mapping.model_copy(update={"fields": sources})
    reader = _read_csv if mapping.format == "csv" else _read_fhir

    def read() -> list[Any]:
        return [
            case and [case.patient, case.number, case.values, case.published]
            for case in reader(source, mapping, fields, keyed)
        ]

    units = [(fields[name].unit, entry.unit) for name, entry in sources.items() if fields[name].type == "number"]
    if any(theirs != ours for ours, theirs in units):
        prepare()
    rows = in_child(read, f"{source}", allowance(_size(source)))
    cases = [CaseRecord(*row) for row in rows if row is not None]
    left_out = len(rows) - len(cases)
    if not cases:
        raise InputError(f"{source}: no record to apply rules to ({left_out} left out by the mapping's `only`)")
    return Read(tuple(cases), left_out)


def _size(source: Path) -> int:
    """Return about how many bytes there are to read."""
    files = source.glob("*.json") if source.is_dir() else [source]
    size = sum(file.stat().st_size for file in files if file.is_file())
    return size * _UNPACKED if source.suffix == ".gz" else size


def _read_csv(
    source: Path, mapping: Mapping, fields: dict[str, RuleField], keyed: Keyed
) -> Iterator[CaseRecord | None]:
    rows = csv.reader(io.StringIO(_text(source), newline=""), strict=True)
    try:
        header = next(rows, [])
        wanted = [entry.column or "" for entry in mapping.fields.values()]
        wanted += [*mapping.only, *(name for name in (mapping.patient, mapping.published) if name)]
        absent = [name for name in dict.fromkeys(wanted) if name not in header]
        if absent or len(set(header)) != len(header):
            said = f"there is no column {', '.join(absent)}" if absent else "two columns have the same name"
            raise InputError(f"{source}: line 1: {said}")
        for row in rows:
            if not row:
                continue
            if len(row) != len(header):
                raise InputError(f"{source}: line {rows.line_num}: {len(row)} cells, the header has {len(header)}")
            cells = dict(zip(header, row, strict=True))
            yield _row_case(f"{source}: line {rows.line_num}", rows.line_num, cells, mapping, fields, keyed)
    except csv.Error as error:
        raise InputError(f"{source}: line {rows.line_num}: not CSV: {error}") from error


def _row_case(
    place: str, number: int, cells: dict[str, str], mapping: Mapping, fields: dict[str, RuleField], keyed: Keyed
) -> CaseRecord | None:
    if any(cells[column] not in allowed for column, allowed in mapping.only.items()):
        return None
    values: dict[str, Value] = {}
    for name, source in mapping.fields.items():
        cell = cells[source.column or ""].strip()
        where = f"{place}: column {source.column}"
        if cell:
            _take(values, where, fields[name], source, cell)
    identity = cells[mapping.patient] if mapping.patient else json.dumps([number, *sorted(values.items())])
    published = cells[mapping.published].strip() if mapping.published else ""
    if published and published not in mapping.answers:
        raise InputError(f"{place}: column {mapping.published}: a word that the mapping's `answers` do not list")
    answer = mapping.answers[published] if published else None
    return CaseRecord(keyed(identity.encode()), number, values, answer)


def _read_fhir(
    source: Path, mapping: Mapping, fields: dict[str, RuleField], keyed: Keyed
) -> Iterator[CaseRecord | None]:
    files = [source] if not source.is_dir() else sorted(source.glob("*.json"))
    if not files:
        raise InputError(f"{source}: no FHIR bundle (.json) there")
    in_bundle = {name: entry.bundle or entry.since for name, entry in mapping.fields.items()}
    whole = {name: path for name, path in in_bundle.items() if path}
    inner = {name: entry.path for name, entry in mapping.fields.items() if entry.path}
    number = 0
    for first, batch in _batches(files):
        # A file's name may be a patient's: bundles are named by their place in the folder.
        places = [f"{source}: bundle {first + i}" if source.is_dir() else f"{source}" for i in range(len(batch))]
        bundles = [_bundle(file, place) for file, place in zip(batch, places, strict=True)]
        paths = {**whole, _EACH: mapping.each or "$this", _PATIENT: _PATIENT}
        for place, found in zip(places, find(f"{source}", paths, bundles), strict=True):
            if len(found[_PATIENT]) != 1:
                raise InputError(f"{place}: {len(found[_PATIENT])} Patient resources with an id; a bundle holds one")
            patient = keyed(str(found[_PATIENT][0]).encode())
            anchors = found[_EACH]
            parts = find(place, inner, anchors) if inner and anchors else [{} for _ in anchors]
            for part in parts:
                number += 1
                values: dict[str, Value] = {}
                for name, entry in mapping.fields.items():
                    where, results = f"{place}: field {name}", (part if entry.path else found)[name]
                    if len(results) > 1:
                        raise InputError(f"{where}: {len(results)} values; narrow the path, or end it in .last()")
                    if results and entry.since:
                        results = _years(found[name], results[0])
                    if results:
                        _take(values, where, fields[name], entry, results[0])
                yield CaseRecord(patient, number, values)


def _batches(files: list[Path]) -> Iterator[tuple[int, list[Path]]]:
    """Yield files in groups of some megabytes, each with the number of its first file, from 1."""
    start, size = 0, 0
    for end, file in enumerate(files, start=1):
        if not file.is_file():
            raise InputError(f"{file}: no such file")
        size += file.stat().st_size
        if size > _BATCH or end == len(files):
            yield start + 1, files[start:end]
            start, size = end, 0


def _bundle(file: Path, place: str) -> dict[str, Any]:
    try:
        data = file.read_bytes().decode("utf-8-sig")
        raw = json.loads(data)
    except OSError as error:
        raise InputError(f"{place}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{place}: no JSON in UTF-8 that can be read") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{place}: line {error.lineno}: not JSON: {error.msg}") from error
    except ValueError as error:
        raise InputError(f"{place}: a number of too many digits") from error
    refuse_half_characters(place, data, raw)
    if not isinstance(raw, dict) or raw.get("resourceType") != "Bundle":
        raise InputError(f"{place}: no FHIR Bundle")
    return raw


def _take(values: dict[str, Value], where: str, field: RuleField, source: FieldSource, found: Any) -> None:
    """Put what was found into `values`, as the field's type and unit say."""
    if isinstance(found, str | bool) and str(found) in source.words:
        found = source.words[str(found)]
    if field.type == "number":
        values[field.name] = _number(where, field, source, found)
    elif field.type == "boolean":
        if not isinstance(found, bool):
            raise InputError(f"{where}: neither true nor false, nor a word that the mapping lists")
        values[field.name] = found
    elif found in field.values:
        values[field.name] = found
    else:
        raise InputError(f"{where}: a word that the field's `values` do not list")


def _years(since: list[Any], until: Any) -> list[dict[str, Any]]:
    """Return the whole years between two dates as a Quantity; nothing where one is not known to the day."""
    try:
        [start], end = (date.fromisoformat(str(one)[:10]) for one in since), date.fromisoformat(str(until)[:10])
    except ValueError:
        return []
    return [{"value": end.year - start.year - ((end.month, end.day) < (start.month, start.day)), "code": "a"}]


def _number(where: str, field: RuleField, source: FieldSource, found: Any) -> float:
    unit = source.unit
    if isinstance(found, dict):  # a FHIR Quantity
        unit = found.get("code") or found.get("unit") or unit
        found = found.get("value")
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        raise InputError(f"{where}: not a number")
    try:
        value = float(found)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{where}: not a number") from error
    if not math.isfinite(value):
        raise InputError(f"{where}: not a finite number")
    if unit is None:
        raise InputError(f"{where}: the number has no unit; name it in the mapping")
    try:
        value = convert(value, str(unit), field)
    except UnitError as error:
        raise InputError(f"{where}: {error}") from error
    if field.decimals is not None:
        value = round(value, field.decimals)
    return OLDEST + 1 if field.unit == "a" and value > OLDEST else value


def _text(source: Path) -> str:
    csv.field_size_limit(_LONGEST_CELL)
    try:
        data = gzip.decompress(source.read_bytes()) if source.suffix == ".gz" else source.read_bytes()
        return data.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{source}: no such file") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{source}: not a whole gzip file") from error
    except OSError as error:
        raise InputError(f"{source}: cannot be read: {error.strerror}; a CSV mapping reads one file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{source}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
