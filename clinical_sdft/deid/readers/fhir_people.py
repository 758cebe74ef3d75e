"""Who and what a FHIR R4 resource names: the identifiers of patients, relatives, providers and places."""

import re
from collections.abc import Iterator
from typing import Any

from clinical_sdft.deid.readers.parts import Identity, filled, person_name
from clinical_sdft.deid.text import alnum

Resource = dict[str, Any]

_IDENTIFIER_KEYS = {
    "MR": "mrn", "PI": "mrn", "SS": "ssn", "SB": "ssn", "DL": "license", "PPN": "passport", "MB": "health_plan",
    "MC": "health_plan", "MA": "health_plan", "HC": "health_plan", "SN": "health_plan", "AN": "account",
    "VN": "account", "NPI": "npi", "DEA": "dea", "MD": "license", "LN": "license", "SNO": "device_serial",
    "UDI": "device_serial",
}  # fmt: skip
"""Codes of HL7 table 0203, and the key each is kept under."""
_SYSTEM_KEYS = (("us-ssn", "ssn"), ("us-npi", "npi"), ("us-mbi", "health_plan"), ("us-dln", "license"))
SHORTEST_NUMBER = 4
"""Shorter numbers identify nobody without their system, and would be found in every blood pressure."""
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}(?:T|$)")
_PEOPLE = frozenset(("Patient", "RelatedPerson", "Practitioner", "Person"))
_PLACES = frozenset(("Organization", "Location", "HealthcareService"))
_FAMILY_EXTENSIONS = ("mothersMaidenName", "father-name", "mother-name")


def collect(identity: Identity, resource: Resource) -> None:
    """Add to a patient's identity what one resource of the patient's record names."""
    kind = resource.get("resourceType")
    if kind == "Patient":
        _patient(identity, resource)
    elif kind in ("RelatedPerson", "FamilyMemberHistory", "Person"):
        identity.relatives.append(person(resource))
    elif kind in ("Practitioner", "PractitionerRole"):
        identity.providers.append(person(resource))
    elif kind in _PLACES:
        identity.facilities.append(place(resource))
    else:
        identity.own.append(_numbers(resource))
    _references(identity, resource)
    if kind not in ("Practitioner", "PractitionerRole", *_PLACES):
        identity.dates |= {text[:10] for text in _leaves(resource) if _DATE.match(text)}


def person(resource: Resource) -> dict[str, Any]:
    """Return the identifiers of a person."""
    return filled(
        name=[name for entry in listed(resource.get("name")) if (name := human_name(entry))],
        birth_date=text_of(resource.get("birthDate"))[:10],
        **_reachable(resource),
    )


def place(resource: Resource) -> dict[str, Any]:
    """Return the identifiers of an organisation or a location."""
    names = [text_of(resource.get("name")), *map(text_of, listed(resource.get("alias")))]
    return filled(facility=[name for name in names if name], **_reachable(resource))


def human_name(value: Any) -> str:
    """Return a HumanName, or a name written as text, in one line."""
    if not isinstance(value, dict):
        return text_of(value)
    given = [text_of(word) for word in listed(value.get("given"))]
    return person_name(given, text_of(value.get("family"))) or text_of(value.get("text"))


def listed(value: Any) -> list[Any]:
    """Return a list as it is, one value as a list, and nothing as none."""
    return value if isinstance(value, list) else [] if value is None else [value]


def text_of(value: Any) -> str:
    """Return a string or a number as text; of anything else nothing."""
    if isinstance(value, bool):
        return ""
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _patient(identity: Identity, resource: Resource) -> None:
    identity.sex = identity.sex or text_of(resource.get("gender"))
    identity.own.insert(0, person(resource))
    for contact in dicts(resource.get("contact")):
        identity.relatives.append(person(contact))
        if isinstance(contact.get("organization"), dict):
            identity.facilities.append(filled(facility=text_of(contact["organization"].get("display"))))
    for extension in dicts(resource.get("extension")):
        if text_of(extension.get("url")).endswith(_FAMILY_EXTENSIONS):
            identity.relatives.append(filled(name=human_name(extension.get("valueString"))))
        elif isinstance(extension.get("valueAddress"), dict):
            identity.own.append(_address(extension["valueAddress"]))
    for link in dicts(resource.get("photo")):
        identity.own.append(filled(url=text_of(link.get("url"))))


def _reachable(resource: Resource) -> dict[str, Any]:
    found: dict[str, Any] = {"address": [_address(entry) for entry in dicts(resource.get("address"))]}
    for entry in dicts(resource.get("telecom")):
        key = {"email": "email", "url": "url", "fax": "fax"}.get(text_of(entry.get("system")), "phone")
        found.setdefault(key, []).append(text_of(entry.get("value")))
    return found | _numbers(resource)


def _address(entry: Resource) -> dict[str, Any]:
    return filled(
        street=[text_of(line) for line in listed(entry.get("line"))],
        city=text_of(entry.get("city")),
        county=text_of(entry.get("district")),
        postal_code=text_of(entry.get("postalCode")),
        address=text_of(entry.get("text")),
    )


def _numbers(resource: Resource) -> dict[str, Any]:
    """Return the identifiers and serial numbers of any resource, by the kind of number each is."""
    found: dict[str, Any] = {}
    for entry in dicts(resource.get("identifier")):
        value = text_of(entry.get("value"))
        if len(alnum(value)) >= SHORTEST_NUMBER:
            found.setdefault(_identifier_key(entry), []).append(value)
    for key, names in {
        "health_plan": ("subscriberId", "policyHolderId"),
        "device_serial": ("serialNumber", "distinctIdentifier", "lotNumber"),
    }.items():
        found.setdefault(key, []).extend(text for name in names if (text := text_of(resource.get(name))))
    for carrier in dicts(resource.get("udiCarrier")):
        values = (text_of(carrier.get("carrierHRF")), text_of(carrier.get("deviceIdentifier")))
        found["device_serial"].extend(value for value in values if value)
    return {key: values for key, values in found.items() if any(values)}


def _identifier_key(entry: Resource) -> str:
    kind = entry.get("type")
    codes = [text_of(coding.get("code")) for coding in dicts(kind.get("coding") if isinstance(kind, dict) else None)]
    told = next((_IDENTIFIER_KEYS[code] for code in codes if code in _IDENTIFIER_KEYS), None)
    system = text_of(entry.get("system"))
    return told or next((key for ending, key in _SYSTEM_KEYS if system.endswith(ending)), "other_number")


def _references(identity: Identity, node: Any) -> None:
    """Add the display names of references, for a name may stand nowhere else in the bundle."""
    if isinstance(node, list):
        for value in node:
            _references(identity, value)
    elif isinstance(node, dict):
        display, kind = text_of(node.get("display")), _referred(node)
        if display and kind in _PLACES:
            identity.facilities.append({"facility": display})
        elif display and kind in _PEOPLE:
            identity.providers.append({"name": display})
        for value in node.values():
            if isinstance(value, dict | list):
                _references(identity, value)


def _referred(node: Resource) -> str:
    """Return the type a reference points to, as far as it says so itself."""
    return text_of(node.get("type")) or text_of(node.get("reference")).rpartition("/")[0].rpartition("/")[2]


def _leaves(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, list | dict):
        for value in node.values() if isinstance(node, dict) else node:
            yield from _leaves(value)


def dicts(value: Any) -> list[Resource]:
    """Return the objects of a list, or one object as a list."""
    return [entry for entry in listed(value) if isinstance(entry, dict)]
