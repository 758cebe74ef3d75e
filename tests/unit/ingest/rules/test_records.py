"""Structured records become typed values in the guideline's units; what cannot is refused without repeating it."""

import gzip
import json
from pathlib import Path

import pytest

from clinical_sdft.errors import InputError
from clinical_sdft.ingest import bounded
from clinical_sdft.ingest.rules import records
from clinical_sdft.ingest.rules.mapping import read_mapping
from clinical_sdft.ingest.rules.records import read_cases
from data_contracts import sha256_digest

FIELDS = [
    {"name": "age", "type": "number", "unit": "a"},
    {"name": "sex", "type": "text", "values": ["woman", "man"]},
    {"name": "sbp", "type": "number", "unit": "mm[Hg]", "decimals": 1},
    {"name": "glucose", "type": "number", "unit": "mg/dL", "molar_mass": 180.156, "decimals": 1},
    {"name": "temperature", "type": "number", "unit": "Cel", "decimals": 1},
    {"name": "pregnant", "type": "boolean"},
]
MAPPING = {
    "format": "csv",
    "patient": "id",
    "only": {"treated": ["no"]},
    "fields": {
        "age": {"column": "age", "unit": "a"},
        "sex": {"column": "sex", "words": {"f": "woman", "m": "man"}},
        "sbp": {"column": "sbp", "unit": "kPa"},
        "glucose": {"column": "glucose", "unit": "mmol/L"},
        "temperature": {"column": "temp", "unit": "[degF]"},
        "pregnant": {"column": "pregnant", "words": {"1": True, "0": False}},
    },
}
HEADER = "id,treated,age,sex,sbp,glucose,temp,pregnant"


@pytest.fixture
def tiny(guideline):
    return guideline({"a": ("sbp > 1.0", "x")}, fields=FIELDS)


def written(folder: Path, mapping: dict) -> Path:
    path = folder / "mapping.yaml"
    path.write_text(json.dumps(mapping))
    return path


def read(folder: Path, tiny, rows: str, mapping: dict = MAPPING):
    source = folder / "records.csv"
    source.write_text(rows)
    return read_cases(source, read_mapping(written(folder, mapping), tiny), tiny, sha256_digest)


def test_columns_become_values_in_the_units_of_the_rules(tmp_path: Path, tiny) -> None:
    rows = f"{HEADER}\np1,no,54,f,17.3318,5.5,98.6,0\np2,yes,1,m,1,1,1,1\np1,no,93,,,,,\n"
    found = read(tmp_path, tiny, rows)
    assert found.left_out == 1 and len(found.cases) == 2
    first, second = found.cases
    assert first.values == {
        "age": 54.0,
        "sex": "woman",
        "sbp": 130.0,  # 17.3318 kPa
        "glucose": 99.1,  # 5.5 mmol/L at 180.156 g/mol
        "temperature": 37.0,  # 98.6 degrees Fahrenheit
        "pregnant": False,
    }
    assert second.values == {"age": 90.0}, "ages over 89 are one group, and what is empty is absent"
    assert first.patient == second.patient == sha256_digest(b"p1")


def test_a_compressed_file_reads_the_same(tmp_path: Path, tiny) -> None:
    path = tmp_path / "records.csv.gz"
    path.write_bytes(gzip.compress(f"{HEADER}\np1,no,54,f,17.3318,5.5,98.6,0\n".encode()))
    cases = read_cases(path, read_mapping(written(tmp_path, MAPPING), tiny), tiny, sha256_digest).cases
    assert cases[0].values["sbp"] == 130.0


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("id,treated,age\np1,no,5\n", "line 1: there is no column sex, sbp, glucose, temp, pregnant"),
        (f"{HEADER},id\n", "line 1: two columns have the same name"),
        (f"{HEADER}\np1,no,5\n", "line 2: 3 cells, the header has 8"),
        (f"{HEADER}\np1,no,SECRET,f,1,1,1,0\n", "line 2: column age: not a number"),
        (f"{HEADER}\np1,no,=1+SECRET,f,1,1,1,0\n", "line 2: column age: not a number"),
        (f"{HEADER}\np1,no,nan,f,1,1,1,0\n", "line 2: column age: not a finite number"),
        (f"{HEADER}\np1,no,5,SECRET,1,1,1,0\n", "line 2: column sex: a word that the field's `values` do not list"),
        (f"{HEADER}\np1,no,5,f,1,1,1,SECRET\n", "line 2: column pregnant: neither true nor false"),
        (f'{HEADER}\np1,no,"SECRET\n', "not CSV"),
        (f"{HEADER}\np1,no,{'SECRET' * 2000},f,1,1,1,0\n", "not CSV: field larger"),
        (f"{HEADER}\np1,yes,5,f,1,1,1,0\n", "no record to apply rules to"),
        ("", "line 1: there is no column"),
    ],
)
def test_rows_that_cannot_be_read_are_one_line_without_their_content(
    tmp_path: Path, tiny, rows: str, message: str
) -> None:
    with pytest.raises(InputError, match="records.csv: .*" + message) as caught:
        read(tmp_path, tiny, rows)
    assert "SECRET" not in str(caught.value) and "\n" not in str(caught.value)


