"""A person decides on held records in the app; the people in these records are invented."""

import io
import json
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout

import pytest
from review_clinic import PASSWORD, PEOPLE
from test_review_app import sign_in, text, whole

from app import held
from app.components.markup import at_places
from clinical_sdft import cli
from clinical_sdft.deid import load_key
from clinical_sdft.deid.deidentify import deidentify_all
from clinical_sdft.files import write_contracts
from clinical_sdft.stages.deidentify import deidentify_trial, make_deidentifier
from clinical_sdft.workspace import Workspace
from data_contracts import short
from governance.services import queries

NOTE = "Zelda Quartermain, 46F with a <b>rash</b>. Code 48213 on file, as was 55120 before."
PATIENT = {"id": "P-1", "name": "Zelda Quartermain", "mrn": "77553311"}
WORDS = ("Quartermain", "48213", "77553311", "on file")


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    """A run held two records back: one with two places, one without a patient."""
    workspace = Workspace.create(tmp_path_factory.mktemp("held") / "hospital")
    load_key(workspace.root, create=True)
    rows = [
        {"id": "T-1", "patient": PATIENT, "narrative": NOTE, "diagnosis": "dengue"},
        {"id": "T-2", "patient": {}, "narrative": NOTE, "diagnosis": "dengue"},
    ]
    (workspace.records / "ward.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = deidentify_trial(workspace, workspace.records).quarantined
    assert [len(record.spans) for record in found] == [2, 0]
    write_contracts(workspace.runs / "u1" / "quarantine.jsonl", found)
    return workspace


@pytest.fixture
def waiting(hospital, folder, gov):
    """The clinic of the app's tests with these records in it."""
    for file in [file for file in hospital.root.rglob("*") if file.is_file()]:
        target = folder / file.relative_to(hospital.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
        target.chmod(file.stat().st_mode)
    return held.waiting(gov)


@pytest.fixture
def in_process(monkeypatch):
    """Run the same command line in this process: loading the engine once is enough."""
    lines = []

    def run(command, *, env, **_):
        lines.append([*command, env["CLINICAL_SDFT_REASON"]])
        assert command[:3] == [sys.executable, "-m", "clinical_sdft.cli"]
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setattr(sys, "argv", ["clinical-sdft", *command[3:]])
            patch.setenv("CLINICAL_SDFT_REASON", env["CLINICAL_SDFT_REASON"])
            with pytest.raises(SystemExit) as end:
                cli.main()
        return subprocess.CompletedProcess(command, int(end.value.code or 0), out.getvalue(), err.getvalue())

    monkeypatch.setattr(held.subprocess, "run", run)
    return lines


def page(username: str):
    return whole(sign_in(username).switch_page("views/quarantine.py").run())


def opened(app, record: str):
    return whole(app.button(key=f"quarantine_open_{short(record)}").click().run())


def decide(app, decision: str, reason: str, password: str = PASSWORD, **places: str):
    app.radio(key="held_decision").set_value(decision)
    app.text_input(key="held_reason").input(reason)
    for key, value in places.items():
        app.selectbox(key=f"held_{key}").set_value(value)
    field = next(one for one in app.text_input if re.fullmatch(r"held_password_\d+", one.key or ""))
    field.input(password)
    return whole(app.button(key="held_submit").click().run())


def test_who_may_not_decide_sees_nothing_of_them(waiting):
    for username in [name for name, *_ in PEOPLE if name not in ("clara", "cora")]:
        app = page(username)
        assert "Clinicians and compliance officers decide" in text(app)
        assert not [button.key for button in app.button if (button.key or "").startswith("quarantine_open")]


def test_a_record_is_shown_by_the_command_line_and_looking_is_an_event(waiting, gov):
    app = page("cora")
    assert "2 held records wait" in text(app) and "no_patient_id" in text(app)
    assert not [word for word in WORDS if word in text(app)]
    app = opened(app, waiting[0].record.record)
    shown = text(app)
    assert "Code <sup>1</sup><mark" in shown and ">48213</mark> on file" in shown
    assert "&lt;b&gt;rash" in shown and "ward.jsonl, line 1" in shown
    (event,) = queries.events(gov, action="quarantined-record-shown")
    assert event.actor == "cora"
    app = whole(app.button(key="held_close").click().run())
    assert not [word for word in WORDS if word in text(app)]


def test_released_as_it_was_marked(waiting, gov, folder, in_process):
    app = opened(page("clara"), waiting[0].record.record)
    keep = "no identifier: keep the words"
    for changes, words in [
        (
            {"decision": "release", "reason": "a reagent", "place_0": "other_id"},
            "of each place what it is; open: 2",
        ),
        ({"decision": "release", "reason": "Quartermain's lot", "place_1": keep}, "say it without"),
        ({"decision": "release", "reason": "a reagent", "password": "wrong wrong wrong"}, "do not belong together"),
    ]:
        app = decide(app, **changes)
        assert words in text(app), text(app)
        assert queries.quarantine_decisions(gov) == {}
    app.text_area(key="held_further").input("nowhere in it")
    app.selectbox(key="held_further_category").set_value("other_id")
    app = decide(app, "release", "a reagent")
    assert "line 1: does not stand so" in text(app)
    app.text_area(key="held_further").input("rash")
    app = decide(app, "release", "a reagent")
    assert ": released." in text(app) and "1 held records wait" in text(app)
    assert not [word for word in WORDS if word in text(app)]
    (event,) = queries.events(gov, action="quarantine-released")
    assert (event.actor, event.details["identifiers"], event.details["kept"]) == ("clara", 2, 1)
    assert not [line for line in in_process if PASSWORD in line or "a reagent" in line[:-1]]
    workspace = Workspace(folder)
    result = deidentify_all(workspace.records, make_deidentifier(workspace), queries.quarantine_decisions(gov))
    (released,) = result.released
    assert "as was 55120 before" in released.text and "48213" not in released.text and "rash" not in released.text
    written = [file for file in folder.rglob("*") if file.is_file() and file.parent != workspace.records]
    assert not [file for file in written if any(word.encode() in file.read_bytes() for word in WORDS)]


def test_places_are_numbered_and_what_stands_in_them_is_never_markup():
    shown = at_places("a<b>c", [(1, 4), (0, 2), (3, 5)])
    assert re.sub(r"<(?!/?sup|/?mark)", "!", re.sub(r"<mark[^>]*>", "<mark>", shown)) == (
        "<sup>2</sup><mark>a&lt;</mark><sup>1</sup><mark>b&gt;</mark><sup>3</sup><mark>c</mark>"
    )
    assert at_places("a & b", []) == "a &amp; b"


def test_discarded_for_good(waiting, gov, in_process):
    app = opened(page("cora"), waiting[1].record.record)
    app = decide(app, "discard", "whose it is, nobody knows")
    assert ": discarded." in text(app) and waiting[1].record.record in queries.quarantine_decisions(gov)
    assert [row.record for row in held.waiting(gov)] == [waiting[0].record]


def test_what_fails_is_one_line(waiting, gov, folder, monkeypatch):
    def silent(command, **_):
        raise subprocess.TimeoutExpired(command, 1, output=b"Quartermain")

    def broken(command, **_):
        return subprocess.CompletedProcess(command, 1, "", "Traceback\nValueError: Quartermain")

    for run, words in ((silent, "no answer in 120 seconds"), (broken, "ended with 1")):
        monkeypatch.setattr(held.subprocess, "run", run)
        app = opened(page("clara"), waiting[0].record.record)
        assert words in text(app) and "Quartermain" not in text(app)
    (folder / "runs" / "u1" / "quarantine.jsonl").write_text('{"record": "Quartermain"}\n')
    shown = text(page("clara"))
    assert "quarantine.jsonl, line 1: is damaged" in shown and "Quartermain" not in shown
