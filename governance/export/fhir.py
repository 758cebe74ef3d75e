"""The export's events, model versions and report as a FHIR R4 (4.0.1) bundle.

AuditEvents follow the patterns of IHE BALP 1.1.4 (who asked, which system, what, with codes before texts), without
claiming one of its RESTful profiles: nothing here was a RESTful operation. A model version is a Device, as in HL7's
AI Transparency on FHIR. Everything refers to something inside the bundle or to an identifier; nothing to a server.
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from data_contracts import AuditEvent, Digest, Person, short
from governance.audit.note import LogKey
from governance.export import fhir_codes as codes
from governance.export.collect import Entry, Material
from governance.export.fhir_codes import coding, kind_of
from governance.export.verify import LEAF_SYSTEM, SHA256_SYSTEM, compact_json, fingerprint
from governance.registry.records import UpdateRecord
from governance.store.tables import instant_text

Resource = dict[str, Any]

_TYPES = {"html": "text/html", "pdf": "application/pdf", "md": "text/markdown"}
_SYSTEM_OBJECT = coding(codes.ENTITY_TYPE, "2", "System Object")


@dataclass(frozen=True)
class Document:
    """A file of the export for people, as the bundle names it."""

    name: str
    sha256: str
    sha1: str
    size: int

    @classmethod
    def of(cls, name: str, data: bytes) -> "Document":
        """Describe a file. R4 asks for SHA-1 in `attachment.hash`; the sha256 goes into an identifier."""
        sha1 = base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
        return cls(name, hashlib.sha256(data).hexdigest(), sha1, len(data))


def fhir_bundle(material: Material, key: LogKey, documents: Iterable[Document]) -> bytes:
    """Return the bundle as compact JSON."""
    people = {person.username: person for person in material.people}
    models = _models(material)
    resources = [
        _log_device(material, key),
        *(_practitioner(person) for person in material.people),
        *(_model_device(model) for model in models),
        *(_audit_event(entry, entry.event, people) for entry in material.entries if entry.event is not None),
        *(_candidate(record, people) for record in material.records),
        *_promotions(material, people),
        *(_document(document, material) for document in documents),
    ]
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "identifier": _identifier(codes.LOGS, f"{material.head.origin}/{material.export_event}"),
        "timestamp": instant_text(material.exported_at),
        "entry": [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources],
    }
    return compact_json(bundle)


def _id(kind: str, name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"urn:clinical-sdft:{kind}:{name}"))


def _reference(kind: str, name: str) -> dict[str, str]:
    return {"reference": f"urn:uuid:{_id(kind, name)}"}


def _identifier(system: str, value: str) -> dict[str, str]:
    return {"system": system, "value": value}


def _concept(code: codes.Code) -> dict[str, Any]:
    return {"coding": [code]}


def _log_device(material: Material, key: LogKey) -> Resource:
    return {
        "resourceType": "Device",
        "id": _id("log", "software"),
        "identifier": [
            _identifier(codes.LOGS, material.head.origin),
            _identifier(SHA256_SYSTEM, fingerprint(key.public)),
        ],
        "deviceName": [{"name": "clinical-sdft audit log", "type": "user-friendly-name"}],
    }


def _practitioner(person: Person) -> Resource:
    return {
        "resourceType": "Practitioner",
        "id": _id("person", person.username),
        "identifier": [_identifier(codes.PEOPLE, person.username)],
        "name": [{"text": person.printed_name}],
    }


def _models(material: Material) -> list[Digest]:
    """Return every model version that a resource speaks of, each once."""
    named = [p.current for p in material.promotions] + [p.previous for p in material.promotions if p.previous]
    for record in material.records:
        named += [record.bundle.incumbent, record.bundle.candidate]
    return sorted(set(named))


def _model_device(model: Digest) -> Resource:
    return {
        "resourceType": "Device",
        "id": _id("model", model),
        "identifier": [_identifier(SHA256_SYSTEM, model[7:])],
        "deviceName": [{"name": f"language model {short(model)}", "type": "model-name"}],
    }


def _who(actor: str, people: dict[str, Person]) -> dict[str, Any]:
    """Refer to the person where the bundle holds one, else name the actor alone."""
    if actor in people:
        return {**_reference("person", actor), "display": people[actor].printed_name}
    return {"identifier": _identifier(codes.PEOPLE, actor)}


def _audit_event(entry: Entry, event: AuditEvent, people: dict[str, Person]) -> Resource:
    kind = kind_of(event)
    own = coding(codes.ACTIONS, event.action, event.action.replace("-", " "))
    reads = kind.action == "R"
    part = coding(
        codes.PARTICIPATION, *(("IRCP", "information recipient") if reads else ("AUT", "author (originator)"))
    )
    return {
        "resourceType": "AuditEvent",
        "id": _id("event", entry.leaf.hex()),
        "type": kind.type,
        "subtype": [kind.subtype, own] if kind.subtype else [own],
        "action": kind.action,
        "recorded": instant_text(event.recorded_at),
        "outcome": kind.outcome,
        "agent": [
            {
                "type": _concept(coding(codes.DCM, "110150", "Application")),
                "who": _reference("log", "software"),
                "requestor": False,
            },
            {"type": _concept(part), "who": _who(event.actor, people), "requestor": True},
        ],
        "source": {
            "observer": _reference("log", "software"),
            "type": [coding(codes.SOURCE_TYPE, "4", "Application Server")],
        },
        "entity": _entities(entry, event),
    }


def _entities(entry: Entry, event: AuditEvent) -> list[Resource]:
    """Return the line of the log first, by its hash, then what the event is about."""
    line: Resource = {
        "what": {"identifier": _identifier(LEAF_SYSTEM, entry.leaf.hex())},
        "type": _SYSTEM_OBJECT,
        "role": coding(codes.OBJECT_ROLE, "13", "Security Resource"),
        "name": f"event {event.seq}",
    }
    details = [(name, "none" if value is None else str(value)) for name, value in sorted(event.details.items())]
    if details:
        line["detail"] = [{"type": name, "valueString": value or "empty"} for name, value in details]
    about = [line]
    if event.subject is not None:
        about.append(_object(SHA256_SYSTEM, event.subject[7:]))
    if event.update_id is not None:
        about.append(_object(codes.UPDATES, event.update_id))
    return about


def _object(system: str, value: str) -> Resource:
    return {
        "what": {"identifier": _identifier(system, value)},
        "type": _SYSTEM_OBJECT,
        "role": coding(codes.OBJECT_ROLE, "4", "Domain Resource"),
    }


def _agent(code: str, display: str, who: dict[str, Any]) -> Resource:
    return {"type": _concept(coding(codes.PROVENANCE_AGENT, code, display)), "who": who}


def _used(role: str, digest: Digest, display: str) -> Resource:
    return {"role": role, "what": {"identifier": _identifier(SHA256_SYSTEM, digest[7:]), "display": display}}


def _candidate(record: UpdateRecord, people: dict[str, Person]) -> Resource:
    """Say how a candidate came to be: from which version, on which guideline and demonstrations, at whose request."""
    bundle, made = record.bundle, record.manifest.provenance
    used = [_used("source", bundle.guideline, "guideline"), _used("source", bundle.demonstrations, "demonstrations")]
    if bundle.deidentification:
        used.append(_used("source", bundle.deidentification, "de-identification report"))
    return {
        "resourceType": "Provenance",
        "id": _id("candidate", record.stored.update_id),
        "target": [_reference("model", bundle.candidate)],
        "occurredDateTime": instant_text(made.created),
        "recorded": instant_text(bundle.created),
        "activity": _concept(coding(codes.OPERATION, "CREATE", "create")),
        "agent": [
            _agent("assembler", "Assembler", _reference("log", "software")),
            _agent("enterer", "Enterer", _who(bundle.requester, people)),
        ],
        "entity": [{"role": "revision", "what": _reference("model", bundle.incumbent)}, *used],
    }


def _promotions(material: Material, people: dict[str, Person]) -> Iterable[Resource]:
    """Say of every version put in force who did it and who had signed; the reason is their own words."""
    signed = {record.stored.update_id: record.signed for record in material.records}
    for promotion in material.promotions:
        signers = [
            _agent("attester", "Attester", _who(entry.signature.username, people))
            for entry in signed.get(promotion.update_id or "", ())
            if entry.signature.decision == "approve"
        ]
        resource: Resource = {
            "resourceType": "Provenance",
            "id": _id("promotion", promotion.digest),
            "target": [_reference("model", promotion.current)],
            "occurredDateTime": instant_text(promotion.valid_from),
            "recorded": instant_text(promotion.valid_from),
            "reason": [{"text": promotion.reason}],
            "activity": {
                "coding": [coding(codes.ACTIONS, promotion.kind, promotion.kind)],
                "text": f"{promotion.kind}: put in force",
            },
            "agent": [_agent("performer", "Performer", _who(promotion.actor, people)), *signers],
        }
        if promotion.previous:
            resource["entity"] = [{"role": "revision", "what": _reference("model", promotion.previous)}]
        yield resource


def _document(document: Document, material: Material) -> Resource:
    return {
        "resourceType": "DocumentReference",
        "id": _id("document", f"{document.name}:{document.sha256}"),
        "identifier": [_identifier(SHA256_SYSTEM, document.sha256)],
        "status": "current",
        "type": {"text": "model card" if document.name.endswith(".md") else "audit report"},
        "date": instant_text(material.exported_at),
        "author": [_reference("log", "software")],
        "content": [
            {
                "attachment": {
                    "contentType": _TYPES[document.name.rpartition(".")[2]],
                    "url": f"../{document.name}",
                    "size": document.size,
                    "hash": document.sha1,
                    "title": document.name,
                }
            }
        ],
    }
