"""Checkpoints stamped by a real authority on loopback, and every token that must not count."""

import dataclasses
import hashlib
import shutil
import subprocess
import sys
import zipfile

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from governance_world import World
from stamp_authority import STAMPED_AT, Authority, serving
from test_audit_export import members_of, problems, resigned

from governance.audit.errors import TimeStampError
from governance.audit.timestamps import TimeStampAuthority, check, read_roots
from governance.export import verify as standalone
from governance.services import commands, queries
from governance.services.handle import time_stamp_authority
from governance.store.errors import IntegrityError


@pytest.fixture
def authority():
    return Authority()


@pytest.fixture
def stamped(world, authority, tmp_path):
    """The world with an authority set up, after one promotion."""
    (tmp_path / "roots.pem").write_bytes(authority.root_pem)
    with serving(authority) as url:
        gov = dataclasses.replace(world.gov, authority=TimeStampAuthority(url, tmp_path / "roots.pem", patience=5))
        stamped = World(gov, world.clock, world.gate, world.prior)
        stamped.promoted("u1")
        yield stamped


def events(world, action):
    return [event for event in queries.events(world.gov, limit=None) if event.action == action]


def files(world):
    return sorted(world.gov.time_stamps.folder.glob("*.tsr"))


def test_a_checkpoint_is_stamped_kept_and_logged(stamped):
    (event,) = events(stamped, "checkpoint-time-stamped")
    (path,) = files(stamped)
    data = path.read_bytes()
    assert event.subject == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert path.name.startswith(f"{event.details['tree_size']:012d}-")
    report = commands.verify_store(stamped.gov)
    assert report.problems == [] and not any("time stamp" in note for note in report.notes)


def test_the_token_is_a_real_one_that_openssl_accepts_too(stamped, tmp_path):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on this machine")
    (path,) = files(stamped)
    note = stamped.gov.witness.read_text().split("\n\n")
    size = events(stamped, "checkpoint-time-stamped")[0].details["tree_size"]
    text = next(f"{a}\n\n{b}\n" for a, b in zip(note[::2], note[1::2], strict=False) if a.split("\n")[1] == str(size))
    (tmp_path / "note").write_text(text)
    command = [openssl, "ts", "-verify", "-in", path, "-data", tmp_path / "note"]
    command += ["-CAfile", stamped.gov.authority.roots, "-attime", str(int(STAMPED_AT.timestamp()))]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "Verification: OK" in done.stdout + done.stderr, done.stderr


def test_nothing_new_asks_for_no_new_stamp(stamped, authority):
    first, asked = commands.seal(stamped.gov), authority.asked
    assert first.event is None and first.note is None and asked == 1
    commands.record_event(stamped.gov, actor="x", action="later")
    again = commands.seal(stamped.gov)
    assert again.event.subject is not None and authority.asked == 2


@pytest.mark.parametrize(
    ("misbehaviour", "reason", "words"),
    [
        ("wrong imprint", "wrong-imprint", "something else than this checkpoint"),
        ("wrong nonce", "untrusted", "Nonce mismatch"),
        ("refuse", "refused", "REJECTION"),
        ("error", "refused", "HTTP 503"),
        ("not a token", "refused", "no RFC 3161 response"),
        ("other key", "untrusted", "does not hold"),
        ("other root", "untrusted", "does not hold"),
        ("before its certificate", "untrusted", "does not hold"),
    ],
)
def test_a_token_that_does_not_hold_is_refused_and_the_checkpoint_stands(
    stamped, authority, misbehaviour, reason, words
):
    authority.misbehaviour = misbehaviour
    if misbehaviour == "other key":
        authority.signer = ec.generate_private_key(ec.SECP256R1())
    if misbehaviour == "other root":
        authority.__dict__.update(Authority().__dict__)
    if misbehaviour == "before its certificate":
        authority.moment = STAMPED_AT.replace(year=2025)
    commands.record_event(stamped.gov, actor="x", action="later")
    seal = commands.seal(stamped.gov)
    assert words in seal.note and "\n" not in seal.note
    assert (seal.event.action, seal.event.details["reason"]) == ("time-stamp-failed", reason)
    assert seal.checkpoint.note in stamped.gov.witness.read_text()
    assert len(files(stamped)) == 1
    assert commands.verify_store(stamped.gov).ok


def test_an_authority_that_is_down_stops_neither_checkpoint_nor_promotion_nor_export(world, tmp_path):
    (tmp_path / "roots.pem").write_bytes(Authority().root_pem)
    with serving(Authority()) as url:
        pass  # the port is closed again
    gov = dataclasses.replace(world.gov, authority=TimeStampAuthority(url, tmp_path / "roots.pem", patience=1))
    World(gov, world.clock, world.gate, world.prior).promoted("u1")
    seal = commands.seal(gov)
    assert seal.event.details["reason"] == "unreachable" and "asked again next time" in seal.note
    path = commands.export_audit(gov, tmp_path / "x.zip", actor="cora")
    report = commands.verify_export(path, witness=gov.witness)
    assert report.ok
    assert not any(name.endswith(".tsr") for name in members_of(path))


def test_an_altered_lost_or_foreign_token_file_is_noticed(stamped):
    (path,) = files(stamped)
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    (problem,) = commands.verify_store(stamped.gov).problems
    assert (problem.where, problem.what) == (path.name, "was altered") and problem.event is not None
    with pytest.raises(IntegrityError, match="restore it from a backup"):
        commands.export_audit(stamped.gov, stamped.gov.workspace / "x.zip", actor="cora")
    path.unlink()
    assert "its file is gone" in commands.verify_store(stamped.gov).problems[0].what
    path.write_bytes(data)
    path.with_name("000000000001-strange.tsr").write_bytes(data)
    report = commands.verify_store(stamped.gov)
    assert report.ok and any("not in the log" in note for note in report.notes)


