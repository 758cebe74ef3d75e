"""One patient keeps one set of surrogates: over documents, runs and processes; shifted dates keep their distances."""

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinical_sdft.deid import EXPERT_ASSIST, Deidentifier, NotesNer, load_key, read_records
from clinical_sdft.deid.categories import Category, Span
from clinical_sdft.deid.dates import as_day, find_dates
from clinical_sdft.deid.known import known_patient
from clinical_sdft.deid.surrogates import Surrogates
from data_contracts import DeidentifiedRecord, PatientRecord

KEY = "ab" * 32
SCRIPT = """
import json, sys
from clinical_sdft.deid import Deidentifier, NotesNer, load_key, named_policy, read_records
from pathlib import Path
key = load_key(Path(sys.argv[1]))
engine = Deidentifier(NotesNer(), named_policy("expert_assist"), key)
print(json.dumps([engine.deidentify(record).text for record in read_records(Path(sys.argv[2]), key)]))
"""
PATIENT = {"id": "P-7", "name": "Zelda Quartermain", "mrn": "44719203", "physician": "Dr. Wilhelm Kaczmarek"}
NOTES = (
    "Zelda Quartermain (MRN 44719203) was seen on April 12, 2023 by Dr. Kaczmarek.",
    "QUARTERMAIN, ZELDA, MRN 447-19-203, returned 04/22/2023 with a rash.",
)
forms = st.sampled_from(["%B %d, %Y", "%m/%d/%Y", "%Y-%m-%d", "%d %b %Y", "%d-%b-%Y"])


def in_another_process(workspace: Path, records: Path) -> list[str]:
    environment = {**os.environ, "PYTHONHASHSEED": "77", "CLINICAL_SDFT_DEID_KEY": KEY}
    line = [sys.executable, "-c", SCRIPT, str(workspace), str(records)]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=True)
    texts: list[str] = json.loads(done.stdout)
    return texts


def test_two_processes_and_two_documents_write_the_same_surrogates(
    ner: NotesNer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, second = tmp_path / "both.jsonl", tmp_path / "second.jsonl"
    rows = [
        json.dumps({"id": f"N-{i}", "patient": PATIENT, "narrative": note, "diagnosis": "gout"})
        for i, note in enumerate(NOTES)
    ]
    both.write_text("\n".join(rows))
    second.write_text(rows[1])
    monkeypatch.setenv("CLINICAL_SDFT_DEID_KEY", KEY)
    engine = Deidentifier(ner, EXPERT_ASSIST, load_key(tmp_path))
    outcomes = [engine.deidentify(row) for row in read_records(both, engine.key) if isinstance(row, PatientRecord)]
    one = [outcome.text for outcome in outcomes if isinstance(outcome, DeidentifiedRecord)]
    assert one[1:] == in_another_process(tmp_path, second)
    given_name, family = one[0].split()[:2]
    assert one[1].startswith(f"{family.upper()}, {given_name.upper()}")
    assert "Zelda" not in one[0] and "Quartermain" not in one[0]
    number = one[0].split("MRN ")[1][:8]
    assert number != "44719203" and number == "".join(c for c in one[1].split("MRN ")[1][:10] if c.isdigit())
    days = [as_day(find_dates(text)[0]) for text in one]
    assert isinstance(days[0], date) and isinstance(days[1], date)
    assert days[1] - days[0] == timedelta(days=10) and days[0] != date(2023, 4, 12)


@settings(max_examples=80, derandomize=True, deadline=None)
@given(st.dates(date(1970, 1, 1), date(2024, 6, 1)), st.integers(-400, 400), forms, forms, st.integers(0, 99))
def test_shifted_dates_keep_their_distance_exactly(day: date, apart: int, form: str, other: str, patient: int) -> None:
    writer = Surrogates(b"k" * 32, EXPERT_ASSIST, known_patient({"id": f"P-{patient}"}))
    values = [day.strftime(form), (day + timedelta(days=apart)).strftime(other)]
    written = [as_day(find_dates(writer.write(value, Category.DATE))[0]) for value in values]
    assert isinstance(written[0], date) and isinstance(written[1], date)
    assert written[1] - written[0] == timedelta(days=apart) and written[0] != day
    assert abs(written[0] - day) <= timedelta(days=365)


def test_a_date_without_a_year_counts_in_the_year_of_its_note() -> None:
    text = "Admitted 02/20/2023, discharged 3/5."
    spans = [Span(9, 19, Category.DATE, 1.0), Span(32, 35, Category.DATE, 1.0)]
    for number in range(40):
        writer = Surrogates(b"k" * 32, EXPERT_ASSIST, known_patient({"id": f"P-{number}"}))
        written = writer.replace_all(text, spans)[0]
        start = as_day(find_dates(written)[0])
        month, day = map(int, written.rsplit(" ", 1)[1].rstrip(".").split("/"))
        assert start is not None
        assert timedelta(days=13) in [date(start.year + turn, month, day) - start for turn in (0, 1)]
