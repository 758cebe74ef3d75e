"""Records out of FHIR, C-CDA and CSV; the people in these documents are invented."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from clinical_sdft.deid import RecordSourceError
from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.known import known_patient
from clinical_sdft.deid.readers.fhir import read_fhir
from clinical_sdft.deid.readers.narrative import html_text
from clinical_sdft.deid.records import has_records, read_located, read_records, source_files
from data_contracts import PatientRecord, QuarantinedRecord

KEY = b"k" * 32
BUNDLES = Path(__file__).parents[4] / "shared" / "data" / "patients" / "synthea_r4"
Values = set[tuple[Category, str]]


def b64(text: str, charset: str = "utf-8") -> str:
    return base64.b64encode(text.encode(charset)).decode()


def bundle(*more: dict[str, Any]) -> dict[str, Any]:
    resources: list[dict[str, Any]] = [
        {
            "resourceType": "Patient",
            "id": "pt-1",
            "gender": "female",
            "birthDate": "1978-03-04",
            "identifier": [
                {"type": {"coding": [{"code": "MR"}]}, "value": "44719203"},
                {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "123-45-6789"},
            ],
            "name": [{"family": "Garcia Lopez", "given": ["Maria", "Q"]}, {"use": "maiden", "text": "Maria Velde"}],
            "telecom": [{"system": "phone", "value": "212-555-0143"}, {"system": "email", "value": "mq@example.org"}],
            "address": [{"line": ["42 Maple Street"], "city": "Evanston", "state": "IL", "postalCode": "60201"}],
            "contact": [{"name": {"family": "Velde", "given": ["Anna"]}, "telecom": [{"value": "312-555-0101"}]}],
        },
        {
            "resourceType": "RelatedPerson",
            "patient": {"reference": "Patient/pt-1"},
            "name": [{"family": "Novak", "given": ["Petra"]}],
        },
        {
            "resourceType": "Practitioner",
            "id": "dr-1",
            "name": [{"prefix": ["Dr."], "family": "Kaczmarek", "given": ["Wilhelm"]}],
            "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1902345678"}],
        },
        {"resourceType": "Organization", "id": "org-1", "name": "Riverside Clinic"},
        {"resourceType": "Location", "id": "loc-1", "name": "Thornbury Ward"},
        {
            "resourceType": "Encounter",
            "id": "enc-1",
            "subject": {"reference": "Patient/pt-1"},
            "period": {"start": "2024-04-09T08:00:00Z"},
            "serviceProvider": {"reference": "Organization/org-9", "display": "Larkfield Hospital"},
        },
        {
            "resourceType": "Condition",
            "subject": {"reference": "Patient/pt-1"},
            "encounter": {"reference": "Encounter/enc-1"},
            "code": {"text": "psoriasis"},
        },
        *more,
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}


def document(**changes: Any) -> dict[str, Any]:
    base = {
        "resourceType": "DocumentReference",
        "id": "doc-1",
        "subject": {"reference": "Patient/pt-1"},
        "context": {"encounter": [{"reference": "Encounter/enc-1"}]},
        "content": [{"attachment": {"contentType": "text/plain", "data": b64("Seen with a rash.")}}],
    }
    return base | changes


def attached(kind: str, data: str) -> dict[str, Any]:
    return document(content=[{"attachment": {"contentType": kind, "data": data}}])


def read(tmp_path: Path, value: Any, name: str = "bundle.json") -> list[PatientRecord | QuarantinedRecord]:
    file = tmp_path / name
    file.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return list(read_records(file, KEY))


def only(entries: list[PatientRecord | QuarantinedRecord]) -> PatientRecord:
    assert len(entries) == 1 and isinstance(entries[0], PatientRecord), entries
    return entries[0]


def held(entries: list[PatientRecord | QuarantinedRecord]) -> str:
    assert len(entries) == 1 and isinstance(entries[0], QuarantinedRecord), entries
    return entries[0].detail


def known(record: PatientRecord) -> Values:
    return {(value.category, value.text) for value in known_patient(record.patient, record.id).values}


def test_a_bundle_gives_its_note_and_whom_it_names(tmp_path: Path) -> None:
    record = only(read(tmp_path, bundle(document())))
    assert (record.id, record.narrative, record.diagnosis) == ("doc-1", "Seen with a rash.", "psoriasis")
    assert record.patient["id"] == "pt-1" and record.patient["sex"] == "female"
    wanted = {
        (Category.MRN, "44719203"), (Category.SSN, "123-45-6789"), (Category.NAME, "Garcia Lopez, Maria Q"),
        (Category.NAME, "Maria Velde"), (Category.PHONE, "212-555-0143"), (Category.EMAIL, "mq@example.org"),
        (Category.ADDRESS, "42 Maple Street"), (Category.PLACE, "Evanston"), (Category.ZIP, "60201"),
        (Category.NAME, "Velde, Anna"), (Category.PHONE, "312-555-0101"), (Category.NAME, "Novak, Petra"),
        (Category.NAME, "Kaczmarek, Wilhelm"), (Category.LICENCE, "1902345678"), (Category.DATE, "2024-04-09"),
        (Category.FACILITY, "Riverside Clinic"), (Category.FACILITY, "Thornbury Ward"), (Category.DATE, "1978-03-04"),
        (Category.FACILITY, "Larkfield Hospital"),
    }  # fmt: skip
    assert wanted <= known(record)


@pytest.mark.parametrize(
    ("resource", "text"),
    [
        (attached("text/html; charset=utf-8", b64("<p>A <b>rash</b>.</p><script>x()</script>")), "A rash."),
        (attached("text/plain; charset=latin1", b64("Fièvre", "latin-1")), "Fièvre"),
        (
            {
                "resourceType": "Composition",
                "id": "c-1",
                "subject": {"reference": "Patient/pt-1"},
                "title": "Visit",
                "section": [
                    {
                        "title": "History",
                        "text": {"div": "<div>Itching<br/>for weeks</div>"},
                        "section": [{"text": {"div": "<div><table><tr><td>Hb</td><td>11</td></tr></table></div>"}}],
                    }
                ],
            },
            "Visit\nHistory\nItching\nfor weeks\nHb 11",
        ),
        (
            {
                "resourceType": "DiagnosticReport",
                "id": "r-1",
                "subject": {"reference": "Patient/pt-1"},
                "conclusion": "No malignancy.",
                "presentedForm": [{"contentType": "text/plain", "data": b64("Skin biopsy.")}],
            },
            "No malignancy.\nSkin biopsy.",
        ),
        (
            {
                "resourceType": "Observation",
                "id": "o-1",
                "subject": {"reference": "urn:uuid:1"},
                "note": [{"text": "Daughter says he fell."}],
            },
            None,
        ),
    ],
)
def test_notes_of_all_kinds(tmp_path: Path, resource: dict[str, Any], text: str | None) -> None:
    entries = read(tmp_path, bundle(resource))
    if text is None:
        assert held(entries) == "file, Observation 1: whose note it is does not stand in the file"
    else:
        assert only(entries).narrative == text


def test_contained_resources_and_full_urls_are_followed(tmp_path: Path) -> None:
    value = bundle(document(subject={"reference": "urn:uuid:77"}, contained=[{
        "resourceType": "Practitioner", "id": "p", "name": [{"family": "Ulvaeus"}]}]))  # fmt: skip
    value["entry"][0]["fullUrl"] = "urn:uuid:77"
    assert (Category.NAME, "Ulvaeus") in known(only(read(tmp_path, value)))


def test_two_patients_of_one_bundle_keep_their_own_relatives(tmp_path: Path) -> None:
    other = {"resourceType": "Patient", "id": "pt-2", "name": [{"family": "Oyelaran", "given": ["Tunde"]}]}
    entries = read(tmp_path, bundle(other, document(), document(id="doc-2", subject={"reference": "Patient/pt-2"})))
    first, second = entries
    assert isinstance(first, PatientRecord) and isinstance(second, PatientRecord)
    assert (Category.NAME, "Novak, Petra") in known(first) and (Category.NAME, "Novak, Petra") not in known(second)
    assert (Category.NAME, "Kaczmarek, Wilhelm") in known(second)


@pytest.mark.parametrize(
    ("resource", "detail"),
    [
        (attached("application/pdf", b64("x")), "an attachment that is neither plain text nor HTML"),
        (attached("text/plain", "%%%"), "an attachment that is not base64"),
        (attached("text/plain", base64.b64encode(b"\xff\xfe\xfa").decode()), "text that is not in the charset"),
        (attached("text/plain", b64("  ")), "a note without text"),
        (document(content=[{"attachment": {"contentType": "text/plain", "url": "https://x.example/1"}}]), "elsewhere"),
    ],
)
def test_an_attachment_that_cannot_be_read_holds_its_note_back(
    tmp_path: Path, resource: dict[str, Any], detail: str
) -> None:
    said = held(read(tmp_path, bundle(resource)))
    assert said.startswith("file, DocumentReference 1: ") and detail in said


def test_a_bundle_without_a_note_says_so(tmp_path: Path) -> None:
    assert held(read(tmp_path, bundle())) == "file: no note in it"


CCDA = """\
<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <id extension="DOC-771" root="2.16.840.1.113883.19"/><title>Visit note</title><effectiveTime value="20240409"/>
  <recordTarget><patientRole><id extension="44719203" root="2.16.840.1.113883.19.5"/>
    <id extension="123-45-6789" root="2.16.840.1.113883.4.1"/>
    <addr><streetAddressLine>42 Maple Street</streetAddressLine>
      <city>Evanston</city><postalCode>60201</postalCode></addr>
    <telecom value="tel:+1(212)555-0143"/>
    <patient><name><given>Maria</given><given>Q</given><family>Velde</family></name>
      <administrativeGenderCode code="F"/><birthTime value="19780304"/>
      <guardian><guardianPerson><name><given>Anna</given><family>Novak</family></name></guardianPerson></guardian>
    </patient><providerOrganization><name>Riverside Clinic</name></providerOrganization></patientRole></recordTarget>
  <author><assignedAuthor><id extension="1902345678" root="2.16.840.1.113883.4.6"/>
    <assignedPerson><name><given>Wilhelm</given><family>Kaczmarek</family></name></assignedPerson></assignedAuthor></author>
  <component><structuredBody><component><section><code code="11450-4"/><title>Problems</title>
    <text><list><item>Plaques on <content>both</content> elbows</item><item>Itching</item></list></text>
    <entry><observation><value xsi:type="CD" displayName="psoriasis"/>
      <participant><participantRole><playingEntity><name>Penicillin</name></playingEntity></participantRole></participant>
    </observation></entry></section></component></structuredBody></component>