def test_without_an_authority_the_store_says_what_it_did_not_check(stamped):
    report = commands.verify_store(dataclasses.replace(stamped.gov, authority=None))
    assert report.ok and any("signatures were not checked" in note for note in report.notes)


def test_the_live_store_checks_signatures_against_the_roots(stamped, tmp_path):
    stamped.gov.authority.roots.write_bytes(Authority().root_pem)
    assert any("does not hold" in problem.what for problem in commands.verify_store(stamped.gov).problems)
    stamped.gov.authority.roots.write_text("nothing")
    assert any("no certificates" in problem.what for problem in commands.verify_store(stamped.gov).problems)


class TestExport:
    @pytest.fixture
    def exported(self, stamped, tmp_path):
        return commands.export_audit(stamped.gov, tmp_path / "audit.zip", actor="cora")

    def test_every_token_of_the_log_is_in_it_and_holds(self, stamped, authority, exported, tmp_path):
        members = members_of(exported)
        tokens = [name for name in members if name.endswith(".tsr")]
        assert len(tokens) == 2 == len(events(stamped, "checkpoint-time-stamped"))
        assert members["time-stamps/roots.pem"] == authority.root_pem
        own = commands.verify_export(exported)
        assert own.ok and any("roots are taken from this export itself" in note for note in own.notes)
        (tmp_path / "trusted.pem").write_bytes(authority.root_pem)
        trusted = commands.verify_export(exported, tsa_roots=tmp_path / "trusted.pem")
        assert trusted.ok and any(
            note.startswith("2 time stamps hold, the last of 2026-03-01") for note in trusted.notes
        )
        with zipfile.ZipFile(exported) as archive:
            archive.extractall(tmp_path / "folder")
        assert commands.verify_export(tmp_path / "folder").ok

    def test_foreign_roots_are_named(self, exported, tmp_path):
        (tmp_path / "foreign.pem").write_bytes(Authority().root_pem)
        found = problems(exported, tsa_roots=tmp_path / "foreign.pem")
        assert len(found) == 2 and all(line.startswith("time-stamps/") and "does not hold" in line for line in found)

    def test_the_standalone_checker_says_plainly_what_it_does_not_check(self, exported, tmp_path):
        (tmp_path / "verify.py").write_bytes(members_of(exported)["verify.py"])
        done = subprocess.run([sys.executable, "-I", tmp_path / "verify.py", exported], capture_output=True, text=True)
        assert done.returncode == 0 and "signatures were NOT checked" in done.stdout

    def test_a_token_over_another_checkpoint_or_one_left_out_is_named_even_under_a_new_manifest(
        self, stamped, exported, tmp_path
    ):
        members = members_of(exported)
        first, second = sorted(name for name in members if name.endswith(".tsr"))
        swapped = dict(members)
        swapped[first], swapped[second] = members[second], members[first]
        path = tmp_path / "changed.zip"
        path.write_bytes(resigned(stamped, swapped))
        assert sum("something else than its checkpoint" in line for line in problems(path)) >= 2
        del members[first]
        path.write_bytes(resigned(stamped, members))
        assert any("is not here" in line for line in problems(path))
        members[first] = b"another"
        path.write_bytes(resigned(stamped, members))
        assert any("does not know" in line for line in problems(path))

    def test_one_flipped_byte_in_a_token_or_its_roots_is_found(self, exported, tmp_path):
        members, path = members_of(exported), tmp_path / "flipped.zip"
        names = [name for name in members if name.startswith("time-stamps/")]
        assert len(names) == 3
        for name in names:
            data = bytearray(members[name])
            data[len(data) // 2] ^= 1
            path.write_bytes(standalone.build_zip(sorted((members | {name: bytes(data)}).items())))
            assert any(line.startswith(name) for line in problems(path))

    def test_an_export_of_one_update_keeps_the_stamps(self, stamped, tmp_path):
        path = commands.export_audit(stamped.gov, tmp_path / "u1.zip", update_id="u1", actor="cora")
        assert commands.verify_export(path).ok
        assert sum(name.endswith(".tsr") for name in members_of(path)) == 2


def test_settings_name_an_authority_or_none(tmp_path):
    assert time_stamp_authority(tmp_path, None, None) is None
    found = time_stamp_authority(tmp_path, "https://tsa.example.org", tmp_path / "r.pem")
    assert found.roots == tmp_path / "r.pem"
    with pytest.raises(TimeStampError, match="roots"):
        time_stamp_authority(tmp_path, "https://tsa.example.org", None)
    with pytest.raises(TimeStampError, match="http"):
        time_stamp_authority(tmp_path, "file:///etc/passwd", tmp_path / "r.pem")


def test_a_token_is_checked_at_its_own_moment_and_not_today(authority):
    note = "a note"
    query = _query(note)
    roots = read_roots(authority.root_pem)
    assert check(authority.answer(query), note, roots) == STAMPED_AT
    with pytest.raises(TimeStampError, match="something else"):
        check(authority.answer(query), "another note", roots)


def _query(note):
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    return TimestampRequestBuilder().data(note.encode()).hash_algorithm(HashAlgorithm.SHA256).build().as_bytes()


def test_names_and_notes_belong_together():
    assert standalone.note_name("time-stamps/000000000012-abcdef012345.tsr") == "checkpoints/000000000012.note"
