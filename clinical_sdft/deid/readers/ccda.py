"""C-CDA: a clinical document in XML gives one record; entities and document types are never resolved."""

from collections.abc import Iterator
from typing import Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from clinical_sdft.deid.errors import NoteError
from clinical_sdft.deid.readers.narrative import attachment_text, tidy
from clinical_sdft.deid.readers.parts import NOT_STATED, Identity, Read, Unread, filled, person_name
from clinical_sdft.deid.text import word_set
from data_contracts.records import PatientRecord

_HL7 = "{urn:hl7-org:v3}"
_PERSONS = word_set(
    "patient guardianPerson assignedPerson associatedPerson informationRecipient relatedPerson maintainingPerson "
    "relatedSubject subject guardian"
)
_PLACES = word_set(
    "representedOrganization providerOrganization receivedOrganization scopingOrganization wholeOrganization "
    "serviceProviderOrganization representedCustodianOrganization guardianOrganization manufacturerOrganization "
    "location asOrganizationPartOf"
)
_OWN = ("recordTarget", "patientRole", "patient", "birthplace", "place")
_RELATIVE = frozenset(("guardian", "associatedEntity", "relatedEntity", "relatedSubject"))
_DIAGNOSIS_SECTIONS = ("46240-8", "29308-4", "51848-0", "11450-4")
"""LOINC codes, in the order in which they are asked: encounters, diagnosis, assessment, problem list."""
_BLOCKS = frozenset(("paragraph", "list", "item", "table", "tr", "caption", "br", "thead", "tbody", "title"))


def looks_like_xml(content: bytes) -> bool:
    """Tell whether bytes begin as an XML document does."""
    start = content[:200].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").replace(b"\0", b"")
    return start.startswith(b"<")


def read_ccda(content: bytes) -> Iterator[Read]:
    """Yield the record of a clinical document, or why it is held back."""
    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException:
        yield Unread("", "XML that declares a document type or entities", content)
        return
    except (ParseError, ValueError, LookupError):
        yield Unread("", "not XML that can be read", content)
        return
    if root.tag != f"{_HL7}ClinicalDocument":
        yield Unread("", "XML, but no clinical document (C-CDA)", content)
        return
    try:
        narrative = _narrative(root)
    except NoteError as error:
        yield Unread("", str(error), content)
        return
    if not narrative:
        yield Unread("", "a clinical document without text", content)
        return
    identity = _identity(root)
    own = root.find(f"{_HL7}id")
    yield PatientRecord(
        id=_id(own) if own is not None and _id(own) else f"document of {identity.id or 'nobody'}",
        patient=identity.as_patient(),
        narrative=narrative,
        diagnosis=_diagnosis(root),
    )


def _identity(root: Any) -> Identity:
    role = root.find(f"{_HL7}recordTarget/{_HL7}patientRole")
    identity = Identity()
    if role is not None:
        ids = [found for one in role.findall(f"{_HL7}id") if (found := _id(one))]
        identity.id = next(iter(ids), "")
        gender = role.find(f"{_HL7}patient/{_HL7}administrativeGenderCode")
        identity.sex = gender.get("code", "") if gender is not None else ""
    _walk(identity, root, ())
    return identity


def _walk(identity: Identity, node: Any, path: tuple[str, ...]) -> None:
    """Collect names, addresses, numbers and dates of the whole document, by whom they stand under."""
    for child in node:
        name = _local(child)
        if name == "text":
            continue
        found = _found(child, name, path)
        if found:
            _group(identity, path).append(found)
        if name in ("birthTime", "time", "effectiveTime", "low", "high", "center") and len(child.get("value", "")) >= 8:
            day = child.get("value")[:8]
            identity.dates.add(f"{day[:4]}-{day[4:6]}-{day[6:]}")
        _walk(identity, child, (*path, name))


def _found(child: Any, name: str, path: tuple[str, ...]) -> dict[str, Any]:
    parent = path[-1] if path else ""
    if name == "name" and parent in _PERSONS:
        return filled(name=_name(child))
    if name == "name" and (parent in _PLACES or path[-2:] == ("healthCareFacility", "location")):
        return filled(facility=_all_text(child))
    if name == "name" and parent == "place":
        return filled(city=_all_text(child))
    if name == "addr":
        return _address(child)
    if name == "telecom":
        return _telecom(child.get("value", ""))
    if name == "id" and child.get("extension"):
        return {_id_key(child, path): child.get("extension")}
    return {}


