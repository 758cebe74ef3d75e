"""The spreadsheets of an export, and the dictionary that explains their columns."""

import csv
import io
import json
from collections.abc import Iterable, Sequence

from governance.export.collect import Material
from governance.registry.records import UpdateRecord

DICTIONARY = (
    ("events.csv", "seq", "integer", "place in the log, from 0; gaps are events this export withholds"),
    ("events.csv", "recorded_at", "time, UTC", "when the event was written"),
    ("events.csv", "actor", "text", "username, or the part of the system that acted"),
    ("events.csv", "action", "text", "what happened"),
    ("events.csv", "subject", "sha256", "digest of what it happened to"),
    ("events.csv", "update_id", "text", "the update it belongs to"),
    ("events.csv", "details", "JSON", "digests, offsets and counts"),
    ("people.csv", "username", "text", "name used to sign in"),
    ("people.csv", "printed_name", "text", "name printed on signatures"),
    ("people.csv", "roles", "text", "what the person may do, separated by spaces"),
    ("suites.csv", "suite", "text", "id of a sealed set of questions"),
    ("suites.csv", "digest", "sha256", "its seal"),
    ("suites.csv", "kind", "text", "prior: every candidate must face it; new: asks for an update's knowledge"),
    ("suites.csv", "retired", "true or false", "whether it is out of use"),
    ("updates/*/scores.csv", "suite", "text", "id of the suite"),
    ("updates/*/scores.csv", "item", "text", "id of the question"),
    ("updates/*/scores.csv", "incumbent_score", "0 to 1", "of the model in force; 1 is right"),
    ("updates/*/scores.csv", "candidate_score", "0 to 1", "of the updated model; no reply is wrong"),
)


def events_csv(material: Material) -> bytes:
    """Return the shown events as a table."""
    rows = []
    for event in material.events:
        row = event.model_dump(mode="json")
        row["details"] = json.dumps(row["details"], sort_keys=True)
        rows.append([row[name] for name in _columns("events.csv")])
    return _csv("events.csv", rows)


def people_csv(material: Material) -> bytes:
    """Return people with their printed names and roles."""
    return _csv("people.csv", ([p.username, p.printed_name, " ".join(p.roles)] for p in material.people))


def suites_csv(material: Material) -> bytes:
    """Return the sealed suites by digest; their questions stay out."""
    rows = ([e.suite_id, e.digest, e.kind, str(e.retired).lower()] for e in material.suites)
    return _csv("suites.csv", rows)


def scores_csv(record: UpdateRecord) -> bytes:
    """Return the gate's input, item by item, without questions and replies."""
    rows = ([p.suite.id, p.pair.item, p.pair.incumbent, p.pair.candidate] for p in record.pairs)
    return _csv("updates/*/scores.csv", rows)


def dictionary_csv() -> bytes:
    """Return what each column of each table means."""
    return _write(("file", "column", "type", "meaning"), DICTIONARY)


def _columns(name: str) -> tuple[str, ...]:
    return tuple(column for file, column, _, _ in DICTIONARY if file == name)


def _csv(name: str, rows: Iterable[Sequence[object]]) -> bytes:
    return _write(_columns(name), rows)


def _write(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    """Keep a spreadsheet from taking text for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