def test_bytes_that_are_not_utf_8_and_files_that_are_not_there(tmp_path: Path, tiny) -> None:
    mapping = read_mapping(written(tmp_path, MAPPING), tiny)
    broken = tmp_path / "r.csv"
    broken.write_bytes(b"id\xff")
    with pytest.raises(InputError, match="byte 2 is not UTF-8"):
        read_cases(broken, mapping, tiny, sha256_digest)
    with pytest.raises(InputError, match="no such file"):
        read_cases(tmp_path / "absent.csv", mapping, tiny, sha256_digest)
    half = tmp_path / "r.csv.gz"
    half.write_bytes(gzip.compress(b"id\n" * 1000)[:20])
    with pytest.raises(InputError, match="not a whole gzip file"):
        read_cases(half, mapping, tiny, sha256_digest)


def changed(name: str, **source) -> dict:
    fields = MAPPING["fields"]
    assert isinstance(fields, dict)
    return MAPPING | {"fields": fields | {name: source}}


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (changed("sbp", column="sbp"), "field sbp: name the `unit` of the column"),
        (changed("pulse", column="p", unit="1"), "field pulse: the guideline has no such field; it has age, sex"),
        (changed("pregnant", column="p"), "field pregnant: say which words"),
        (changed("sbp", path="value", unit="kPa"), "field sbp: a csv mapping names a `column`"),
        (changed("sbp", column="a", path="b"), "name one of"),
        (changed("sbp", column="sbp", unit="kPa", since="x"), "`since` counts years up to the date at `path`"),
        (MAPPING | {"each": "entry"}, "each: is of the other format"),
        (MAPPING | {"surprise": 1}, "Extra inputs"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(tmp_path: Path, tiny, mapping: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_mapping(written(tmp_path, mapping), tiny)


def test_a_field_of_free_text_is_never_read(tmp_path: Path, guideline) -> None:
    free = guideline({"a": ("note == 'x'", "y")}, fields=[{"name": "note", "type": "text"}])
    mapping = written(tmp_path, {"format": "csv", "fields": {"note": {"column": "note"}}})
    with pytest.raises(InputError, match="field note: free text is never read"):
        read_mapping(mapping, free)


@pytest.mark.parametrize(
    ("unit", "message"),
    [("mmHg", r"unit 'mmHg' is not a UCUM code; write mm\[Hg\]"), ("kg", r"kg cannot become mm\[Hg\]")],
)
def test_units_that_do_not_fit_are_named(tmp_path: Path, tiny, unit: str, message: str) -> None:
    with pytest.raises(InputError, match="line 2: column sbp: " + message):
        read(tmp_path, tiny, f"{HEADER}\np1,no,5,f,1,1,1,0\n", changed("sbp", column="sbp", unit=unit))


def quantity(value: float, **more: str) -> dict:
    return {"value": value, "system": "http://unitsofmeasure.org", **more}


def bundle(*readings: dict, patient: str = "p1") -> dict:
    observations = [
        {
            "resource": {
                "resourceType": "Observation",
                "code": {"coding": [{"code": "8480-6"}]},
                "valueQuantity": reading,
            }
        }
        for reading in readings
    ]
    person = {"resource": {"resourceType": "Patient", "id": patient, "gender": "female"}}
    return {"resourceType": "Bundle", "entry": [person, *observations]}


FHIR = {
    "format": "fhir",
    "each": "entry.resource.where(resourceType = 'Observation')",
    "fields": {
        "sex": {"bundle": "entry.resource.where(resourceType = 'Patient').gender", "words": {"female": "woman"}},
        "sbp": {"path": "valueQuantity"},
    },
}


def read_fhir(folder: Path, tiny, bundles: dict[str, object], mapping: dict = FHIR):
    source = folder / "bundles"
    source.mkdir()
    for name, content in bundles.items():
        (source / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return read_cases(source, read_mapping(written(folder, mapping), tiny), tiny, sha256_digest).cases


def test_each_reading_of_a_bundle_is_a_case_of_its_patient(tmp_path: Path, tiny) -> None:
    first = bundle(quantity(142.04, code="mm[Hg]", unit="mmHg"), quantity(16, code="kPa"))
    found = read_fhir(tmp_path, tiny, {"Jane_Doe.json": first, "John.json": bundle(patient="p2")})
    assert [(case.patient, case.values) for case in found] == [
        (sha256_digest(b"p1"), {"sex": "woman", "sbp": 142.0}),
        (sha256_digest(b"p1"), {"sex": "woman", "sbp": 120.0}),
    ]


@pytest.mark.parametrize(
    ("content", "mapping", "message"),
    [
        ("{", FHIR, "bundle 1: line 1: not JSON"),
        ("[" * 100_000, FHIR, "bundle 1: no JSON"),
        ('{"resourceType": ' + "9" * 5000 + "}", FHIR, "bundle 1: a number of too many digits"),
        (bundle(patient="\ud800"), FHIR, r"bundle 1: an escape .* is half a character"),
        (bundle(quantity(10**400, code="kPa")), FHIR, "on record 1: the record holds a number that is too large"),
        ({"resourceType": "Patient"}, FHIR, "bundle 1: no FHIR Bundle"),
        ({"resourceType": "Bundle", "entry": []}, FHIR, "bundle 1: 0 Patient resources"),
        (bundle({"value": 5}), FHIR, "bundle 1: field sbp: the number has no unit"),
        (bundle(quantity(5, code="kg")), FHIR, r"bundle 1: field sbp: kg cannot become mm\[Hg\]"),
        (bundle({"value": "SECRET", "code": "kPa"}), FHIR, "bundle 1: field sbp: not a number"),
        (bundle(), FHIR | {"fields": {"sbp": {"path": "value.("}}, "each": "$this"}, "path sbp.*: no FHIRPath"),
        (
            bundle(quantity(1, code="kPa"), quantity(2, code="kPa")),
            {"format": "fhir", "fields": {"sbp": {"bundle": "entry.resource.valueQuantity"}}},
            r"field sbp: 2 values; narrow the path, or end it in .last\(\)",
        ),
    ],
)
def test_bundles_that_cannot_be_read_are_named_by_place_not_by_file(
    tmp_path: Path, tiny, content: object, mapping: dict, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_fhir(tmp_path, tiny, {"Jane_Doe.json": content}, mapping)
    assert "Jane" not in str(caught.value) and "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("born", "read_at", "years"),
    [
        ("1960-03-02", "2012-03-01T23:00:00+00:00", 51.0),
        ("1960-03-02", "2012-03-02", 52.0),
        ("1900-01-01", "2012-03-02", 90.0),
        ("1960", "2012-03-02", None),
        (None, "2012-03-02", None),
    ],
)
def test_an_age_is_the_whole_years_between_two_dates(
    tmp_path: Path, tiny, born: str | None, read_at: str, years: float | None
) -> None:
    content = bundle(quantity(120, code="mm[Hg]"))
    content["entry"][1]["resource"]["effectiveDateTime"] = read_at
    if born:
        content["entry"][0]["resource"]["birthDate"] = born
    since = "entry.resource.where(resourceType = 'Patient').birthDate"
    mapping = FHIR | {"fields": {"age": {"path": "effectiveDateTime", "since": since}}}
    [case] = read_fhir(tmp_path, tiny, {"a.json": content}, mapping)
    assert case.values.get("age") == years


def test_a_folder_without_bundles_is_named(tmp_path: Path, tiny) -> None:
    with pytest.raises(InputError, match="no FHIR bundle"):
        read_fhir(tmp_path, tiny, {})


def test_a_table_that_unpacks_to_too_much_ends_in_one_line(tmp_path: Path, tiny, monkeypatch) -> None:
    monkeypatch.setattr(bounded, "MEMORY", 32 << 20)
    source = tmp_path / "records.csv.gz"
    source.write_bytes(gzip.compress(bytes(96 << 20), compresslevel=1))
    with pytest.raises(InputError, match="takes more than 32 MiB of memory; split the file"):
        read_cases(source, read_mapping(written(tmp_path, MAPPING), tiny), tiny, sha256_digest)


def test_a_table_that_takes_too_long_ends_in_one_line(tmp_path: Path, tiny, monkeypatch) -> None:
    def endless(*parts: object) -> None:
        while True:
            pass

    monkeypatch.setattr(bounded, "_SECONDS", 0.5)
    monkeypatch.setattr(records, "_row_case", endless)
    with pytest.raises(InputError, match=r"records\.csv: reading took more than"):
        read(tmp_path, tiny, f"{HEADER}\np1,no,54,f,17.3318,5.5,98.6,0\n")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (gzip.compress(b"")[:10] + b"\xff" * 30, "not a whole gzip file"),
        (b"no gzip", "not a whole gzip file"),
        (None, "cannot be read: Is a directory; a CSV mapping reads one file"),
    ],
)
def test_a_damaged_archive_and_a_folder_are_no_table(tmp_path: Path, tiny, data: bytes | None, message: str) -> None:
    source = tmp_path / "records.gz"
    source.write_bytes(data) if data is not None else source.mkdir()
    with pytest.raises(InputError, match=message):
        read_cases(source, read_mapping(written(tmp_path, MAPPING), tiny), tiny, sha256_digest)


def test_a_mapping_that_stands_for_itself_is_refused(tmp_path: Path, tiny) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text("format: csv\nfields: &a {sbp: *a}\n")
    with pytest.raises(InputError, match=r"mapping\.yaml: aliases \(\*name\) stand for too much"):
        read_mapping(path, tiny)
