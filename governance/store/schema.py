"""Checks that the database is built as the migrations build it: its guards stand, and its indexes tell the truth."""

from collections.abc import Iterator
from functools import cache

from sqlalchemy import Connection, text

from governance.store.database import REVISION, open_database, reading
from governance.store.guards import ALL, postgres_guards

_SQLITE = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
_POSTGRESQL = """
SELECT c.relname, t.tgname, t.tgenabled, t.tgtype, p.prosrc
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
"""


def schema_problems(connection: Connection) -> Iterator[str]:
    """Yield what is not as the migrations made it.

    On SQLite every definition is compared, and the file's own check (pages, indexes, constraints) is run; on
    PostgreSQL the guards.
    """
    revisions = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    if revisions != [REVISION]:
        yield f"alembic_version says {', '.join(map(str, revisions)) or 'nothing'}, expected {REVISION}"
    yield from _sqlite(connection) if connection.dialect.name == "sqlite" else _postgresql(connection)


def _sqlite(connection: Connection) -> Iterator[str]:
    found = {(row[0], row[1]): (row[2], row[3]) for row in connection.execute(text(_SQLITE))}
    expected = _fresh_sqlite()
    # In a damaged file a name may be bytes or nothing.
    for kind, name in sorted(expected.keys() | found.keys(), key=repr):
        if found.get((kind, name)) != expected.get((kind, name)):
            yield f"{kind} {name} is not as the migrations made it"
    for line in connection.execute(text("PRAGMA integrity_check")).scalars():
        if line != "ok":
            yield f"the file is damaged: {line}"


@cache
def _fresh_sqlite() -> dict[tuple[str, str], tuple[str, str]]:
    engine = open_database("sqlite://")
    with reading(engine) as connection:
        rows = connection.execute(text(_SQLITE)).all()
    engine.dispose()
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def _postgresql(connection: Connection) -> Iterator[str]:
    found = {(row[0], row[1]): tuple(row[2:]) for row in connection.execute(text(_POSTGRESQL))}
    for guard in (guard for guards in ALL for guard in postgres_guards(guards)):
        if found.get((guard.table, guard.name)) != ("A", guard.kind, guard.body):
            yield f"trigger {guard.name} is missing, off, or not as the migrations made it"
