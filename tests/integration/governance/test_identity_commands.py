"""The command line: enrolling, signing with a code or through a browser, and the commands on versions."""

import json
import os
import subprocess
import sys
import time
import warnings
from urllib.request import Request, urlopen

import pyotp
import pytest
from governance_world import PASSWORD, digest
from oidc_issuer import sign_in
from typer.testing import CliRunner

from clinical_sdft.cli import app, exit_code, one_line
from clinical_sdft.workspace import Workspace
from governance.services import commands, queries


@pytest.fixture
def clinic(world, monkeypatch):
    Workspace.create(world.gov.workspace, {"database_url": world.url} if world.url else None)
    monkeypatch.setenv("CLINICAL_SDFT_WORKSPACE", str(world.gov.workspace))
    monkeypatch.setenv("CLINICAL_SDFT_PASSWORD", PASSWORD)
    monkeypatch.delenv("CLINICAL_SDFT_TOTP", raising=False)
    return world


def run(*arguments, code=0, typed=""):
    """Run a command; return what it prints, or the one line of its error."""
    done = CliRunner().invoke(app, arguments, input=typed)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        assert exit_code(done.exception) == code, done.exception
        return one_line(done.exception)
    assert done.exit_code == code, done.output
    return done.stdout


def enroll(username, monkeypatch):
    """Enrol as a person does: read the secret from the screen, type the code."""
    seen = []

    def prompt(*_, **__):
        return pyotp.TOTP(seen[0]).now()

    fresh = commands.new_totp(username)
    seen.append(fresh.secret)
    monkeypatch.setattr(commands, "new_totp", lambda _: fresh)
    monkeypatch.setattr("typer.prompt", prompt)
    assert fresh.uri in run("people", "enroll-totp", username)
    return pyotp.TOTP(fresh.secret)


class TestSecondFactor:
    def test_a_person_enrols_and_signs_with_codes(self, clinic, monkeypatch):
        clinic.submitted("u1")
        totp = enroll("clara", monkeypatch)
        approve = ("review", "approve", "u1", "--reason", "looked at it", "--as", "clara")
        monkeypatch.setenv("CLINICAL_SDFT_TOTP", "000000")
        assert "do not belong together" in run(*approve, code=2)
        monkeypatch.setenv("CLINICAL_SDFT_TOTP", totp.at(time.time(), counter_offset=1))
        assert "missing: a signature by an approver" in run(*approve)
        assert "used before" in run("review", "reject", "u1", "--reason", "no", "--as", "clara", code=2)
        assert "password and code" in run("people", "list")
        listed = {one["username"]: one["signs_with"] for one in json.loads(run("people", "list", "--json"))}
        assert (listed["clara"], listed["abel"]) == ("password and code", "password")

    def test_the_code_is_asked_for_where_it_is_not_in_the_environment(self, clinic, monkeypatch):
        clinic.submitted("u1")
        totp = enroll("clara", monkeypatch)
        asked = []
        monkeypatch.setattr(
            "typer.prompt", lambda text, **_: asked.append(text) or totp.at(time.time(), counter_offset=1)
        )
        run("review", "reject", "u1", "--reason", "no", "--as", "clara")
        assert asked == ["Code of clara's authenticator"]

    def test_an_administrator_resets_it(self, clinic, monkeypatch):
        clinic.submitted("u1")
        enroll("clara", monkeypatch)
        assert "taken back" in run("people", "reset-totp", "clara", "--reason", "lost", "--as", "admin")
        assert "enrol a second factor first" in run("review", "approve", "u1", "--reason", "x", "--as", "clara", code=2)
        assert "may not reset" in run("people", "reset-totp", "clara", "--reason", "lost", "--as", "abel", code=2)

    def test_the_workspace_asks_it_of_everybody(self, clinic):
        config = clinic.gov.workspace / "config.toml"
        config.write_text(config.read_text().replace("require_totp = false", "require_totp = true"))
        clinic.submitted("u1")
        assert "enroll-totp" in run("review", "approve", "u1", "--reason", "x", "--as", "clara", code=2)


def test_roles_are_asked_before_anything_is_done(clinic):
    for command in (
        ("promote", "u1"),
        ("rollback", digest("x"), "--reason", "x"),
        ("registry", "retire", digest("x"), "--reason", "x"),
        ("run-once",),
    ):
        assert "that takes the role" in run(*command, "--as", "clara", code=2)
    for command in (("hold", "set", "h", "--everything"), ("hold", "release", "h"), ("retention", "apply")):
        assert "takes the role compliance" in run(*command, "--reason", "x", "--as", "admin", code=2)