def _group(identity: Identity, path: tuple[str, ...]) -> list[dict[str, Any]]:
    if _RELATIVE & set(path):
        return identity.relatives
    if any(name in _PLACES for name in path):
        return identity.facilities
    return identity.own if set(path) & set(_OWN) else identity.providers


def _id_key(child: Any, path: tuple[str, ...]) -> str:
    root = child.get("root", "")
    by_root = {"2.16.840.1.113883.4.1": "ssn", "2.16.840.1.113883.4.6": "npi", "2.16.840.1.113883.4.572": "health_plan"}
    return by_root.get(root) or ("mrn" if path[-1:] == ("patientRole",) else "other_number")


def _id(element: Any) -> str:
    return (element.get("extension") or element.get("root") or "").strip()


def _name(element: Any) -> str:
    given = [_all_text(one) for one in element.findall(f"{_HL7}given")]
    family = " ".join(_all_text(one) for one in element.findall(f"{_HL7}family"))
    return person_name(given, family) or _all_text(element)


def _address(element: Any) -> dict[str, Any]:
    def parts(name: str) -> list[str]:
        return [text for one in element.findall(f"{_HL7}{name}") if (text := _all_text(one))]

    plain = "" if len(element) else _all_text(element)
    return filled(
        street=parts("streetAddressLine"),
        city=parts("city"),
        county=parts("county"),
        postal_code=parts("postalCode"),
        address=plain,
    )


def _telecom(value: str) -> dict[str, Any]:
    scheme, _, rest = value.strip().partition(":")
    keys = {"mailto": "email", "fax": "fax", "http": "url", "https": "url", "tel": "phone"}
    if scheme.casefold() in ("http", "https"):
        return {"url": value.strip()}
    return filled(**{keys.get(scheme.casefold(), "phone"): rest.strip() or value.strip()})


def _narrative(root: Any) -> str:
    """Return the text of all sections, or of a body that is no XML.

    Raises:
        NoteError: the body is of a kind that is not read here.
    """
    pieces = [_all_text(title) for title in root.findall(f"{_HL7}title")]
    pieces += [text for section in root.iter(f"{_HL7}section") for text in _section(section)]
    for body in root.iter(f"{_HL7}nonXMLBody"):
        text = body.find(f"{_HL7}text")
        if text is None or text.find(f"{_HL7}reference") is not None:
            raise NoteError("a body that stands elsewhere; nothing is fetched")
        kind, content = text.get("mediaType", "text/plain"), text.text or ""
        pieces.append(attachment_text(content, kind) if text.get("representation") == "B64" else tidy(content))
    return "\n".join(piece for piece in pieces if piece) if len(pieces) > 1 else ""


def _section(section: Any) -> Iterator[str]:
    title, text = section.find(f"{_HL7}title"), section.find(f"{_HL7}text")
    yield _all_text(title) if title is not None else ""
    yield tidy("".join(_block_text(text))) if text is not None else ""


def _block_text(node: Any) -> Iterator[str]:
    name = _local(node)
    around = "\n" if name in _BLOCKS else " " if name in ("td", "th") else ""
    yield around
    yield (node.text or "").replace("\n", " ")
    for child in node:
        yield from _block_text(child)
        yield (child.tail or "").replace("\n", " ")
    yield around


def _all_text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _diagnosis(root: Any) -> str:
    """Return the only diagnosis of the first section that states any."""
    sections = list(root.iter(f"{_HL7}section"))
    for wanted in _DIAGNOSIS_SECTIONS:
        for section in sections:
            code = section.find(f"{_HL7}code")
            if code is None or code.get("code") != wanted:
                continue
            values = [one.get("displayName", "").strip() for one in section.iter(f"{_HL7}value")]
            names = list(dict.fromkeys(name for name in values if name))
            if names:
                return names[0] if len(names) == 1 else NOT_STATED
    return NOT_STATED


def _local(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
