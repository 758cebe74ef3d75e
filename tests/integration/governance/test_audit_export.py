"""The export holds; and whatever is done to it, verification says so."""

import json
import random
import subprocess
import sys
import zipfile

import pytest
from governance_world import PASSWORD
from owner import resigned

from data_contracts import Person
from governance.audit.note import load_key
from governance.export import verify as standalone
from governance.export.selection import Selection
from governance.export.write import export
from governance.registry.errors import NotFoundError
from governance.services import commands, queries


@pytest.fixture
def exported(world, tmp_path):
    world.promoted("u1")
    commands.checkpoint(world.gov)
    world.judge("u2")
    return commands.export_audit(world.gov, tmp_path / "audit.zip", actor="cora")


def members_of(path):
    return standalone.read_zip(path.read_bytes(), standalone.VerificationReport(""))


def problems(path, **trust):
    return [str(problem) for problem in commands.verify_export(path, **trust).problems]


def test_an_untouched_export_holds_as_zip_and_as_folder(world, exported, tmp_path):
    report = commands.verify_export(exported)
    assert report.ok and report.events == len(queries.events(world.gov, limit=None))
    assert any("key is taken from this export" in note for note in report.notes)
    trusted = commands.verify_export(exported, world.gov.keys / "log_key.pub.pem", world.gov.witness)
    assert trusted.ok and trusted.notes == []
    with zipfile.ZipFile(exported) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "folder")
    assert commands.verify_export(tmp_path / "folder").ok
    (tmp_path / "folder" / "extra.txt").write_text("hello")
    assert problems(tmp_path / "folder") == ["extra.txt: not listed in the manifest"]


def test_the_standalone_file_needs_nothing_of_ours(world, exported, tmp_path):
    script = tmp_path / "elsewhere" / "verify.py"
    script.parent.mkdir()
    script.write_bytes(members_of(exported)["verify.py"])
    broken = tmp_path / "broken.zip"
    broken.write_bytes(exported.read_bytes().replace(b'"action":"update-promoted"', b'"action":"update-rejected"', 1))

    def run(*arguments):
        command = [sys.executable, "-I", str(script), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=script.parent)

    good = run(exported, "--public-key", world.gov.keys / "log_key.pub.pem", "--witness", world.gov.witness)
    assert (good.returncode, good.stderr) == (0, "")
    bad = run(broken)
    assert bad.returncode == 5 and "events.jsonl" in bad.stdout
    with zipfile.ZipFile(exported) as archive:
        archive.extractall(tmp_path / "folder")
    in_place = subprocess.run([sys.executable, "-I", tmp_path / "folder" / "verify.py"], capture_output=True)
    assert in_place.returncode == 0
    assert run(tmp_path / "nothing.zip").returncode == 2
    assert "governance" not in {line.split()[1] for line in script.read_text().splitlines() if line[:5] == "from "}


def test_no_byte_can_be_flipped(exported, tmp_path):
    data, target = exported.read_bytes(), tmp_path / "flipped.zip"
    directory = data.rindex(b"PK\x01\x02") - 200
    sample = random.Random(7).sample(range(len(data)), 60)
    sample += [0, 4, 8, 10, 14, 26, 28, 29, *range(directory, len(data), 11), len(data) - 1]
    for at in sample:
        flipped = bytearray(data)
        flipped[at] ^= 1 << (at % 8)
        target.write_bytes(flipped)
        assert not commands.verify_export(target).ok, f"byte {at} of {len(data)}"


def test_no_bit_of_the_envelope_can_be_flipped(exported, tmp_path):
    """In the folder form there is no zip around the manifest to notice it."""
    with zipfile.ZipFile(exported) as archive:
        archive.extractall(tmp_path / "folder")
    manifest = tmp_path / "folder" / "manifest.json"
    data = manifest.read_bytes()
    for at in [*random.Random(3).sample(range(len(data)), 40), *range(len(data) - 180, len(data), 3)]:
        flipped = bytearray(data)
        flipped[at] ^= 1
        manifest.write_bytes(flipped)
        assert not commands.verify_export(manifest.parent).ok, f"byte {at}"


