"""The schema: migrations and tables agree, and insert-only means it also for a stranger's connection."""

import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, text

from governance.store.database import (
    REVISION,
    alembic_config,
    migrate,
    open_database,
    reading,
    sqlite_url,
    writing,
)
from governance.store.errors import StoreError
from governance.store.tables import events, metadata, people, promotions, updates


@pytest.fixture
def engine(tmp_path):
    engine = open_database(sqlite_url(tmp_path / "store.db"))
    yield engine
    engine.dispose()


def event(seq):
    blob, words = b"x", {"recorded_at": "t", "actor": "a", "action": "b"}
    return {"seq": seq, "canonical": blob, "leaf_hash": blob, "peaks": blob, **words}


def promotion(position, previous, current, update_id=None):
    row = {"position": position, "previous": previous, "current": current, "update_id": update_id}
    return row | {"digest": f"d{position}", "canonical": b"x", "valid_from": "t", "recorded_at": "t"}


def test_migrations_make_the_tables_and_take_them_away_again(engine):
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert ScriptDirectory.from_config(alembic_config(connection)).get_current_head() == REVISION
    migrate(engine, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    migrate(engine, "head")
    assert set(metadata.tables) <= set(inspect(engine).get_table_names())


def test_a_store_of_the_first_schema_is_brought_on_with_all_it_holds(filled, tmp_path):
    path = tmp_path / "old.db"
    path.write_bytes(filled.read_bytes())
    engine = open_database(sqlite_url(path))
    new = {"credentials", "proofs_used", "retirements", "holds", "deletions"}
    migrate(engine, "0001")
    with sqlite3.connect(path) as connection:
        before = list(connection.iterdump())
        assert not [line for line in before if any(name in line for name in new)]
    engine.dispose()
    engine = open_database(sqlite_url(path))
    assert new <= set(inspect(engine).get_table_names())
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.scalar(text("SELECT count(*) FROM promotions")) == 2
    engine.dispose()


def test_a_database_of_a_newer_version_is_left_alone(engine, tmp_path):
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="9999"):
        open_database(sqlite_url(tmp_path / "store.db"))


