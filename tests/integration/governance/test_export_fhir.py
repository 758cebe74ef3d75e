"""The FHIR bundle against R4 itself: types and cardinalities by models generated from it, codes by its value sets."""

import base64
import hashlib
import json
import re

import pytest
from fhirclient.models.bundle import Bundle
from governance_world import START, World, digest
from test_audit_export import members_of, problems, resigned
from test_export_selections import LEARNED, learn_from

from data_contracts import AuditEvent
from governance.approvals.errors import SignatureError, SignInError
from governance.export import fhir_codes as codes
from governance.services import commands, queries
from governance.services.commands import OWN_ACTIONS

FHIR = "fhir/bundle.json"

# http://hl7.org/fhir/R4/valueset-audit-event-action.html, required
ACTIONS = {"C", "R", "U", "D", "E"}
# http://hl7.org/fhir/R4/valueset-audit-event-outcome.html, required
OUTCOMES = {"0", "4", "8", "12"}
# http://hl7.org/fhir/R4/valueset-provenance-entity-role.html, required
ENTITY_ROLES = {"derivation", "revision", "quotation", "source", "removal"}
# http://hl7.org/fhir/R4/valueset-device-nametype.html, required
DEVICE_NAMES = {
    "udi-label-name", "user-friendly-name", "patient-reported-name", "manufacturer-name", "model-name", "other",
}  # fmt: skip
# http://hl7.org/fhir/R4/valueset-document-reference-status.html, required
DOCUMENT_STATUS = {"current", "superseded", "entered-in-error"}
# http://hl7.org/fhir/R4/valueset-audit-event-type.html: the DICOM codes of it that are used here
EVENT_TYPES = {"110100", "110101", "110106", "110113", "110114"}
# http://hl7.org/fhir/R4/codesystem-iso-21089-lifecycle.html: those used here
LIFECYCLE = {"access", "amend", "attest", "deidentify", "deprecate", "extract", "originate"}
# http://hl7.org/fhir/R4/valueset-provenance-agent-type.html: those used here
PROVENANCE_AGENTS = {"assembler", "attester", "enterer", "performer"}
# http://hl7.org/fhir/R4/datatypes.html#instant and #id
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d+Z")
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


@pytest.fixture
def exported(world, tmp_path):
    learn_from(world, "u1", LEARNED, held_back=(digest("record-2"),))
    for wrong in ("clara", "nobody"):
        with pytest.raises(SignInError):
            commands.authenticate(world.gov, wrong, "wrong")
    bundle = queries.update_detail(world.gov, "u1").bundle
    with pytest.raises(SignatureError):
        World.sign(world, bundle, "rita")
    commands.record_read(world.gov, actor="clara", page="update", update_id="u1")
    commands.record_read(world.gov, actor="cora", page="audit")
    commands.rollback(world.gov, model=world.model, actor="admin", reason="complaints")
    return commands.export_audit(world.gov, tmp_path / "audit.zip", actor="cora")


@pytest.fixture
def bundle(exported):
    return json.loads(members_of(exported)[FHIR])


def of_type(bundle, name):
    return [one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == name]


def walk(value):
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from walk(one)
    elif isinstance(value, list):
        for one in value:
            yield from walk(one)


def by_action(bundle, action):
    return [
        event for event in of_type(bundle, "AuditEvent") if any(code["code"] == action for code in event["subtype"])
    ]


def test_r4_models_accept_it_strictly(bundle):
    """fhirclient's classes are generated from FHIR 4.0.1: types, cardinalities, no unknown element."""
    read = Bundle(bundle, strict=True)
    assert read.as_json()["type"] == "collection" and len(read.entry) == len(bundle["entry"])
    counts = {entry["resource"]["resourceType"] for entry in bundle["entry"]}
    assert counts == {"AuditEvent", "Device", "DocumentReference", "Practitioner", "Provenance"}


def test_the_models_would_refuse_what_is_not_r4(bundle):
    del of_type(bundle, "AuditEvent")[0]["source"]
    with pytest.raises(Exception, match="source"):
        Bundle(bundle, strict=True)


def test_ids_are_unique_and_every_reference_resolves_inside(bundle):
    """Bundle rules bdl-7 and the resolving of `urn:uuid:` (http://hl7.org/fhir/R4/bundle.html#references)."""
    urls = [one["fullUrl"] for one in bundle["entry"]]
    assert len(set(urls)) == len(urls)
    assert all(one["fullUrl"] == f"urn:uuid:{one['resource']['id']}" for one in bundle["entry"])
    references = [one["reference"] for one in walk(bundle) if "reference" in one]
    assert len(references) > 20 and set(references) <= set(urls)
    assert all(ID.fullmatch(one["resource"]["id"]) for one in bundle["entry"])


def test_every_coded_element_uses_a_code_of_its_value_set(bundle):
    for event in of_type(bundle, "AuditEvent"):
        assert event["action"] in ACTIONS and event["outcome"] in OUTCOMES
        assert event["type"]["system"] == codes.DCM and event["type"]["code"] in EVENT_TYPES
        for code in event["subtype"]:
            assert code["system"] in (codes.ACTIONS, codes.DCM, codes.ISO_21089)
            assert code["system"] != codes.ISO_21089 or code["code"] in LIFECYCLE
        assert INSTANT.fullmatch(event["recorded"])
    for provenance in of_type(bundle, "Provenance"):
        assert {one["role"] for one in provenance.get("entity", [])} <= ENTITY_ROLES
        assert {agent["type"]["coding"][0]["code"] for agent in provenance["agent"]} <= PROVENANCE_AGENTS
        assert INSTANT.fullmatch(provenance["recorded"])
    for device in of_type(bundle, "Device"):
        assert {one["type"] for one in device["deviceName"]} <= DEVICE_NAMES
    assert {one["status"] for one in of_type(bundle, "DocumentReference")} <= DOCUMENT_STATUS
    for value in walk(bundle):
        assert "" not in value.values() and [] not in value.values() and None not in value.values()
        if "code" in value and "system" in value:
            assert value["display"]


