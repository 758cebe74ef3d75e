"""Reading patient records from files; what cannot be read is held back alone, and the others go on."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from clinical_sdft.deid.errors import RecordSourceError
from data_contracts.base import Digest
from data_contracts.records import PatientRecord, QuarantinedRecord

SUFFIXES = (".json", ".jsonl")


def keyed_digest(key: bytes, data: bytes) -> Digest:
    """Return an HMAC-SHA256 in the form of a digest: without the key, nobody can test a guessed record."""
    return f"sha256:{hmac.digest(key, data, hashlib.sha256).hex()}"


def record_digest(record: PatientRecord, key: bytes) -> Digest:
    """Return the keyed digest of a record's canonical bytes."""
    return keyed_digest(key, record.canonical_bytes())


def read_records(path: Path, key: bytes) -> Iterator[PatientRecord | QuarantinedRecord]:
    """Yield the records of a file (`.json`: one or a list; `.jsonl`: one a line) or of a folder of such files.

    Args:
        path: the file or folder.
        key: the key of the digests.

    Raises:
        RecordSourceError: there is no such file or folder, or it is of another kind.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file() and file.suffix.casefold() in SUFFIXES)
    elif path.is_file() and path.suffix.casefold() in SUFFIXES:
        files = [path]
    else:
        raise RecordSourceError(f"no records at {path}: give a .json or .jsonl file, or a folder of them")
    if not files:
        raise RecordSourceError(f"no .json or .jsonl file in {path}")
    for file in files:
        for place, raw in _chunks(file):
            yield from _parse(raw, place, key)


def _chunks(file: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the raw bytes of each JSON document and a place that a person can find; file names are not shown."""
    content = file.read_bytes()
    if file.suffix.casefold() == ".json":
        yield "file", content
        return
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.strip():
            yield f"line {number}", line


def _parse(raw: bytes, place: str, key: bytes) -> Iterator[PatientRecord | QuarantinedRecord]:
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        yield _unreadable(key, raw, f"{place}: not UTF-8 text")
        return
    except (ValueError, RecursionError):
        yield _unreadable(key, raw, f"{place}: not JSON")
        return
    if not isinstance(document, list):
        yield _record(document, raw, place, key)
        return
    for index, entry in enumerate(document, start=1):
        yield _record(entry, json.dumps(entry, sort_keys=True).encode(), f"{place}, entry {index}", key)


def _record(document: Any, raw: bytes, place: str, key: bytes) -> PatientRecord | QuarantinedRecord:
    try:
        record = PatientRecord.model_validate(document)
        digest = record_digest(record, key)
    except ValidationError as error:
        fields = sorted(
            {str(item["loc"][0]) for item in error.errors() if item["loc"] and item["type"] != "extra_forbidden"}
        )
        what = ", ".join(fields) or "unknown fields"
        return _unreadable(key, raw, f"{place}: not a patient record ({what})")
    except (ValueError, RecursionError):
        return _unreadable(key, raw, f"{place}: a value has no canonical form")
    if not str(record.patient.get("id") or "").strip():
        return QuarantinedRecord(record=digest, reason="no_patient_id", detail=f"{place}: the patient object has no id")
    return record


def _unreadable(key: bytes, raw: bytes, detail: str) -> QuarantinedRecord:
    return QuarantinedRecord(record=keyed_digest(key, raw), reason="unreadable", detail=detail)
