"""The schema on SQLite and PostgreSQL, and what PostgreSQL's guards refuse to a stranger's connection."""

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from governance.store import database
from governance.store.database import migrate, open_database, reading, sqlite_url, writing
from governance.store.errors import StoreError
from governance.store.schema import schema_problems
from governance.store.tables import events, metadata, people, promotions, updates


@pytest.fixture
def empty(backend, tmp_path, request):
    """Return the URL of an empty database."""
    if backend == "sqlite":
        yield sqlite_url(tmp_path / "store.db")
        return
    server = request.getfixturevalue("postgres")
    url = server.create()
    yield url
    server.drop(url)


@pytest.fixture
def engine(empty):
    engine = open_database(empty)
    yield engine
    engine.dispose()


def test_migrations_go_up_and_down_and_make_what_the_code_expects(engine):
    for _ in range(2):
        with reading(engine) as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
            assert list(schema_problems(connection)) == []
        migrate(engine, "base")
        assert inspect(engine).get_table_names() == ["alembic_version"]
        if engine.dialect.name == "postgresql":
            with reading(engine) as connection:
                ours = "SELECT count(*) FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
                assert connection.scalar(text(ours)) == 0
        migrate(engine, "head")


def test_many_that_open_a_new_database_at_once_all_find_it_made(empty):
    failed = []

    def open_it():
        try:
            open_database(empty).dispose()
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failed == []


def test_a_reader_sees_one_moment_and_cannot_write(engine):
    with reading(engine) as reader:
        assert reader.scalar(select(text("count(*)")).select_from(events)) == 0
        with writing(engine) as writer:
            writer.execute(insert(events), [event(0)])
        assert reader.scalar(select(text("count(*)")).select_from(events)) == 0
    if engine.dialect.name == "postgresql":
        with pytest.raises(StoreError, match="read-only"), reading(engine) as reader:
            reader.execute(insert(events), [event(1)])


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_who_waits_too_long_for_another_writer_gets_one_line(engine, monkeypatch):
    monkeypatch.setattr(database, "_BUSY_SECONDS", 1)
    with writing(engine), pytest.raises(StoreError, match="lock timeout") as caught, writing(engine):
        pass
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_url_without_a_driver_gets_ours(empty):
    plain = empty.replace("postgresql+psycopg", "postgresql")
    engine = open_database(plain)
    assert engine.driver == "psycopg"
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("store.db", "not a URL"),
        ("mysql://a@b/c", "mysql is not supported"),
        ("postgresql+pg8000://a@b/c", r"pip install 'clinical-sdft\[postgresql\]'"),
        ("postgresql://nobody@127.0.0.1:1/nothing", "Connection refused .*; check that it is there"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_in_one_line(url, says):
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match=says) as caught:
        open_database(url)
    assert "\n" not in str(caught.value)


def event(seq):
    blob, words = b"x", {"recorded_at": "t", "actor": "a", "action": "b"}
    return {"seq": seq, "canonical": blob, "leaf_hash": blob, "peaks": blob, **words}


def promotion(position, previous, current, update_id=None):
    row = {"position": position, "previous": previous, "current": current, "update_id": update_id}
    return row | {"digest": f"d{position}", "canonical": b"x", "valid_from": "t", "recorded_at": "t"}


@pytest.fixture(scope="module")
def filled(request):
    server = request.getfixturevalue("postgres")
    url = server.create()
    engine = open_database(url)
    with writing(engine) as connection:
        connection.execute(insert(events), [event(0), event(1)])
        person = {"username": "eve", "username_key": "eve", "person": b"x", "password_hash": "x"}
        connection.execute(insert(people).values(**person))
        row = {"update_id": "u1", "bundle": "b", "decision": "d", "submitted_at": "t"}
        connection.execute(insert(updates).values(**row))
        connection.execute(insert(promotions), [promotion(1, None, "a"), promotion(2, "a", "b", "u1")])
        connection.execute(text("INSERT INTO signatures VALUES (1, 's', 'x', 'u1', 'eve', 'reject', 'clinician')"))
        connection.execute(text("INSERT INTO checkpoints VALUES (1, 'r', 'n')"))
        connection.execute(text("INSERT INTO decisions VALUES ('inputs', 'x', 'd', 'u1', 'FAIL', false)"))
    engine.dispose()
    stranger = create_engine(url)
    yield stranger
    stranger.dispose()
    server.drop(url)


EVENT = "'e', 'h', 'p', 't', 'eve', 'a', NULL, NULL"
FORBIDDEN = (
    "UPDATE events SET actor = 'eve' WHERE seq = 0",
    "DELETE FROM events WHERE seq = 1",
    "TRUNCATE events",
    "TRUNCATE updates CASCADE",
    f"INSERT INTO events VALUES (0, {EVENT})",
    f"INSERT INTO events VALUES (1, {EVENT}) ON CONFLICT (seq) DO UPDATE SET actor = 'eve'",
    f"INSERT INTO events VALUES (7, {EVENT})",
    f"INSERT INTO events VALUES (-1, {EVENT})",
    f"INSERT INTO events VALUES (NULL, {EVENT})",
    f"INSERT INTO events VALUES (3, {EVENT}), (2, {EVENT})",
    "MERGE INTO events USING (VALUES (1)) AS v(seq) ON events.seq = v.seq WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM events RETURNING *) SELECT * FROM gone",
    "UPDATE promotions SET current = 'evil'",
    "DELETE FROM promotions",
    "INSERT INTO promotions VALUES (2, 'new', 'x', 'b', 'evil', NULL, 't', 't')",
    "INSERT INTO promotions VALUES (3, 'new', 'x', 'a', 'evil', NULL, 't', 't')",
    "INSERT INTO promotions VALUES (3, 'new', 'x', NULL, 'evil', NULL, 't', 't')",
    "INSERT INTO promotions VALUES (3, 'new', 'x', 'b', 'evil', 'u1', 't', 't')",
    "UPDATE signatures SET decision = 'approve'",
    "DELETE FROM signatures",
    "UPDATE updates SET bundle = 'other'",
    "DELETE FROM checkpoints",
    "INSERT INTO checkpoints VALUES (1, 'root', 'note') ON CONFLICT (tree_size) DO UPDATE SET root = 'root'",
    "UPDATE decisions SET verdict = 'PASS'",
)


def contents(connection):
    return [connection.execute(select(table)).all() for table in metadata.sorted_tables]


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize("statement", FORBIDDEN)
def test_insert_only_tables_refuse_everything_else_on_postgresql(filled, statement, role):
    """`session_replication_role = replica` would silence ordinary triggers."""
    with filled.connect() as connection, connection.begin():
        before = contents(connection)
        connection.execute(text(f"SET LOCAL session_replication_role = {role}"))
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(text(statement))
        assert contents(connection) == before


def test_the_next_rows_are_let_in_on_postgresql(filled):
    with filled.connect() as connection:
        connection.execute(text(f"INSERT INTO events VALUES (2, {EVENT}), (3, {EVENT})"))
        connection.execute(text("INSERT INTO promotions VALUES (3, 'new', 'x', 'b', 'c', NULL, 't', 't')"))
        lengths = [connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in ("events", "promotions")]
        assert lengths == [4, 3]
        connection.rollback()
