"""What FHIR and DICOM call the events of this log.

Systems and codes: FHIR R4 4.0.1, value sets audit-event-type, audit-event-sub-type, audit-event-action,
audit-event-outcome, object-role, security-source-type, v3-ParticipationType; DICOM PS3.16, context groups 400 and 401.
An action that no code fits keeps its own, under `ACTIONS`.
"""

from dataclasses import dataclass

from data_contracts import AuditEvent

DCM = "http://dicom.nema.org/resources/ontology/DCM"
ISO_21089 = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
OBJECT_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
SOURCE_TYPE = "http://terminology.hl7.org/CodeSystem/security-source-type"
OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
PROVENANCE_AGENT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"

ACTIONS = "urn:clinical-sdft:action"
PEOPLE = "urn:clinical-sdft:person"
UPDATES = "urn:clinical-sdft:update"
LOGS = "urn:clinical-sdft:log"

Code = dict[str, str]


def coding(system: str, code: str, display: str) -> Code:
    """Return a Coding."""
    return {"system": system, "code": code, "display": display}


@dataclass(frozen=True)
class EventKind:
    """How an event is coded: AuditEvent.type, a first subtype if any fits, action and outcome."""

    type: Code
    subtype: Code | None = None
    action: str = "E"
    outcome: str = "0"


_ACTIVITY = coding(DCM, "110100", "Application Activity")
_SIGN_IN = coding(DCM, "110114", "User Authentication")
_ALERT = coding(DCM, "110113", "Security Alert")
_LOGIN = coding(DCM, "110122", "Login")


def _life(code: str, display: str, action: str) -> EventKind:
    return EventKind(_ACTIVITY, coding(ISO_21089, code, f"{display} Record Lifecycle Event"), action)


_KINDS = {
    "audit-exported": EventKind(
        coding(DCM, "110106", "Export"), coding(ISO_21089, "extract", "Extract Record Lifecycle Event"), "R"
    ),
    "page-read": _life("access", "Access/View", "R"),
    "signed-in": EventKind(_SIGN_IN, _LOGIN),
    "sign-in-failed": EventKind(_SIGN_IN, _LOGIN, outcome="4"),
    "sign-in-refused": EventKind(_SIGN_IN, _LOGIN, outcome="8"),
    "signature-refused": EventKind(_ACTIVITY, outcome="4"),
    "checkpoint-failed": EventKind(_ALERT, outcome="8"),
    "time-stamp-failed": EventKind(_ALERT, outcome="4"),
    "person-added": EventKind(_ALERT, coding(DCM, "110137", "User security Attributes Changed"), "C"),
    "records-deidentified": _life("deidentify", "De-Identify (Anononymize)", "E"),
    "record-reidentified": _life("reidentify", "Re-identify", "R"),
    "quarantine-released": _life("attest", "Attest", "C"),
    "quarantine-discarded": _life("attest", "Attest", "C"),
    "demonstrations-drafted": _life("originate", "Originate/Retain", "C"),
    "candidate-trained": _life("originate", "Originate/Retain", "C"),
    "update-submitted": _life("originate", "Originate/Retain", "C"),
    "update-signed": _life("attest", "Attest", "C"),
    "conflicts-settled": _life("attest", "Attest", "C"),
    "suite-registered": _life("originate", "Originate/Retain", "C"),
    "suite-joined-prior": _life("amend", "Amend (Update)", "U"),
    "suite-retired": _life("deprecate", "Deprecate", "U"),
    "workspace-created": EventKind(_ACTIVITY, action="C"),
    "gate-decided": EventKind(_ACTIVITY, action="C"),
    "checkpoint-time-stamped": EventKind(_ACTIVITY, action="C"),
    "model-installed": EventKind(_ACTIVITY, action="U"),
    "update-promoted": EventKind(_ACTIVITY, action="U"),
    "model-rolled-back": EventKind(_ACTIVITY, action="U"),
}


def kind_of(event: AuditEvent) -> EventKind:
    """Return how an event is coded; what is not listed is an activity, and its name says whether it failed."""
    if event.action == "page-read" and event.details.get("page") in ("audit", "audit-log"):
        return EventKind(coding(DCM, "110101", "Audit Log Used"), _KINDS["page-read"].subtype, "R")
    failed = event.action.endswith(("-failed", "-refused"))
    return _KINDS.get(event.action, EventKind(_ACTIVITY, outcome="4" if failed else "0"))
