"""FHIR R4: a bundle, or one resource with what it contains, gives one record for each note in it."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from clinical_sdft.deid.errors import NoteError
from clinical_sdft.deid.readers.fhir_people import Resource, collect, dicts, listed, text_of
from clinical_sdft.deid.readers.narrative import attachment_text, html_text
from clinical_sdft.deid.readers.parts import NOT_STATED, Identity, Read, Unread
from data_contracts.records import PatientRecord

NOTED = ("Composition", "DiagnosticReport", "DocumentReference", "Observation")
"""Resources whose text is read as notes."""
_SHARED = ("Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService")
"""Resources that may be named in the notes of every patient of a bundle."""
_SUBJECTS = ("subject", "patient", "beneficiary", "individual")


def is_fhir(document: Any) -> bool:
    """Tell whether a JSON document is a FHIR resource."""
    return isinstance(document, dict) and isinstance(document.get("resourceType"), str)


def read_fhir(document: Resource) -> Iterator[Read]:
    """Yield a record for each note of a bundle or resource, or what is held back of it and why."""
    bundle = _Bundle(document)
    count: Counter[str] = Counter()
    for resource in bundle.resources:
        kind = resource.get("resourceType")
        if kind in NOTED and _may_hold_note(resource):
            count[kind] += 1
            yield _read(bundle, resource, f"{kind} {count[kind]}")
    if not count:
        yield Unread("", "no note in it", raw_bytes(document))


def raw_bytes(value: Any) -> bytes:
    """Return the bytes that the digest of a part is taken of."""
    return json.dumps(value, sort_keys=True).encode("utf-8", "surrogatepass")


class _Bundle:
    """The resources of a document and how they refer to each other."""

    def __init__(self, document: Resource) -> None:
        self.resources: list[Resource] = []
        self._by_reference: dict[str, Resource] = {}
        self._identities: dict[str, Identity] = {}
        self._add(document, "")
        self._patients = [one for one in self.resources if one.get("resourceType") == "Patient"]

    def _add(self, resource: Resource, url: str) -> None:
        self.resources.append(resource)
        kind, own = text_of(resource.get("resourceType")), text_of(resource.get("id"))
        for name in (url, f"{kind}/{own}" if own else "", f"#{own}" if own else ""):
            if name:
                self._by_reference.setdefault(name, resource)
        for contained in dicts(resource.get("contained")):
            self._add(contained, "")
        for entry in dicts(resource.get("entry")) if kind == "Bundle" else []:
            if isinstance(entry.get("resource"), dict):
                self._add(entry["resource"], text_of(entry.get("fullUrl")))

    def find(self, reference: Any) -> Resource | None:
        """Return the resource a reference points to, wherever its server stands; None for one outside."""
        name = text_of(reference.get("reference")) if isinstance(reference, dict) else text_of(reference)
        plain = name.split("/_history/")[0]
        return self._by_reference.get(plain) or self._by_reference.get("/".join(plain.split("/")[-2:]))

    def patient_of(self, resource: Resource) -> Resource | None:
        """Return whose resource this is: the one it names, or the bundle's only patient where it names none."""
        named = [resource[key] for key in _SUBJECTS if isinstance(resource.get(key), dict)]
        for reference in named:
            subject = self.find(reference)
            if subject is not None and subject.get("resourceType") == "Patient":
                return subject
        return self._patients[0] if not named and len(self._patients) == 1 else None

    def identity(self, patient: Resource) -> Identity:
        """Return what the bundle states of a patient, relatives, providers and places."""
        own = text_of(patient.get("id")) or next(
            (text_of(entry.get("value")) for entry in dicts(patient.get("identifier"))), ""
        )
        if own in self._identities:
            return self._identities[own]
        identity = Identity(own)
        collect(identity, patient)
        for resource in self.resources:
            kind = resource.get("resourceType")
            if resource is patient or kind in ("Patient", "Bundle"):
                continue
            if kind in _SHARED or self.patient_of(resource) is patient:
                collect(identity, resource)
        self._identities[own] = identity
        return identity

    def of(self, kind: str, patient: Resource) -> list[Resource]:
        """Return a patient's resources of one kind."""
        return [one for one in self.resources if one.get("resourceType") == kind and self.patient_of(one) is patient]


