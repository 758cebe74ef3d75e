"""The database: SQLite beside the objects, or any SQLAlchemy URL, brought to the newest schema on opening."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from governance.store.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

REVISION = "0001"
"""The schema this code speaks; equal to Alembic's head."""

_BUSY_SECONDS = 30
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    # Without this, INSERT OR REPLACE deletes the old row without firing the DELETE trigger.
    "PRAGMA recursive_triggers=ON",
    f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}",
)


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file."""
    return f"sqlite:///{path.resolve()}"


def open_database(url: str) -> Engine:
    """Return an engine whose schema is current.

    Raises:
        StoreError: the database cannot be reached, or a newer version wrote it.
    """
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        with reading(engine) as connection:
            current = _revision(connection)
        if current != REVISION:
            migrate(engine, "head")
    except SQLAlchemyError as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise StoreError(f"database {engine.url!r}: {reason}; check the URL and its permissions") from error
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view for reading.

    Raises:
        StoreError: the database cannot be read.
    """
    with _named(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that holds the write lock from its start: commits, or leaves nothing behind.

    On SQLite `BEGIN IMMEDIATE` queues the writers. On other databases two writers meet at the primary key of
    `events`, and the second fails whole.

    Raises:
        StoreError: the database cannot be written, or another writer held it for 30 seconds.
        OSError: the disk is full.
    """
    with _named(engine), engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def _named(engine: Engine) -> Iterator[None]:
    """Turn the driver's complaint about the database itself (locked, full, read-only) into one line."""
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, f"database {engine.url!r}: no space left") from error
        raise StoreError(f"database {engine.url!r}: {error.orig}; check that it is there and writable") from error


def migrate(engine: Engine, revision: str) -> None:
    """Bring the schema to an Alembic revision (`head`, `base`, or an id).

    Raises:
        StoreError: the database has a revision that this version does not know.
    """
    from alembic import command
    from alembic.util import CommandError

    with writing(engine) as connection:
        config = alembic_config(connection)
        try:
            if revision == "base":
                command.downgrade(config, revision)
            else:
                command.upgrade(config, revision)
        except CommandError as error:
            raise StoreError(f"database {engine.url!r}: {error}; install the clinical-sdft that wrote it") from error


def alembic_config(connection: Connection) -> "Config":
    """Return Alembic's configuration for a connection; nothing is read from disk but the migrations."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not open transactions of its own: `_begin_sqlite` does, and DDL then rolls back too.
    connection.isolation_level = None
    cursor = connection.cursor()
    # The first to switch to WAL takes an exclusive lock, so the others need to wait already here.
    for pragma in reversed(_PRAGMAS):
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