def test_audit_events_follow_the_balp_pattern(bundle):
    """IHE BALP 1.1.4: the application and one person or system that asked, the observer, and what it was about."""
    for event in of_type(bundle, "AuditEvent"):
        application, asker = event["agent"]
        assert (application["requestor"], asker["requestor"]) == (False, True)
        expected = "IRCP" if event["action"] == "R" else "AUT"
        assert asker["type"]["coding"][0]["code"] == expected
        assert event["source"]["observer"] == application["who"]
        assert event["source"]["type"][0]["code"] == "4"
        for entity in event["entity"]:
            assert not ("name" in entity and "query" in entity)  # invariant sev-1


def test_every_event_is_told_once_with_its_outcome(world, bundle):
    events = list(reversed(queries.events(world.gov, limit=None)))
    told = of_type(bundle, "AuditEvent")
    assert [event["subtype"][-1]["code"] for event in told] == [event.action for event in events]
    assert [event["entity"][0]["name"] for event in told] == [f"event {event.seq}" for event in events]
    assert {event["outcome"] for event in by_action(bundle, "sign-in-failed")} == {"4"}
    assert {event["outcome"] for event in by_action(bundle, "signature-refused")} == {"4"}
    assert by_action(bundle, "audit-exported")[0]["type"]["code"] == "110106"
    assert {event["type"]["code"] for event in by_action(bundle, "page-read")} == {"110100", "110101"}
    (signed, _) = by_action(bundle, "update-signed")
    assert signed["agent"][1]["who"]["display"] == "Dr. Clara Clinician"
    held = by_action(bundle, "record-quarantined")[0]["entity"][1]
    assert held["what"]["identifier"]["value"] == digest("record-2")[7:]


def test_every_action_has_a_code_and_one_that_is_not_listed_tells_failure_by_its_name():
    def kind(action):
        return codes.kind_of(AuditEvent(seq=0, recorded_at=START, actor="x", action=action))

    for action in OWN_ACTIONS:
        assert kind(action).type["code"] in EVENT_TYPES and kind(action).outcome in OUTCOMES
        assert (kind(action).outcome == "0") != action.endswith(("-failed", "-refused"))
    assert (kind("something-new").outcome, kind("something-failed").outcome) == ("0", "4")
    assert kind("something-new").subtype is None


def test_provenance_tells_where_a_candidate_and_a_promotion_come_from(bundle):
    devices = {f"urn:uuid:{one['id']}": one["identifier"][0]["value"] for one in of_type(bundle, "Device")}
    made, *moves = of_type(bundle, "Provenance")
    assert devices[made["target"][0]["reference"]] == digest("model-u1")[7:]
    assert devices[made["entity"][0]["what"]["reference"]] == digest("model-0")[7:]
    assert [move["activity"]["coding"][0]["code"] for move in moves] == ["install", "promote", "rollback"]
    attesters = [
        agent["who"]["display"] for agent in moves[1]["agent"] if agent["type"]["coding"][0]["code"] == "attester"
    ]
    assert attesters == ["Dr. Clara Clinician", "Abel Approver"]
    assert moves[2]["reason"] == [{"text": "complaints"}]


def test_documents_are_named_by_what_they_are(exported, bundle):
    members = members_of(exported)
    documents = of_type(bundle, "DocumentReference")
    assert [one["content"][0]["attachment"]["title"] for one in documents] == [
        "report.html",
        "report.pdf",
        "updates/u1/model_card.md",
    ]
    for document in documents:
        attachment = document["content"][0]["attachment"]
        data = members[attachment["title"]]
        assert attachment["hash"] == base64.b64encode(hashlib.sha1(data).digest()).decode()
        assert (attachment["size"], document["identifier"][0]["value"]) == (len(data), hashlib.sha256(data).hexdigest())


def _forget_an_event(bundle):
    del bundle["entry"][[e["resource"]["resourceType"] for e in bundle["entry"]].index("AuditEvent")]


def _back_date(bundle):
    of_type(bundle, "AuditEvent")[3]["recorded"] = "2020-01-01T00:00:00.000000Z"


def _other_document(bundle):
    of_type(bundle, "DocumentReference")[1]["identifier"][0]["value"] = "0" * 64


@pytest.mark.parametrize("change", [_forget_an_event, _back_date, _other_document])
def test_a_bundle_that_tells_another_story_is_named_even_under_a_new_manifest(world, exported, change, tmp_path):
    members = members_of(exported)
    bundle = json.loads(members[FHIR])
    change(bundle)
    members[FHIR] = json.dumps(bundle).encode()
    path = tmp_path / "changed.zip"
    path.write_bytes(resigned(world, members))
    assert any(line.startswith(FHIR) for line in problems(path))


def test_withheld_events_and_strangers_stay_out(world, tmp_path):
    world.promoted("u1")
    path = commands.export_audit(world.gov, tmp_path / "u1.zip", update_id="u1", actor="cora")
    bundle = json.loads(members_of(path)[FHIR])
    assert by_action(bundle, "person-added") == []
    names = {one["name"][0]["text"] for one in of_type(bundle, "Practitioner")}
    assert names == {"Abel Approver", "Dr. Clara Clinician", "Rita Requester"}
    exporter = by_action(bundle, "audit-exported")[0]["agent"][1]["who"]
    assert exporter == {"identifier": {"system": codes.PEOPLE, "value": "cora"}}