def _read(bundle: _Bundle, resource: Resource, place: str) -> Read:
    patient = bundle.patient_of(resource)
    if patient is None:
        return Unread(place, "whose note it is does not stand in the file", raw_bytes(resource))
    try:
        narrative = _note(bundle, resource)
    except NoteError as error:
        return Unread(place, str(error), raw_bytes(resource))
    if not narrative.strip():
        return Unread(place, "a note without text", raw_bytes(resource))
    identity = bundle.identity(patient)
    return PatientRecord(
        id=text_of(resource.get("id")) or f"{identity.id} {place}",
        patient=identity.as_patient(),
        narrative=narrative,
        diagnosis=_diagnosis(bundle, resource, patient),
    )


def _may_hold_note(resource: Resource) -> bool:
    kind = resource["resourceType"]
    if kind == "Observation":
        return any(text_of(note.get("text")) for note in dicts(resource.get("note")))
    if kind == "DiagnosticReport":
        return any(resource.get(key) for key in ("presentedForm", "conclusion")) or _has_own_text(resource)
    return kind == "DocumentReference" or bool(resource.get("section")) or _has_own_text(resource)


def _has_own_text(resource: Resource) -> bool:
    """Tell whether the narrative was written by somebody: a generated one repeats the structured data."""
    text = resource.get("text")
    return isinstance(text, dict) and text.get("status") in ("additional", "extensions") and bool(text.get("div"))


def _note(bundle: _Bundle, resource: Resource) -> str:
    """Return the text of a note.

    Raises:
        NoteError: a part of it cannot be read, so that the whole is not known.
    """
    kind = resource["resourceType"]
    parts = [text_of(note.get("text")) for note in dicts(resource.get("note"))]
    if kind == "DocumentReference":
        content = [entry.get("attachment") for entry in dicts(resource.get("content"))]
        parts += [_attachment(bundle, attachment) for attachment in dicts(content)]
    elif kind == "DiagnosticReport":
        parts += [text_of(resource.get("conclusion"))]
        parts += [_attachment(bundle, attachment) for attachment in dicts(resource.get("presentedForm"))]
    elif kind == "Composition":
        parts += [text_of(resource.get("title")), *_sections(resource)]
    if _has_own_text(resource):
        parts.append(html_text(text_of(resource["text"].get("div"))))
    return "\n".join(dict.fromkeys(part for part in parts if part))


def _sections(node: Resource) -> Iterator[str]:
    for section in dicts(node.get("section")):
        text = section.get("text")
        yield text_of(section.get("title"))
        yield html_text(text_of(text.get("div"))) if isinstance(text, dict) else ""
        yield from _sections(section)


def _attachment(bundle: _Bundle, attachment: Resource) -> str:
    data, kind = text_of(attachment.get("data")), text_of(attachment.get("contentType"))
    if not data and attachment.get("url"):
        binary = bundle.find(attachment["url"])
        if binary is None or binary.get("resourceType") != "Binary":
            raise NoteError("an attachment that stands elsewhere; nothing is fetched, so put it into the bundle")
        data, kind = text_of(binary.get("data")), text_of(binary.get("contentType")) or kind
    return attachment_text(data, kind) if data else ""


def _diagnosis(bundle: _Bundle, resource: Resource, patient: Resource) -> str:
    """Return the diagnosis a note belongs to: of its encounter, or the patient's only one."""
    encounter = _encounter(bundle, resource)
    conditions = bundle.of("Condition", patient)
    if encounter is not None:
        ranked = sorted(dicts(encounter.get("diagnosis")), key=_rank)
        named = [found for use in ranked if (found := bundle.find(use.get("condition"))) is not None]
        same = [one for one in conditions if bundle.find(one.get("encounter")) is encounter]
        conditions = named or same
    names = list(dict.fromkeys(name for one in conditions if (name := _coded(one.get("code")))))
    first_only = encounter is not None and bool(encounter.get("diagnosis"))
    return names[0] if names and (first_only or len(names) == 1) else NOT_STATED


def _rank(use: Resource) -> int:
    rank = use.get("rank")
    return rank if isinstance(rank, int) else 1_000_000


def _encounter(bundle: _Bundle, resource: Resource) -> Resource | None:
    context = resource.get("context")
    references = [resource.get("encounter"), *(listed(context.get("encounter")) if isinstance(context, dict) else [])]
    return next((found for one in references if (found := bundle.find(one)) is not None), None)


def _coded(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    displays = [text_of(coding.get("display")) for coding in dicts(value.get("coding"))]
    return text_of(value.get("text")) or next((display for display in displays if display), "")