@pytest.mark.parametrize(
    "change", [lambda d: d + b"x", lambda d: b"x" + d, lambda d: d[:-1], lambda d: d[:200], lambda d: b""]
)
def test_nothing_can_be_added_before_or_after_or_cut_off(exported, change, tmp_path):
    exported.write_bytes(change(exported.read_bytes()))
    assert problems(exported)


def test_a_repacked_zip_is_not_the_export(exported, tmp_path):
    target = tmp_path / "repacked.zip"
    with zipfile.ZipFile(exported) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert problems(target)


def test_a_foreign_key_is_named(world, exported, tmp_path):
    other = commands.create(tmp_path / "other")
    assert "public_key.pem: not the trusted key" in problems(exported, public_key=other.keys / "log_key.pub.pem")


def lines_changed(change):
    def attack(members):
        lines = members["events.jsonl"].splitlines(keepends=True)
        change(lines)
        members["events.jsonl"] = b"".join(lines)

    return attack


def _drop(lines):
    del lines[5]


def _swap(lines):
    lines[5], lines[6] = lines[6], lines[5]


def _repeat(lines):
    lines.insert(6, lines[5])


def _back_date(lines):
    lines[7] = lines[7].replace(b'"recorded_at":"2026-', b'"recorded_at":"2025-')


def _cut(lines):
    del lines[-2:]


@pytest.mark.parametrize("change", [_drop, _swap, _repeat, _back_date, _cut])
def test_the_log_cannot_be_changed_even_by_who_signs_the_manifest(world, exported, change):
    members = members_of(exported)
    lines_changed(change)(members)
    exported.write_bytes(resigned(world, members))
    found = commands.verify_export(exported)
    assert not found.ok
    assert not any(problem.where == "manifest.json" for problem in found.problems)
    expected = {
        _drop: (5, "line 6 has seq 6, expected 5"),
        _swap: (5, "line 6 has seq 6, expected 5"),
        _repeat: (6, "event 6 repeats event 5"),
        _back_date: (7, "event 7 is dated before the event above it"),
        _cut: (found.events, "its end was cut off"),
    }
    seq, words = expected[change]
    assert any(p.event == seq and words in p.what for p in found.problems)


def _fake_withheld(members):
    """A line that claims to be withheld and yet says something: no hash covers what it says."""
    lines = members["events.jsonl"].splitlines(keepends=True)
    leaf = standalone.leaf_hash(lines[3].rstrip(b"\n")).hex().encode()
    lines[3] = b'{"action":"update-signed","leaf_hash":"%s","seq":3}\n' % leaf
    members["events.jsonl"] = b"".join(lines)


def _forget_the_last_checkpoint(members):
    steps = json.loads(members["checkpoints/consistency.json"])[:-1]
    members["checkpoints/consistency.json"] = json.dumps(steps).encode()
    del members[max(name for name in members if name.endswith(".note"))]


def _other_proof(members):
    lines = members["proofs.jsonl"].splitlines(keepends=True)
    lines[3] = lines[4].replace(b'"seq":4', b'"seq":3')
    members["proofs.jsonl"] = b"".join(lines)


def _other_consistency(members):
    steps = json.loads(members["checkpoints/consistency.json"])
    steps[0] = steps[0][::-1]
    members["checkpoints/consistency.json"] = json.dumps(steps).encode()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_fake_withheld, "checkpoints"),
        (_forget_the_last_checkpoint, "checkpoints: none signs the whole log"),
        (_other_proof, "proofs.jsonl: event 3 is not proven"),
        (_other_consistency, "checkpoints/consistency.json"),
    ],
)
def test_proofs_and_checkpoints_must_be_whole_even_under_a_new_manifest(world, exported, change, problem):
    members = members_of(exported)
    change(members)
    exported.write_bytes(resigned(world, members))
    assert any(found.startswith(problem) for found in problems(exported))


def test_members_stand_in_one_order(exported):
    members = sorted(members_of(exported).items(), reverse=True)
    exported.write_bytes(standalone.build_zip(members))
    assert problems(exported) == ["zip: its members are not in order, or one is there twice"]


