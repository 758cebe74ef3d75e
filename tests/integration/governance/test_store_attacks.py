"""What the owner of the database can do, and what verification says to it."""

import shutil

import pytest
from owner import change, logged, put_rows, rebuild, unguarded
from sqlalchemy import delete, insert

from data_contracts import AuditEvent
from governance.audit.errors import EventError
from governance.export.verify import leaf_hash, read_note, split_notes, verify_inclusion
from governance.services import commands, queries
from governance.services.handle import log_key
from governance.store.database import writing
from governance.store.errors import IntegrityError
from governance.store.tables import signatures, suite_spend


@pytest.fixture
def busy(world):
    """A log with several checkpoints, all witnessed, and a promoted update."""
    world.promoted("u1")
    commands.record_event(world.gov, actor="pipeline", action="run-started", details={"items": 3})
    commands.checkpoint(world.gov)
    assert commands.verify_store(world.gov).problems == []
    return world


def attack(world, *changes, edit=None, resign=False):
    """Do what the database's owner can, with the guards away and back again, and verify.

    Args:
        world: the store.
        changes: (table, rows that match, column, new value or function of the old one).
        edit: function from the events to those that shall stand there instead, in a chain built anew.
        resign: sign every checkpoint of that chain with the log's own key.
    """
    events = [AuditEvent.from_bytes(row["canonical"]) for row in logged(world.gov.engine)]
    with unguarded(world.gov.engine) as connection:
        for one in changes:
            change(connection, *one)
        if edit:
            rebuild(world, connection, edit(events), resign=resign)
    return commands.verify_store(world.gov)


def said(report):
    return [str(problem) for problem in report.problems]


def test_an_edited_event_is_named(busy):
    edited = ("events", {"seq": 4}, "canonical", lambda old: old.replace(b"admin", b"nimda"))
    assert attack(busy, edited).first_bad_event == 4


def test_an_edited_column_beside_the_event_is_named(busy):
    report = attack(busy, ("events", {"seq": 6}, "actor", "nobody"))
    assert said(report)[0] == "events: event 6 was altered (actor)"


def test_a_removed_event_is_named(busy):
    rows = logged(busy.gov.engine)
    with unguarded(busy.gov.engine) as connection:
        put_rows(connection, rows[:5] + rows[6:])
    assert commands.verify_store(busy.gov).first_bad_event == 5


@pytest.mark.parametrize("resign", [False, True])
def test_a_rebuilt_chain_does_not_match_what_left_the_house(busy, resign):
    def edit(events):
        return [e.model_copy(update={"actor": "somebody"}) if e.seq == 9 else e for e in events]

    report = attack(busy, edit=edit, resign=resign)
    assert any(problem.where.startswith("witness") for problem in report.problems)
    assert any(problem.where.startswith("checkpoint ") for problem in report.problems) is not resign
    assert report.first_bad_event <= 9


def test_a_back_dated_event_in_a_rebuilt_chain_is_named(busy):
    def edit(events):
        early = events[0].recorded_at.replace(year=2020)
        return [e.model_copy(update={"recorded_at": early}) if e.seq == 9 else e for e in events]

    assert "events: event 9 is dated before the event above it" in said(attack(busy, edit=edit, resign=True))


def test_a_cut_off_end_is_shorter_than_what_was_witnessed(busy):
    total = len(queries.events(busy.gov, limit=None))
    report = attack(busy, edit=lambda events: events[:-1], resign=True)
    assert report.first_bad_event == total - 1
    assert any("its end was cut off" in problem for problem in said(report))


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_old_backup_in_place_of_the_store_shows(busy, tmp_path):
    busy.gov.engine.dispose()
    backup = tmp_path / "backup.db"
    shutil.copy(busy.gov.workspace / "store.db", backup)
    commands.record_event(busy.gov, actor="pipeline", action="run-started")
    commands.checkpoint(busy.gov)
    busy.gov.engine.dispose()
    for leftover in busy.gov.workspace.glob("store.db-*"):
        leftover.unlink()
    shutil.copy(backup, busy.gov.workspace / "store.db")
    assert any("cut off" in problem for problem in said(commands.verify_store(busy.gov)))


def test_a_lost_or_torn_witness_shows(busy):
    text = busy.gov.witness.read_text()
    busy.gov.witness.write_text(text[:-30])
    assert any("witness: unreadable" in problem for problem in said(commands.verify_store(busy.gov)))
    busy.gov.witness.write_text("".join(note + "\n" for note in split_notes(text)[:-1]))
    assert any("does not know checkpoint" in problem for problem in said(commands.verify_store(busy.gov)))
    busy.gov.witness.unlink()
    assert not commands.verify_store(busy.gov).ok


