"""The database: SQLite beside the objects, or PostgreSQL by its URL, brought to the newest schema on opening."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
    SQLAlchemyError,
)

from governance.store.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

REVISION = "0002"
"""The schema this code speaks; equal to Alembic's head."""

_BUSY_SECONDS = 30
_WRITE_LOCK = 0x5DF7
"""Key of the advisory lock that PostgreSQL's writers queue at; one lock for each database."""

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

    Args:
        url: `sqlite:///FILE` or `postgresql://USER@HOST/DATABASE`.

    Raises:
        StoreError: the database is of another kind, cannot be reached, or a newer version wrote it.
    """
    engine = _engine(url)
    try:
        with reading(engine) as connection:
            current = _revision(connection)
        if current != REVISION:
            migrate(engine, "head")
    except (SQLAlchemyError, UnicodeDecodeError) as error:  # SQLite's complaint may quote damaged bytes
        raise StoreError(f"database {engine.url!r}: {_reason(error)}; check the URL and its permissions") from error
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

    Writers queue: on SQLite by `BEGIN IMMEDIATE`, on PostgreSQL by an advisory lock. A stranger there who does not
    ask for that lock meets us at the primary key of `events`, and the second of the two fails whole.

    Raises:
        StoreError: the database cannot be written, or another writer held it for 30 seconds.
        OSError: the disk is full.
    """
    with _named(engine), engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def _named(engine: Engine) -> Iterator[None]:
    """Turn the driver's complaint about the database itself (locked, full, damaged, read-only) into one line."""
    try:
        yield
    except DatabaseError as error:
        if isinstance(error, (DataError, IntegrityError, NotSupportedError, ProgrammingError)):
            raise
        if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, f"database {engine.url!r}: no space left") from error
        raise StoreError(f"database {engine.url!r}: {_reason(error)}; check that it is there and writable") from error


def _reason(error: Exception) -> str:
    """Return the driver's own words on one line."""
    return " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split())


def migrate(engine: Engine, revision: str) -> None:
    """Bring the schema up to `head`, or down to an Alembic revision (`base`, or an id).

    Raises:
        StoreError: the database has a revision that this version does not know.
    """
    from alembic import command
    from alembic.util import CommandError

    with writing(engine) as connection:
        config = alembic_config(connection)
        try:
            if revision != "head":
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


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
        if kind == "sqlite":
            engine = create_engine(parsed)
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        if kind in ("postgresql", "postgres"):
            engine = create_engine(_with_psycopg(parsed), pool_pre_ping=True)
            event.listen(engine, "begin", _begin_postgresql)
            return engine
    except ArgumentError as error:
        raise StoreError("database_url: not a URL; write sqlite:///FILE or postgresql://USER@HOST/NAME") from error
    except ModuleNotFoundError as error:
        raise StoreError(f"database_url: {error}; run `pip install 'clinical-sdft[postgresql]'`") from error
    raise StoreError(f"database_url: {kind} is not supported; use sqlite or postgresql")


def _with_psycopg(url: URL) -> URL:
    """Name the driver where the URL leaves it open: what SQLAlchemy takes by itself depends on its version."""
    return url if "+" in url.drivername else url.set(drivername="postgresql+psycopg")


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


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("writes", False):
        wait = f"set_config('lock_timeout', '{_BUSY_SECONDS}s', true)"
        connection.exec_driver_sql(f"SELECT {wait}, pg_advisory_xact_lock({_WRITE_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