def test_a_promotion_signature_or_score_that_the_log_does_not_know_is_named(world, exported):
    for name, old, new in (
        ("promotions.jsonl", b"approved by", b"approved By"),
        ("updates/u1/signatures.jsonl", b"looked at every item", b"looked at some  item"),
        ("updates/u1/scores.csv", b"new-u1-1,0.0,1.0", b"new-u1-1,1.0,1.0"),
        ("updates/u1/policy.json", b"0.05", b"0.25"),
        ("updates/u1/decision.json", b"PASS", b"FAIL"),
    ):
        members = members_of(exported)
        assert old in members[name]
        members[name] = members[name].replace(old, new)
        path = exported.with_name("changed.zip")
        path.write_bytes(resigned(world, members))
        assert any(problem.startswith(name) for problem in problems(path)), name


def test_equal_stores_give_equal_bytes(world, exported, tmp_path):

    gov, head = world.gov, commands.checkpoint(world.gov)
    for name in ("a", "b"):
        export(
            gov.engine,
            gov.objects,
            key=load_key(gov.keys),
            head=head,
            event=queries.events(gov, limit=1)[0],
            selection=Selection(),
            time_stamps=gov.time_stamps,
            path=tmp_path / name,
        )
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_one_update_alone_keeps_the_others_secret_but_counted(world, tmp_path):
    world.promoted("u1")
    path = commands.export_audit(world.gov, tmp_path / "u1.zip", update_id="u1", actor="cora")
    report = commands.verify_export(path, witness=world.gov.witness)
    assert report.ok and report.events == len(queries.events(world.gov, limit=None))
    members = members_of(path)
    assert b"Cora Compliance" not in b"".join(members.values())
    assert b'"leaf_hash"' in members["events.jsonl"] and b"update-signed" in members["events.jsonl"]
    with pytest.raises(NotFoundError):
        commands.export_audit(world.gov, tmp_path / "u9.zip", update_id="u9", actor="cora")
    assert queries.events(world.gov, limit=1)[0].action == "audit-exported"
    assert not (tmp_path / "u9.zip").exists()


def test_secrets_questions_and_replies_stay_out_and_html_is_escaped(world, tmp_path):
    person = Person(username="eve", printed_name="<script>alert(1)</script>", roles=("clinician",))
    commands.add_person(world.gov, person, PASSWORD, actor="admin")
    formula = Person(username="eva", printed_name="=HYPERLINK(1)", roles=("clinician",))
    commands.add_person(world.gov, formula, PASSWORD, actor="admin")
    bundle = world.submitted("u1")
    world.sign(bundle, "eve")
    members = members_of(commands.export_audit(world.gov, tmp_path / "x.zip", actor="cora"))
    everything = b"".join(members.values())
    for secret in (b"argon2id$", b"a cold", b"What is known", b"PRIVATE KEY-----\nM"):
        assert secret not in everything
    assert b"<script>" not in members["report.html"] and b"&lt;script&gt;" in members["report.html"]
    assert b",'=HYPERLINK(1)," in members["people.csv"]


def test_the_report_says_who_signed_what_and_why(world, exported):
    report = members_of(exported)["report.html"].decode()
    for words in ("Dr. Clara Clinician", "Abel Approver", "looked at every item", "Wheezing", "PASS", "promoted"):
        assert words in report
    assert "http" not in report.replace("http-equiv", "")
    dictionary = members_of(exported)["dictionary.csv"].decode()
    assert "scores.csv,candidate_score" in dictionary


def test_a_witness_younger_than_the_export_is_counted_and_an_other_log_is_named(world, exported, tmp_path):
    commands.record_event(world.gov, actor="x", action="later")
    commands.checkpoint(world.gov)
    report = commands.verify_export(exported, witness=world.gov.witness)
    assert report.ok and any("1 witnessed" in note for note in report.notes)
    lines = world.gov.witness.read_text().split("\n")
    lines[2] = lines[2][:-2] + ("A=" if lines[2][-2] != "A" else "E=")
    other = tmp_path / "witness.txt"
    other.write_text("\n".join(lines))
    assert any(problem.startswith("witness") for problem in problems(exported, witness=other))
