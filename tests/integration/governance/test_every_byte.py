"""Every byte of an export and of a store's files, flipped in turn.

An export counts to the last byte: the zip must be what the writer would make of its members. A SQLite file has bytes
that mean nothing (free pages, the room between cells, counters that only caches read). Altered content is there what
any reader could see: a value of any row of any table, a definition in the schema, an index that disagrees with its
table. A byte whose flip changes none of these is counted apart, as idle.
"""

import random
import sqlite3
from contextlib import closing

import pytest

from governance.errors import GovernanceError
from governance.services import commands
from governance.services.handle import log_key
from governance.store.database import open_database, sqlite_url

WHOLE_UP_TO = 100_000  # bytes; larger files are sampled
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
HOW_MANY = pytest.mark.parametrize("most", [250, pytest.param(WHOLE_UP_TO, marks=pytest.mark.slow)])


def places(size, most):
    """Return every place, or of more than `most` places a sample that is always the same one."""
    return range(size) if size <= most else sorted(random.Random(size).sample(range(size), most))


def flips(data, most):
    """Yield each place with the data as it is after one flip of one bit, or for every eighth place of all bits."""
    for at in places(len(data), most):
        flipped = bytearray(data)
        flipped[at] ^= 0xFF if at % 9 == 8 else 1 << at % 9
        yield at, bytes(flipped)


@pytest.fixture
def busy(world):
    world.promoted("u1")
    world.judge("u2")
    commands.checkpoint(world.gov)
    return world


@HOW_MANY
def test_no_byte_of_an_export_can_be_flipped(busy, tmp_path, most):
    exported = commands.export_audit(busy.gov, tmp_path / "audit.zip", actor="cora")
    data = exported.read_bytes()
    directory = data.rindex(b"PK\x01\x02") - 200
    structure = [0, 4, 8, 10, 14, 26, 28, 29, *range(directory, len(data), 17), len(data) - 1]
    found = 0
    for at, flipped in [*flips(data, most), *((at, bytes_flipped(data, at)) for at in structure)]:
        exported.write_bytes(flipped)
        assert not commands.verify_export(exported).ok, f"byte {at} of {len(data)}"
        found += 1
    exported.write_bytes(data)
    assert commands.verify_export(exported, witness=busy.gov.witness).ok
    print(f"export of {len(data)} bytes: {found} flips, all found")


@HOW_MANY
def test_no_byte_of_the_witness_or_the_pointer_can_be_flipped(busy, most):
    for path in (busy.gov.witness, busy.gov.serving / "current.json"):
        data = path.read_bytes()
        for at, flipped in flips(data, most // 5):
            path.write_bytes(flipped)
            assert not commands.verify_store(busy.gov).ok, f"{path.name}, byte {at}"
        path.write_bytes(data)
    assert commands.verify_store(busy.gov).ok


@HOW_MANY
def test_no_byte_of_a_store_that_says_something_can_be_flipped(busy, tmp_path, most):
    source, target = busy.gov.workspace / "store.db", tmp_path / "flipped.db"
    busy.gov.engine.dispose()
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = source.read_bytes()
    before = content(source)
    found = idle = 0
    for at, flipped in flips(data, most):
        write_alone(target, flipped)
        if content(target) == before:
            idle += 1
            continue
        write_alone(target, flipped)
        assert not is_whole(busy, target), f"byte {at} of {len(data)}"
        found += 1
    write_alone(target, data)
    assert is_whole(busy, target) and found
    print(f"store of {len(data)} bytes: {found} flips that say something, all found; {idle} idle")


def bytes_flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def write_alone(path, data):
    """Write a database without what SQLite left beside an earlier one."""
    for leftover in path.parent.glob(f"{path.name}-*"):
        leftover.unlink()
    path.write_bytes(data)


def content(path):
    """Return all that a reader could see, or the error that keeps it from reading."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            tables = [
                name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
            ]
            rows = {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}
            schema = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
            return repr((rows, schema)), connection.execute("PRAGMA integrity_check").fetchall()
    except (sqlite3.Error, UnicodeError, OverflowError) as error:
        return type(error), str(error)


def is_whole(world, path):
    """Say whether a store in place of the world's opens and verifies."""
    from governance.audit.verify import verify_live

    try:
        engine = open_database(sqlite_url(path))
    except GovernanceError:
        return False
    try:
        gov = world.gov
        key = log_key(gov).public
        places = {"witness": gov.witness, "serving": gov.serving, "time_stamps": gov.time_stamps}
        return verify_live(engine, gov.objects, key=key, **places).ok
    finally:
        engine.dispose()
