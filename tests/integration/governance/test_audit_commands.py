"""`clinical-sdft audit`: what a compliance officer types, and what is written down of it."""

import json
from datetime import timedelta

import pytest
from governance_world import START, digest
from test_export_selections import LEARNED, learn_from
from typer.testing import CliRunner

from clinical_sdft.commands.audit import _moment, audit
from clinical_sdft.commands.update import records
from clinical_sdft.deid.keys import load_key
from clinical_sdft.deid.records import record_digest
from clinical_sdft.errors import InputError
from clinical_sdft.workspace import Workspace
from data_contracts import PatientRecord
from governance.registry.errors import NotFoundError
from governance.services import commands, queries


@pytest.fixture
def workspace(world):
    learn_from(world, "u1", LEARNED)
    Workspace.create(world.gov.workspace, {"database_url": world.url} if world.url else None)
    return world.gov.workspace


def run(workspace, *words, code=0):
    done = CliRunner().invoke(audit, [*words, "--workspace", str(workspace)], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.output


def last(world):
    return queries.events(world.gov, limit=1)[0]


def test_reading_the_log_is_an_event_and_names_who_read(world, workspace):
    run(workspace, "log", "--as", "cora", "--update", "u1", "--json")
    event = last(world)
    assert (event.actor, event.action, event.update_id) == ("cora", "page-read", "u1")
    assert event.details == {"page": "audit-log"}
    run(workspace, "log")
    assert last(world).actor.startswith("machine account ")
    with pytest.raises(InputError, match="no such person"):
        run(workspace, "log", "--as", "nobody")


def test_an_export_of_a_record_is_written_where_it_says_and_logged(world, workspace):
    said = json.loads(run(workspace, "export", "--record", LEARNED, "--as", "cora", "--json"))
    path = workspace / "exports" / f"audit-record-{LEARNED[7:19]}.zip"
    assert said["path"] == str(path) and said["bytes"] == path.stat().st_size
    assert commands.verify_export(path).ok
    event = last(world)
    assert (event.actor, event.action, event.subject) == ("cora", "audit-exported", LEARNED)
    assert "verified" in run(workspace, "verify", str(path))


def test_an_export_of_a_period_takes_days_and_moments(world, workspace):
    run(workspace, "export", "--from", "2026-03-01", "--to", "2026-03-31", "--as", "cora")
    path = workspace / "exports" / "audit-2026-03-01--2026-03-31.zip"
    assert commands.verify_export(path).ok
    assert last(world).details == {"from": "2026-03-01T00:00:00.000000Z", "until": "2026-04-01T00:00:00.000000Z"}
    run(workspace, "export", "--from", "2026-03-01T09:30+02:00", "--as", "cora")
    assert last(world).details == {"from": "2026-03-01T07:30:00.000000Z"}


def test_wrong_selections_are_one_line(workspace):
    for words, error in (
        (("--record", "1234"), "--record 1234: give the record's digest"),
        (("--from", "yesterday"), "--from yesterday: give a day"),
        (("--from", "2026-03-02", "--to", "2026-03-01"), "over before it begins"),
        (("--update", "u1", "--from", "2026-03-02"), "choose one"),
    ):
        with pytest.raises(Exception, match=error) as found:
            run(workspace, "export", *words, "--as", "cora")
        assert "\n" not in str(found.value)
    with pytest.raises(NotFoundError):
        run(workspace, "export", "--record", digest("stranger"), "--as", "cora")


def test_the_end_of_a_day_is_midnight_after_it():
    assert _moment("--to", "2026-03-01", end_of_day=True) == START.replace(hour=0) + timedelta(days=1)
    assert _moment("--to", "20260301", end_of_day=True) == START.replace(hour=0) + timedelta(days=1)
    assert _moment("--to", "2026-03-01T08:00", end_of_day=True) == START
    assert _moment("--to", None) is None


def test_a_checkpoint_is_signed_and_without_an_authority_nothing_is_asked(world, workspace):
    said = json.loads(run(workspace, "checkpoint", "--json"))
    assert said["tree_size"] == last(world).seq + 1 and said["time_stamp"] is None and said["note"] is None
    assert said["root"] in run(workspace, "checkpoint")


def test_an_authority_in_the_settings_is_asked_and_its_silence_is_a_note(world, workspace, monkeypatch):
    (workspace / "roots.pem").write_text("no certificates here")
    monkeypatch.setenv("CLINICAL_SDFT_TIME_STAMP_URL", "http://127.0.0.1:9/tsa")
    with pytest.raises(InputError, match="time_stamp_roots"):
        run(workspace, "checkpoint")
    monkeypatch.setenv("CLINICAL_SDFT_TIME_STAMP_ROOTS", "roots.pem")
    assert "note: " in run(workspace, "checkpoint") and last(world).action == "time-stamp-failed"
    assert "verified" in run(workspace, "verify")


def test_a_record_is_found_by_the_digest_that_the_import_gave_it(world, workspace, tmp_path):
    key = load_key(workspace, create=True)
    one = {"schema_version": 1, "id": "R-1", "patient": {"id": "P-1"}, "narrative": "Wheezing.", "diagnosis": "asthma"}
    file = tmp_path / "records.jsonl"
    file.write_text(json.dumps(one) + "\n" + json.dumps(one | {"id": "R-2"}) + "\nnot JSON\n")
    words = ["digest", str(file), "--as", "cora", "--json", "--workspace", str(workspace)]
    done = CliRunner().invoke(records, words, catch_exceptions=False)
    digests = json.loads(done.output)
    assert digests[0] == record_digest(PatientRecord(**one), key) and len(set(digests)) == 3
    assert (last(world).action, last(world).details) == ("record-digests-shown", {"count": 3})
    assert "Wheezing" not in done.output and "R-1" not in done.output


def test_help_names_the_selections():
    text = CliRunner().invoke(audit, ["export", "--help"], env={"COLUMNS": "200"}).output
    for words in ("--from", "--to", "--record", "--update", "--json", "end of this day"):
        assert words in text