@pytest.mark.parametrize(
    "altered",
    [
        ("people", {"username": "abel"}, "password_hash", "another person's"),
        ("people", {}, "person", lambda old: old + b" "),
        ("people", {"username": "abel"}, "person", b"[]"),
        ("signatures", {"position": 1}, "roles", "approver"),
        ("signatures", {}, "canonical", lambda old: old.replace(b"every", b"no")),
        ("promotions", {"position": 1}, "canonical", lambda old: old.replace(b"first", b"x")),
        ("promotions", {"position": 2}, "current", "sha256:" + "0" * 64),
        ("promotions", {"position": 2}, "valid_from", "2020-01-01T00:00:00.000000Z"),
        ("decisions", {}, "verdict", "FAIL"),
        ("decisions", {}, "control", True),
        ("decisions", {}, "inputs", b"{}"),
        ("updates", {}, "decision", "sha256:" + "0" * 64),
        ("updates", {}, "submitted_at", "2020-01-01T00:00:00.000000Z"),
        ("suites", {"position": 1}, "retired", True),
        ("suites", {"position": 1}, "suite_id", "known-"),
        ("suite_spend", {}, "attempt", 0),
        ("suite_spend", {}, "lineage", "another line"),
        ("checkpoints", {}, "root", "0" * 64),
    ],
)
def test_every_other_table_must_say_what_the_log_says(busy, altered):
    report = attack(busy, altered)
    assert {problem.where for problem in report.problems} == {altered[0]}


def test_rows_that_were_taken_away_or_added_show(busy):
    with unguarded(busy.gov.engine) as connection:
        connection.execute(delete(signatures).where(signatures.c.position == 2))
        connection.execute(insert(suite_spend).values(suite="s", lineage="l", candidate="c", attempt=1))
    problems = commands.verify_store(busy.gov).problems
    assert [problem.where for problem in problems] == ["suite_spend", "signatures"]
    assert problems[1].event is not None


def test_guards_that_were_taken_away_show(busy):
    name = "events_no_update" if busy.url is None else "events_no_change"
    with writing(busy.gov.engine) as connection:
        connection.exec_driver_sql(f"DROP TRIGGER {name}" + (" ON events" if busy.url else ""))
    assert said(commands.verify_store(busy.gov)) == [
        f"schema: trigger {name} is not as the migrations made it"
        if busy.url is None
        else f"schema: trigger {name} is missing, off, or not as the migrations made it"
    ]


def test_one_event_is_proven_by_itself_and_no_altered_one(busy):
    total = len(queries.events(busy.gov, limit=None))
    key = log_key(busy.gov).public
    for seq in range(total):
        proof = queries.event_proof(busy.gov, seq)
        path = [bytes.fromhex(node) for node in proof.proof]
        head = read_note(proof.checkpoint, key)
        assert (head.size, head.root.hex()) == (proof.tree_size, proof.root)
        assert verify_inclusion(seq, head.size, leaf_hash(proof.event.encode()), path, head.root)
    commands.record_event(busy.gov, actor="pipeline", action="ran")
    with pytest.raises(EventError, match="no signed head covers it yet"):
        queries.event_proof(busy.gov, total)
    with pytest.raises(EventError, match="none of this number"):
        queries.event_proof(busy.gov, total + 1)
    attack(busy, ("events", {"seq": 4}, "canonical", lambda old: old.replace(b"admin", b"nimda")))
    with pytest.raises(IntegrityError, match="audit verify"):
        queries.event_proof(busy.gov, 4)


def test_a_damaged_promotion_neither_stops_serving_nor_opening(busy):
    before = (busy.gov.serving / "current.json").read_bytes()
    attack(busy, ("promotions", {"position": 2}, "canonical", b"{}"))
    gov = commands.open_governance(busy.gov.workspace, database_url=busy.url, clock=busy.clock)
    assert (gov.serving / "current.json").read_bytes() == before
    assert "promotions: the last one cannot be read" in said(commands.verify_store(gov))
    gov.engine.dispose()


def test_an_altered_object_shows(busy):
    bundle = queries.update_detail(busy.gov, "u1").bundle_digest
    path = busy.gov.objects.path(bundle)
    path.write_bytes(path.read_bytes().replace(b"rita", b"anna"))
    assert said(commands.verify_store(busy.gov)) == [f"objects: {bundle} was altered"]


def test_events_after_the_last_witnessed_head_are_counted(busy):
    commands.record_event(busy.gov, actor="pipeline", action="run-started")
    report = commands.verify_store(busy.gov)
    assert report.ok and report.notes == ["1 events are younger than the last witnessed checkpoint"]
