"""What the owner of the database can do, and what verification says to it."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from data_contracts import AuditEvent
from governance.audit.log import columns_of
from governance.audit.note import load_key
from governance.export.verify import grow, root_of, split_notes
from governance.services import commands, queries


@pytest.fixture
def busy(world):
    """A log with several checkpoints, all witnessed, and a promoted update."""
    world.promoted("u1")
    commands.record_event(world.gov, actor="pipeline", action="run-started", details={"items": 3})
    commands.checkpoint(world.gov)
    assert commands.verify_store(world.gov).problems == []
    return world


def attack(world, *statements, change=None):
    """Do what the database's owner can: drop the triggers, then whatever."""
    world.gov.engine.dispose()
    with closing(sqlite3.connect(world.gov.workspace / "store.db")) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert connection.execute(statement).rowcount, statement
        if change:
            change(connection)
    return commands.verify_store(world.gov)


def rewrite(world, edit, *, resign=False):
    """Edit the events and rebuild the whole chain on them; with the key also every checkpoint."""

    def change(connection):
        rows = connection.execute("SELECT canonical FROM events ORDER BY seq").fetchall()
        kept = edit([AuditEvent.from_bytes(row) for (row,) in rows])
        connection.execute("DELETE FROM events")
        peaks, roots = (), [root_of(())]
        for seq, event in enumerate(kept):
            row = columns_of(event.model_copy(update={"seq": seq}), peaks)
            peaks = grow(peaks, seq, row["leaf_hash"])
            roots.append(root_of(peaks))
            names, marks = ", ".join(row), ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO events ({names}) VALUES ({marks})", tuple(row.values()))
        if resign:
            key = load_key(world.gov.keys)
            sizes = connection.execute("SELECT tree_size FROM checkpoints").fetchall()
            connection.execute("DELETE FROM checkpoints")
            for size in {min(size, len(kept)) for (size,) in sizes}:
                row = (size, roots[size].hex(), key.sign_checkpoint(size, roots[size]))
                connection.execute("INSERT INTO checkpoints VALUES (?, ?, ?)", row)

    return attack(world, change=change)


def said(report):
    return [str(problem) for problem in report.problems]


def test_an_edited_event_is_named(busy):
    report = attack(
        busy, "UPDATE events SET canonical = CAST(replace(canonical, 'admin', 'nimda') AS BLOB) WHERE seq = 4"
    )
    assert report.first_bad_event == 4


def test_an_edited_column_beside_the_event_is_named(busy):
    report = attack(busy, "UPDATE events SET actor = 'nobody' WHERE seq = 6")
    assert said(report)[0] == "events: event 6 was altered (actor)"


def test_a_removed_event_is_named(busy):
    assert attack(busy, "DELETE FROM events WHERE seq = 5").first_bad_event == 5


@pytest.mark.parametrize("resign", [False, True])
def test_a_rebuilt_chain_does_not_match_what_left_the_house(busy, resign):
    def edit(events):
        return [e.model_copy(update={"actor": "somebody"}) if e.seq == 9 else e for e in events]

    report = rewrite(busy, edit, resign=resign)
    assert any(problem.where.startswith("witness") for problem in report.problems)
    assert any(problem.where.startswith("checkpoint ") for problem in report.problems) is not resign
    assert report.first_bad_event <= 9


def test_a_back_dated_event_in_a_rebuilt_chain_is_named(busy):
    def edit(events):
        early = events[0].recorded_at.replace(year=2020)
        return [e.model_copy(update={"recorded_at": early}) if e.seq == 9 else e for e in events]

    report = rewrite(busy, edit, resign=True)
    assert "events: event 9 is dated before the event above it" in said(report)


def test_a_cut_off_end_is_shorter_than_what_was_witnessed(busy):
    total = len(queries.events(busy.gov, limit=None))
    report = rewrite(busy, lambda events: events[:-1], resign=True)
    assert report.first_bad_event == total - 1
    assert any("its end was cut off" in problem for problem in said(report))


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
    ("statement", "where"),
    [
        ("UPDATE people SET password_hash = (SELECT password_hash FROM people WHERE username = 'cora')", "people"),
        ("UPDATE people SET person = replace(person, 'compliance', 'approver')", "people"),
        ("DELETE FROM signatures WHERE position = 2", "signatures"),
        ("UPDATE signatures SET roles = 'approver' WHERE position = 1", "signatures"),
        ("UPDATE signatures SET canonical = CAST(replace(canonical, 'every', 'no') AS BLOB)", "signatures"),
        (
            "UPDATE promotions SET canonical = CAST(replace(canonical, 'first', 'x') AS BLOB) WHERE position = 1",
            "promotions",
        ),
        ("UPDATE promotions SET current = previous WHERE position = 2", "promotions"),
        ("UPDATE decisions SET verdict = 'FAIL'", "decisions"),
        ("UPDATE decisions SET control = 1", "decisions"),
        ("UPDATE decisions SET inputs = '{}'", "decisions"),
        ("UPDATE decisions SET inputs = CAST('{}' AS BLOB)", "decisions"),
        ("UPDATE people SET person = CAST('[]' AS BLOB) WHERE username = 'abel'", "people"),
        ("UPDATE updates SET decision = bundle", "updates"),
        ("UPDATE suites SET retired = 1 WHERE position = 1", "suites"),
        ("UPDATE checkpoints SET root = (SELECT max(root) FROM checkpoints)", "checkpoints"),
    ],
)
def test_every_other_table_must_say_what_the_log_says(busy, statement, where):
    report = attack(busy, statement)
    assert {problem.where for problem in report.problems} == {where}


def test_an_altered_object_shows(busy):
    bundle = queries.update_detail(busy.gov, "u1").bundle_digest
    path = busy.gov.objects.path(bundle)
    path.write_bytes(path.read_bytes().replace(b"rita", b"anna"))
    assert said(commands.verify_store(busy.gov)) == [f"objects: {bundle} was altered"]


def test_events_after_the_last_witnessed_head_are_counted(busy):
    commands.record_event(busy.gov, actor="pipeline", action="run-started")
    report = commands.verify_store(busy.gov)
    assert report.ok and report.notes == ["1 events are younger than the last witnessed checkpoint"]