class TestVersions:
    def test_at_history_lineage(self, clinic):
        clinic.promoted("u1")
        installed, promoted = queries.model_history(clinic.gov)
        day = f"{installed.valid_from:%Y-%m-%d}"
        found = json.loads(run("registry", "at", day, "--json"))
        assert [one["model"] for one in found] == [digest("model-0"), digest("model-u1")]
        assert found[1]["approved_by"] == ["Dr. Clara Clinician", "Abel Approver"] and found[1]["verdict"] == "PASS"
        (one,) = json.loads(run("registry", "at", promoted.valid_from.isoformat(), "--json"))
        assert one["update_id"] == "u1"
        text = run("registry", "at", day)
        for words in ("put there by  admin (promote)", "approved by   Dr. Clara Clinician, Abel Approver", "gate PASS"):
            assert words in text
        assert "no version answered at 2020-01-01" in run("registry", "at", "2020-01-01")
        assert "as far as was known" in run("registry", "at", day, "--known", "2020-01-01")
        assert "give a day as" in run("registry", "at", "yesterday", code=2)
        assert run("registry", "history").count("\n") == 2
        lines = run("registry", "lineage").splitlines()
        assert [line.split("  ")[1].split(" ")[0] for line in lines] == ["update", "installed", "base"]
        assert json.loads(run("registry", "lineage", digest("model-0"), "--json"))[0]["made_by"] == "installation"
        assert "neither installed nor made" in run("registry", "lineage", digest("x"), code=2)

    def test_retire_hold_and_retention(self, clinic):
        clinic.gov.objects.put(b"adapter-0")
        clinic.promoted("u1")
        old = digest("model-0")
        assert "retired" in run("registry", "retire", old, "--reason", "superseded", "--as", "abel")
        assert "was retired on" in run("rollback", old, "--reason", "x", "--as", "abel", code=2)
        assert "is in force" in run("registry", "retire", digest("model-u1"), "--reason", "x", "--as", "abel", code=2)
        assert "name one of" in run("hold", "set", "h1", "--reason", "x", "--as", "cora", code=2)
        assert "set;" in run("hold", "set", "h1", "--version", old, "--reason", "a case", "--as", "cora")
        assert "h1" in run("hold", "list") and "legal hold h1" in run("retention", "list")
        assert "released" in run("hold", "release", "h1", "--reason", "settled", "--as", "cora")
        rows = json.loads(run("retention", "list", "--json"))
        adapter = next(row for row in rows if row["object"] == digest("adapter-0"))
        assert "its 6 years end on" in adapter["kept_because"]
        assert json.loads(run("retention", "list", "--expired", "--json")) == []
        apply = ("retention", "apply", "--reason", "x", "--as", "cora")
        assert "past its time" in run(*apply)
        assert "is kept" in run(*apply, "--only", digest("adapter-0"), code=2)
        assert clinic.gov.objects.has(digest("adapter-0"))
        assert "retired" in run("registry", "history")
        assert commands.verify_store(clinic.gov).problems == []


def test_a_person_signs_in_a_browser(clinic):
    """The real command in a process of its own, and a test in the browser's place."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oidc_provider_mock
    bundle = clinic.submitted("u1")
    with oidc_provider_mock.run_server_in_thread() as server:
        issuer = f"http://localhost:{server.server_port}"
        config = clinic.gov.workspace / "config.toml"
        config.write_text(config.read_text() + f'\n[governance.oidc]\nissuer = "{issuer}"\nclient_id = "sdft"\n')
        run("people", "link-oidc", "clara", "--subject", "s-clara", "--reason", "shown", "--as", "admin")
        assert "identity provider" in run("people", "list")
        user = json.dumps({"auth_time": int(time.time())}).encode()
        urlopen(Request(f"{issuer}/users/s-clara", user, {"Content-Type": "application/json"}, method="PUT"))
        command = [
            sys.executable,
            "-m",
            "clinical_sdft.cli",
            "review",
            "approve",
            "u1",
            "--reason",
            "x",
            "--as",
            "clara",
        ]
        secret = {"CLINICAL_SDFT_OIDC_CLIENT_SECRET": "known"}
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | secret
        )
        url = next(line.strip() for line in process.stderr if line.startswith("http"))
        back = sign_in(url, "s-clara")
        assert urlopen(back.replace("state=", "state=not-"), timeout=10).status == 200  # somebody else's, passed over
        assert b"can be closed" in urlopen(back, timeout=10).read()
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    assert "Dr. Clara Clinician" in stdout
    (signature,) = queries.update_detail(clinic.gov, "u1").signatures
    assert (signature.username, signature.bundle) == ("clara", bundle.digest)
