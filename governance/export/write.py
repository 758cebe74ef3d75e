"""Writes the audit export: one deterministic zip under a signed manifest."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from data_contracts import Checkpoint, Contract
from governance.audit.merkle import Tree
from governance.audit.note import LogKey
from governance.export import sheets, verify
from governance.export.collect import Material, collect
from governance.export.errors import ExportError
from governance.export.report import readme, report_html
from governance.registry.records import UpdateRecord
from governance.store.objects import ObjectStore, write_atomically
from governance.store.tables import instant_text


def export(
    engine: Engine,
    objects: ObjectStore,
    *,
    key: LogKey,
    head: Checkpoint,
    exported_at: datetime,
    update_id: str | None,
    path: Path,
) -> None:
    """Write an export of the log up to a signed head.

    Equal stores give equal bytes: members in the order of their names, uncompressed, without times.

    Raises:
        NotFoundError: there is no such update.
        ExportError: it is too large for one zip.
    """
    material = collect(engine, objects, head, exported_at, update_id)
    members = _members(material, key)
    members["manifest.json"] = _manifest(material, members, key)
    try:
        data = verify.build_zip(sorted(members.items()))
    except ValueError as error:
        raise ExportError(f"export {path}: {error}") from error
    with write_atomically(path) as file:
        file.write(data)


def _members(material: Material, key: LogKey) -> dict[str, bytes]:
    tree = Tree(entry.leaf for entry in material.entries)
    proofs = ({"seq": e.seq, "proof": _hex(tree.inclusion_proof(e.seq))} for e in material.events)
    sizes = [size for size, _ in material.notes]
    steps = [_hex(tree.consistency_proof(a, b)) for a, b in pairwise(sizes)]
    members = {
        "README.txt": readme(material, key),
        "checkpoints/consistency.json": verify.compact_json(steps) + b"\n",
        "dictionary.csv": sheets.dictionary_csv(),
        "events.csv": sheets.events_csv(material),
        "events.jsonl": _lines(entry.line for entry in material.entries),
        "people.csv": sheets.people_csv(material),
        "promotions.jsonl": _contracts(material.promotions),
        "proofs.jsonl": _lines(verify.compact_json(proof) for proof in proofs),
        "public_key.pem": key.public_pem,
        "report.html": report_html(material, key),
        "suites.csv": sheets.suites_csv(material),
        "verify.py": Path(verify.__file__).read_bytes(),
    }
    for size, note in material.notes:
        members[f"checkpoints/{size:012d}.note"] = note.encode()
    for record in material.records:
        members |= _update(record)
    return members


def _update(record: UpdateRecord) -> dict[str, bytes]:
    contracts: dict[str, Contract | None] = {
        "adapter_manifest.json": record.manifest,
        "bundle.json": record.bundle,
        "decision.json": record.decision,
        "policy.json": record.policy,
        "preflight.json": record.preflight,
    }
    files = {name: value.canonical_bytes() for name, value in contracts.items() if value is not None}
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
            "origin": material.head.origin,
            "treeSize": material.head.tree_size,
            "root": material.head.root,
            "updateId": material.update_id,
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
