"""Writes the audit export: one deterministic zip under a signed manifest."""

import hashlib
import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from data_contracts import AuditEvent, Checkpoint, Contract
from governance.audit.merkle import Tree
from governance.audit.note import LogKey
from governance.audit.timestamps import TimeStamps
from governance.export import sheets, verify
from governance.export.card import model_card, model_card_text
from governance.export.collect import Material, collect
from governance.export.errors import ExportError
from governance.export.fhir import Document, fhir_bundle
from governance.export.report import readme, report_html
from governance.export.selection import Selection, choose
from governance.registry.records import UpdateRecord
from governance.store.database import reading
from governance.store.objects import ObjectStore, write_atomically
from governance.store.tables import events, instant_text


def check_selection(engine: Engine, objects: ObjectStore, selection: Selection) -> None:
    """Find out whether there is something to show, before the export becomes an event.

    Raises:
        NotFoundError: there is no such update, or nothing concerns the record.
    """
    if not selection.everything:
        with reading(engine) as connection:
            rows = connection.scalars(select(events.c.canonical).order_by(events.c.seq))
            choose(connection, objects, tuple(AuditEvent.from_bytes(row) for row in rows), selection)


def export(
    engine: Engine,
    objects: ObjectStore,
    *,
    key: LogKey,
    head: Checkpoint,
    event: AuditEvent,
    selection: Selection,
    time_stamps: TimeStamps,
    path: Path,
) -> None:
    """Write an export of the log up to a signed head.

    Equal stores give equal bytes: members in the order of their names, uncompressed, without times.

    Args:
        engine: the database.
        objects: the object store.
        key: signs the manifest.
        head: the signed head up to which the log is shown.
        event: the event that this export is; its time is the export's.
        selection: what is shown.
        time_stamps: the folder of time-stamp tokens.
        path: the zip, replaced whole.

    Raises:
        NotFoundError: there is no such update, or nothing concerns the record.
        ExportError: it is too large for one zip.
        IntegrityError: a time stamp that the log names is gone or altered.
    """
    material = collect(engine, objects, head=head, event=event, selection=selection, time_stamps=time_stamps)
    members = _members(material, key)
    members["manifest.json"] = _manifest(material, members, key)
    try:
        data = verify.build_zip(sorted(members.items()))
    except ValueError as error:
        raise ExportError(f"export {path}: {error}") from error
    with write_atomically(path) as file:
        file.write(data)


def _members(material: Material, key: LogKey) -> dict[str, bytes]:
    from governance.export.pdf import report_pdf  # loads the PDF library

    members = {
        "README.txt": readme(material, key),
        "dictionary.csv": sheets.dictionary_csv(),
        "events.csv": sheets.events_csv(material),
        "people.csv": sheets.people_csv(material),
        "promotions.jsonl": _contracts(material.promotions),
        "public_key.pem": key.public_pem,
        "report.html": report_html(material, key),
        "report.pdf": report_pdf(material, key),
        "suites.csv": sheets.suites_csv(material),
        "verify.py": Path(verify.__file__).read_bytes(),
    }
    if material.settlements:
        members["settlements.jsonl"] = _contracts(material.settlements)
    members |= _log(material)
    members |= _time_stamps(material)
    documents = [Document.of(f"report.{kind}", members[f"report.{kind}"]) for kind in ("html", "pdf")]
    for record in material.records:
        files = _update(record)
        documents.append(Document.of(name := f"updates/{record.stored.update_id}/model_card.md", files[name]))
        members |= files
    members["fhir/bundle.json"] = fhir_bundle(material, key, documents)
    return members


def _log(material: Material) -> dict[str, bytes]:
    tree = Tree(entry.leaf for entry in material.entries)
    proofs = ({"seq": e.seq, "proof": _hex(tree.inclusion_proof(e.seq))} for e in material.events)
    sizes = [size for size, _ in material.notes]
    steps = [_hex(tree.consistency_proof(a, b)) for a, b in pairwise(sizes)]
    return {
        "checkpoints/consistency.json": verify.compact_json(steps) + b"\n",
        "events.jsonl": _lines(entry.line for entry in material.entries),
        "proofs.jsonl": _lines(verify.compact_json(proof) for proof in proofs),
        **{f"checkpoints/{size:012d}.note": note.encode() for size, note in material.notes},
    }


def _time_stamps(material: Material) -> dict[str, bytes]:
    files = {verify.STAMPS + token.name: token.data for token in material.tokens}
    if files and material.token_roots is not None:
        files[verify.STAMPS + "roots.pem"] = material.token_roots
    return files


def _update(record: UpdateRecord) -> dict[str, bytes]:
    contracts: dict[str, Contract | None] = {
        "adapter_manifest.json": record.manifest,
        "bundle.json": record.bundle,
        "decision.json": record.decision,
        "deidentification.json": record.deidentification,
        "policy.json": record.policy,
        "preflight.json": record.preflight,
    }
    files = {name: value.canonical_bytes() for name, value in contracts.items() if value is not None}
    files["model_card.json"] = model_card(record)
    files["model_card.md"] = model_card_text(record)
    files["scores.csv"] = sheets.scores_csv(record)
    files["signatures.jsonl"] = _contracts(entry.signature for entry in record.signed)
    return {f"updates/{record.stored.update_id}/{name}": data for name, data in files.items()}


def _manifest(material: Material, members: dict[str, bytes], key: LogKey) -> bytes:
    statement: dict[str, Any] = {
        "_type": verify.STATEMENT_TYPE,
        "subject": [
            {"name": name, "digest": {"sha256": hashlib.sha256(data).hexdigest()}}
            for name, data in sorted(members.items())
        ],
        "predicateType": verify.PREDICATE,
        "predicate": {
            "exportedAt": instant_text(material.exported_at),
            "exportEvent": material.export_event,
            "origin": material.head.origin,
            "treeSize": material.head.tree_size,
            "root": material.head.root,
            "updateId": material.selection.update_id,
            "selection": material.selection.as_json(),
            "shownEvents": len(material.events),
        },
    }
    return key.sign_envelope(json.dumps(statement, indent=1).encode())


def _hex(proof: Iterable[bytes]) -> list[str]:
    return [node.hex() for node in proof]


def _contracts(contracts: Iterable[Contract]) -> bytes:
    return _lines(contract.canonical_bytes() for contract in contracts)


def _lines(lines: Iterable[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)