</ClinicalDocument>"""


def test_a_clinical_document_gives_its_sections_and_whom_it_names(tmp_path: Path) -> None:
    record = only(read(tmp_path, CCDA.encode(), "note.xml"))
    assert record.narrative == "Visit note\nProblems\nPlaques on both elbows\nItching"
    assert (record.id, record.patient["id"], record.diagnosis) == ("DOC-771", "44719203", "psoriasis")
    found = known(record)
    assert {
        (Category.MRN, "44719203"), (Category.SSN, "123-45-6789"), (Category.NAME, "Velde, Maria Q"),
        (Category.NAME, "Novak, Anna"), (Category.NAME, "Kaczmarek, Wilhelm"), (Category.LICENCE, "1902345678"),
        (Category.FACILITY, "Riverside Clinic"), (Category.PHONE, "+1(212)555-0143"), (Category.DATE, "1978-03-04"),
        (Category.DATE, "2024-04-09"), (Category.PLACE, "Evanston"), (Category.ADDRESS, "42 Maple Street"),
    } <= found  # fmt: skip
    assert not any("Penicillin" in text for _, text in found)


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (CCDA.replace("<ClinicalDocument", '<!DOCTYPE x [<!ENTITY a "b">]><ClinicalDocument'), "declares a"),
        (CCDA.replace("<ClinicalDocument", '<!DOCTYPE x SYSTEM "file:///etc/passwd"><ClinicalDocument'), "declares a"),
        (CCDA[:900], "not XML that can be read"),
        ("<html><body>x</body></html>", "no clinical document"),
        (CCDA.replace("Plaques on", "").split("<component>")[0] + "</ClinicalDocument>", "without text"),
        ("<a>" * 200_000, "not XML that can be read"),
    ],
)  # fmt: skip
def test_a_bad_clinical_document_is_held_back(tmp_path: Path, content: str, detail: str) -> None:
    assert detail in held(read(tmp_path, content.encode(), "note.xml"))


def test_rows_of_a_table_are_records(tmp_path: Path) -> None:
    header = "note_id,patient_id,Note,Dx,Patient Name,MRN,weight\n"
    text = header + 'N1,P1,"A rash,\nitching",psoriasis,Jane Velde,44719203,82\n'
    record = only(read(tmp_path, text.encode("utf-8-sig"), "notes.csv"))
    assert (record.id, record.narrative, record.diagnosis) == ("N1", "A rash,\nitching", "psoriasis")
    assert record.patient == {"id": "P1", "patient_name": "Jane Velde", "mrn": "44719203"}


def test_columns_are_mapped_by_a_file_beside_the_table(tmp_path: Path) -> None:
    (tmp_path / "t.columns.yaml").write_text("narrative: Bericht\npatient.id: Nr\npatient.mother.name: Mutter\n")
    record = only(read(tmp_path, b"Nr;Bericht;Mutter\n17;Ausschlag;Petra Novak\n", "t.csv"))
    assert record.patient == {"id": "17", "mother": {"name": "Petra Novak"}}
    assert record.diagnosis == "not stated"
    assert source_files(tmp_path / "t.csv") == [tmp_path / "t.columns.yaml", tmp_path / "t.csv"]


def test_a_table_without_a_needed_column_gets_one_line_that_shows_no_cell(tmp_path: Path) -> None:
    with pytest.raises(RecordSourceError) as error:
        read(tmp_path, b"Jane Velde,44719203\nx,y\n", "t.csv")
    assert "no column for `patient.id` among its 2" in str(error.value) and "Velde" not in str(error.value)
    assert str(tmp_path / "t.csv") in str(error.value)
    (tmp_path / "t.columns.yaml").write_text("narrative: Text\n")
    with pytest.raises(RecordSourceError, match="names `Text`, which stands 0 times"):
        list(read_records(tmp_path / "t.csv", KEY))
    (tmp_path / "t.columns.yaml").write_text("story: Text\n")
    with pytest.raises(RecordSourceError, match="`story` is no field"):
        list(read_records(tmp_path / "t.csv", KEY))


def test_in_a_folder_bad_files_are_held_back_and_named_to_nobody_but_the_person(tmp_path: Path) -> None:
    (tmp_path / "a_velde.csv").write_text("Jane Velde,44719203\nx,y\n")
    (tmp_path / "b.csv").write_text("id,patient_id,note\n1,2,rash\n3,4\n")
    (tmp_path / "c.json").write_text(json.dumps(bundle(document()))[:-40])
    (tmp_path / "d.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "e.xml").write_text(CCDA)
    (tmp_path / "f.jsonl").write_text(json.dumps(bundle(document())) + "\n[1]\n7\n")
    (tmp_path / "g.json").write_text(_deep(5000))
    details = [e.entry.detail for e in read_located(tmp_path, KEY) if isinstance(e.entry, QuarantinedRecord)]
    assert [detail.partition(": ")[0] for detail in details] == [
        "file 1 of 7, file", "file 2 of 7, row 3", "file 3 of 7, file", "file 4 of 7, file",
        "file 6 of 7, line 2, entry 1", "file 6 of 7, line 3", "file 7 of 7, file",
    ]  # fmt: skip
    assert not any("velde" in detail.casefold() for detail in details)
    assert sum(isinstance(e.entry, PatientRecord) for e in read_located(tmp_path, KEY)) == 3
    assert {e.file.name for e in read_located(tmp_path, KEY)} == {f.name for f in tmp_path.iterdir()}


def _deep(depth: int) -> str:
    return '{"resourceType": "Basic", "contained": [' * depth + "]}" * depth


def test_what_html_shows_is_what_is_read() -> None:
    page = "<html><head><title>t</title></head><body><h1>Note</h1><!-- hidden --><p>A&nbsp;&lt;B</p></body>"
    assert html_text(page) == "Note\nA <B"
    assert has_records(Path(__file__).parent) is False


@pytest.mark.shared_data
@pytest.mark.skipif(not BUNDLES.is_dir(), reason="the synthetic patients are not beside the project")
def test_synthetic_bundles_state_their_people() -> None:
    for file in sorted(BUNDLES.glob("*.json")):
        value = json.loads(file.read_text())
        value["entry"].append({"resource": {
            "resourceType": "DocumentReference", "id": "n",
            "content": [{"attachment": {"contentType": "text/plain", "data": b64("A rash.")}}]}})  # fmt: skip
        patient = next(e["resource"] for e in value["entry"] if e["resource"]["resourceType"] == "Patient")
        record = next(r for r in read_fhir(value) if isinstance(r, PatientRecord))
        found = known(record)
        assert (Category.DATE, patient["birthDate"]) in found
        assert {entry["value"] for entry in patient["identifier"]} <= {text for _, text in found}
        assert any(patient["name"][0]["family"] in text for category, text in found if category == Category.NAME)