def test_what_is_no_database_is_named(tmp_path):
    (tmp_path / "store.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="not a database"):
        open_database(sqlite_url(tmp_path / "store.db"))


def test_the_connection_is_set_up(engine):
    with reading(engine) as connection:
        pragmas = {name: connection.scalar(text(f"PRAGMA {name}")) for name in PRAGMAS}
    assert pragmas == PRAGMAS


PRAGMAS = {
    "journal_mode": "wal",
    "foreign_keys": 1,
    "recursive_triggers": 1,
    "synchronous": 2,
    "busy_timeout": 30000,
}

FORBIDDEN = (
    "UPDATE events SET actor = 'eve' WHERE seq = 0",
    "DELETE FROM events WHERE seq = 1",
    "INSERT OR REPLACE INTO events SELECT 0, 'e', 'h', 'p', 't', 'eve', 'a', NULL, NULL",
    "INSERT OR REPLACE INTO events SELECT 1, 'e', 'h', 'p', 't', 'eve', 'a', NULL, NULL",
    "REPLACE INTO events SELECT * FROM events",
    "INSERT INTO events SELECT 7, 'e', 'h', 'p', 't', 'eve', 'a', NULL, NULL",
    "INSERT INTO events SELECT NULL, 'e', 'h', 'p', 't', 'eve', 'a', NULL, NULL",
    "INSERT INTO events SELECT -1, 'e', 'h', 'p', 't', 'eve', 'a', NULL, NULL",
    "UPDATE promotions SET current = 'evil'",
    "DELETE FROM promotions",
    "INSERT OR REPLACE INTO promotions SELECT 3, 'd2', 'x', 'b', 'evil', NULL, 't', 't'",
    "INSERT OR REPLACE INTO promotions SELECT 2, 'new', 'x', 'b', 'evil', NULL, 't', 't'",
    "INSERT INTO promotions SELECT 3, 'new', 'x', 'a', 'evil', NULL, 't', 't'",
    "INSERT INTO promotions SELECT 3, 'new', 'x', NULL, 'evil', NULL, 't', 't'",
    "INSERT OR REPLACE INTO promotions SELECT 3, 'new', 'x', 'b', 'evil', 'u1', 't', 't'",
    "UPDATE signatures SET decision = 'approve'",
    "DELETE FROM signatures",
    "INSERT OR REPLACE INTO signatures SELECT 2, 'new', 'x', 'u1', 'eve', 'reject', 'clinician'",
    "UPDATE updates SET bundle = 'other'",
    "DELETE FROM checkpoints",
    "INSERT OR REPLACE INTO checkpoints SELECT 1, 'root', 'note'",
    "UPDATE decisions SET verdict = 'PASS'",
    "INSERT OR REPLACE INTO decisions SELECT 'inputs', 'x', 'd', 'u1', 'PASS', 0",
    "UPDATE credentials SET value = 'mine'",
    "DELETE FROM credentials",
    "INSERT OR REPLACE INTO credentials SELECT 1, 'eve', 'totp', 'mine'",
    "INSERT INTO credentials SELECT 3, 'eve', 'totp', 'mine'",
    "UPDATE proofs_used SET step = 0",
    "DELETE FROM proofs_used",
    "INSERT OR REPLACE INTO proofs_used SELECT 'eve', 'totp:7', 8",
    "DELETE FROM retirements",
    "INSERT OR REPLACE INTO retirements SELECT 'a', 'other', 'x', 't'",
    "INSERT OR REPLACE INTO retirements SELECT 'other', 'r', 'x', 't'",
    "INSERT INTO retirements SELECT 'b', 'new', 'x', 't'",
    "INSERT INTO promotions SELECT 3, 'new', 'x', 'b', 'a', NULL, 't', 't'",
    "DELETE FROM holds",
    "UPDATE holds SET kind = 'release'",
    "INSERT OR REPLACE INTO holds SELECT 2, 'new', 'x', 'h1', 'set'",
    "INSERT INTO holds SELECT 3, 'new', 'x', 'h2', 'set'",
    "DELETE FROM deletions",
    "INSERT OR REPLACE INTO deletions SELECT 'o', 'new', 'x', 't'",
)


@pytest.mark.parametrize("recursive", [True, False])
@pytest.mark.parametrize("statement", FORBIDDEN)
def test_insert_only_tables_refuse_everything_else(filled, statement, recursive):
    connection = sqlite3.connect(filled)
    connection.execute(f"PRAGMA recursive_triggers={recursive}")
    before = list(connection.iterdump())
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)
    connection.rollback()
    assert list(connection.iterdump()) == before
    connection.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "store.db"
    engine = open_database(sqlite_url(path))
    with writing(engine) as connection:
        connection.execute(insert(events), [event(0), event(1)])
        person = {"username": "eve", "username_key": "eve", "person": b"x", "password_hash": "x"}
        connection.execute(insert(people).values(**person))
        row = {"update_id": "u1", "bundle": "b", "decision": "d", "submitted_at": "t"}
        connection.execute(insert(updates).values(**row))
        connection.execute(insert(promotions), [promotion(1, None, "a"), promotion(2, "a", "b", "u1")])
        connection.execute(text("INSERT INTO signatures VALUES (1, 's', 'x', 'u1', 'eve', 'reject', 'clinician')"))
        connection.execute(text("INSERT INTO checkpoints VALUES (1, 'r', 'n')"))
        connection.execute(text("INSERT INTO decisions VALUES ('inputs', 'x', 'd', 'u1', 'FAIL', 0)"))
        connection.execute(text("INSERT INTO credentials VALUES (1, 'eve', 'totp', 'sealed')"))
        connection.execute(text("INSERT INTO proofs_used VALUES ('eve', 'totp:7', 7)"))
        connection.execute(text("INSERT INTO retirements VALUES ('a', 'r', 'x', 't')"))
        connection.execute(text("INSERT INTO holds VALUES (1, 'h', 'x', 'h1', 'set')"))
        connection.execute(text("INSERT INTO deletions VALUES ('o', 'd', 'x', 't')"))
    engine.dispose()
    return path
