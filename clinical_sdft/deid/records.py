"""Reading patient records from files; what cannot be read is held back alone, and the others go on."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from clinical_sdft.deid.errors import RecordSourceError
from clinical_sdft.deid.readers.ccda import looks_like_xml, read_ccda
from clinical_sdft.deid.readers.fhir import is_fhir, raw_bytes, read_fhir
from clinical_sdft.deid.readers.parts import Read, Unread
from clinical_sdft.deid.readers.table import mapping_file, read_mapping, read_table
from data_contracts.base import Digest
from data_contracts.records import PatientRecord, QuarantinedRecord

SUFFIXES = (".json", ".jsonl", ".ndjson", ".xml", ".csv", ".tsv")
_LINES = (".jsonl", ".ndjson")
_TABLES = (".csv", ".tsv")
_KINDS = "JSON, JSON lines, FHIR, C-CDA (.xml) or CSV"


@dataclass(frozen=True)
class Located:
    """A record, or what is held back of one, and where it stands: for the person who looks it up, never for a log."""

    file: Path
    place: str
    entry: PatientRecord | QuarantinedRecord


def keyed_digest(key: bytes, data: bytes) -> Digest:
    """Return an HMAC-SHA256 in the form of a digest: without the key, nobody can test a guessed record."""
    return f"sha256:{hmac.digest(key, data, hashlib.sha256).hex()}"


def record_digest(record: PatientRecord, key: bytes) -> Digest:
    """Return the keyed digest of a record's canonical bytes."""
    return keyed_digest(key, record.canonical_bytes())


def entry_digest(entry: PatientRecord | QuarantinedRecord, key: bytes) -> Digest:
    """Return the keyed digest of what was read: a record, or one held back."""
    return entry.record if isinstance(entry, QuarantinedRecord) else record_digest(entry, key)


def has_records(folder: Path) -> bool:
    """Tell whether a folder holds a file that may hold records."""
    return any(file.is_file() and file.suffix.casefold() in SUFFIXES for file in folder.rglob("*"))


def source_files(path: Path) -> list[Path]:
    """Return all files that decide what the records of a file or folder are: they and the mappings of tables.

    Raises:
        RecordSourceError: as `record_files`.
    """
    files = record_files(path)
    mappings = (mapping_file(file) for file in files if file.suffix.casefold() in _TABLES)
    return sorted({*files, *(mapping for mapping in mappings if mapping.is_file())})


def record_files(path: Path) -> list[Path]:
    """Return the record files of a folder, or the file itself.

    Raises:
        RecordSourceError: there is no such file or folder, or it is of another kind.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file() and file.suffix.casefold() in SUFFIXES)
    elif path.is_file() and path.suffix.casefold() in SUFFIXES:
        files = [path]
    else:
        raise RecordSourceError(f"no records at {path}: give a file of {_KINDS} ({' '.join(SUFFIXES)}), or a folder")
    if not files:
        raise RecordSourceError(f"no file of {_KINDS} in {path} ({' '.join(SUFFIXES)})")
    return files


def read_records(path: Path, key: bytes) -> Iterator[PatientRecord | QuarantinedRecord]:
    """Yield the records of a file or of a folder of files; what a file is, its content says.

    Args:
        path: the file or folder.
        key: the key of the digests.

    Raises:
        RecordSourceError: there is no such file or folder, it is of another kind, or the one table that was
            named lacks a column.
    """
    return (located.entry for located in read_located(path, key))


def read_located(path: Path, key: bytes) -> Iterator[Located]:
    """Yield the records of a file or folder and where each stands.

    Raises:
        RecordSourceError: as `read_records`.
    """
    files = record_files(path)
    for number, file in enumerate(files, start=1):
        # Files are often named after patients, so that a detail counts them; a person is shown the name.
        where = f"file {number} of {len(files)}" if len(files) > 1 else ""
        for place, read in _read_file(file, alone=len(files) == 1 and not path.is_dir()):
            yield Located(file, place, _entry(read, ", ".join(part for part in (where, place) if part), key))


def _read_file(file: Path, *, alone: bool) -> Iterator[tuple[str, Read]]:
    """Yield what a file holds; whatever goes wrong holds back the rest of this file only."""
    content = file.read_bytes()
    parts = _parts(file, content)
    while True:
        try:
            part = next(parts, None)
        except RecordSourceError as error:
            if alone:
                raise
            part = ("file", Unread("", str(error).partition(": ")[2], content))
            parts = iter(())
        except (Exception, RecursionError) as error:
            part = ("file", Unread("", f"reading stopped with {type(error).__name__}", content))
            parts = iter(())
        if part is None:
            return
        yield part


def _parts(file: Path, content: bytes) -> Iterator[tuple[str, Read]]:
    suffix = file.suffix.casefold()
    if suffix in _TABLES:
        # An error's text must not hold the name where it is stored; only a person who named the file sees it.
        yield from ((_place(read, "row"), read) for read in read_table(content, str(file), read_mapping(file)))
    elif looks_like_xml(content):
        yield from (("file", read) for read in read_ccda(content))
    elif suffix in _LINES:
        for number, line in enumerate(content.split(b"\n"), start=1):
            if line.strip():
                yield from ((_inner(f"line {number}", read), read) for read in _json(line))
    else:
        yield from ((_inner("file", read), read) for read in _json(content))


def _json(raw: bytes) -> Iterator[Read]:
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        yield Unread("", "not UTF-8 text", raw)
        return
    except (ValueError, RecursionError):
        yield Unread("", "not JSON", raw)
        return
    if not isinstance(document, list):
        yield from _document(document, raw, "")
        return
    for index, entry in enumerate(document, start=1):
        yield from _document(entry, raw_bytes(entry), f"entry {index}")


def _document(document: Any, raw: bytes, place: str) -> Iterator[Read]:
    if is_fhir(document):
        for read in read_fhir(document):
            inner = read.place if isinstance(read, Unread) else ""
            joined = ", ".join(part for part in (place, inner) if part)
            yield Unread(joined, read.why, read.raw) if isinstance(read, Unread) else read
        return
    try:
        yield PatientRecord.model_validate(document)
    except ValidationError as error:
        fields = sorted(
            {str(item["loc"][0]) for item in error.errors() if item["loc"] and item["type"] != "extra_forbidden"}
        )
        yield Unread(place, f"not a patient record ({', '.join(fields) or 'unknown fields'})", raw)
    except (ValueError, RecursionError):
        yield Unread(place, "not a patient record", raw)


def _inner(place: str, read: Read) -> str:
    return f"{place}, {read.place}" if isinstance(read, Unread) and read.place else place


def _place(read: Read, place: str) -> str:
    return read.place if isinstance(read, Unread) and read.place else place


def _entry(read: Read, place: str, key: bytes) -> PatientRecord | QuarantinedRecord:
    if isinstance(read, Unread):
        return _unreadable(key, read.raw, f"{place}: {read.why}")
    try:
        digest = record_digest(read, key)
    except (ValueError, RecursionError):
        return _unreadable(key, repr(read).encode("utf-8", "replace"), f"{place}: a value has no canonical form")
    if not str(read.patient.get("id") or "").strip():
        return QuarantinedRecord(record=digest, reason="no_patient_id", detail=f"{place}: the patient object has no id")
    return read


def _unreadable(key: bytes, raw: bytes, detail: str) -> QuarantinedRecord:
    return QuarantinedRecord(record=keyed_digest(key, raw), reason="unreadable", detail=detail)
