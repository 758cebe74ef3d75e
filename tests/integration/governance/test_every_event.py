"""Each event and each cell in turn: whatever the database's owner does to it, verification says so."""

from datetime import timedelta

import pytest
from owner import logged, put_rows, rebuild, resigned, unguarded
from sqlalchemy import Boolean, Integer, LargeBinary, select, update
from sqlalchemy.exc import IntegrityError

from data_contracts import AuditEvent
from governance.export import verify as standalone
from governance.services import commands
from governance.store.tables import (
    checkpoints,
    decisions,
    events,
    people,
    promotions,
    signatures,
    suite_spend,
    suites,
    updates,
)

EVERY = pytest.mark.parametrize("step", [8, pytest.param(1, marks=pytest.mark.slow)])
"""Every so-manieth event; the full number is part of the slow studies."""
TABLES = (checkpoints, decisions, events, people, promotions, signatures, suite_spend, suites, updates)


@pytest.fixture
def busy(world):
    """A log with a promoted update and a second candidate, all of it under a witnessed head."""
    world.promoted("u1")
    world.judge("u2")
    commands.record_event(world.gov, actor="pipeline", action="run-started", details={"items": 3})
    commands.checkpoint(world.gov)
    assert commands.verify_store(world.gov).problems == []
    return world


def drop(entries, at):
    return entries[:at] + entries[at + 1 :]


def reorder(entries, at):
    at = min(at, len(entries) - 2)
    return [*entries[:at], entries[at + 1], entries[at], *entries[at + 2 :]]


def duplicate(entries, at):
    return entries[: at + 1] + entries[at:]


def cut(entries, at):
    return entries[:at]


def back_date(entries, at):
    """By a microsecond, so that the order of time still holds and only the hashes can tell."""
    earlier = entries[at].recorded_at - timedelta(microseconds=1)
    return [*entries[:at], entries[at].model_copy(update={"recorded_at": earlier}), *entries[at + 1 :]]


@EVERY
@pytest.mark.parametrize("attack", [drop, reorder, duplicate, cut, back_date])
def test_a_chain_rebuilt_around_one_event_is_found_by_what_left_the_house(busy, attack, step):
    """The owner rebuilds the whole chain and, holding the log's key, signs every head anew; the witness is kept."""
    kept = [AuditEvent.from_bytes(row["canonical"]) for row in logged(busy.gov.engine)]
    # A copy of the last event is an event after the last head that left the house: no rewriting, an addition.
    for at in range(0, len(kept) - (attack is duplicate), step):
        with unguarded(busy.gov.engine) as connection:
            rebuild(busy, connection, attack(kept, at), resign=True)
        problems = commands.verify_store(busy.gov).problems
        assert any(problem.where.startswith("witness") for problem in problems), at
    with unguarded(busy.gov.engine) as connection:
        rebuild(busy, connection, kept, resign=True)
    assert commands.verify_store(busy.gov).problems == []


@EVERY
@pytest.mark.parametrize("attack", [drop, reorder, duplicate, cut])
def test_rows_changed_without_a_new_chain_are_found_at_once(busy, attack, step):
    rows = logged(busy.gov.engine)
    for at in range(0, len(rows), step):
        changed = [dict(row) for row in attack(rows, at)]
        for seq, row in enumerate(changed):
            row["seq"] = row["seq"] if attack is drop else seq
        with unguarded(busy.gov.engine) as connection:
            put_rows(connection, changed)
        assert commands.verify_store(busy.gov).first_bad_event is not None, at
    with unguarded(busy.gov.engine) as connection:
        put_rows(connection, rows)
    assert commands.verify_store(busy.gov).problems == []


def altered(column, value):
    """Return another value of the column's kind, and NULL where it may be one."""
    if value is None:
        return ["x"]
    others = [None] if column.nullable else []
    if isinstance(column.type, Boolean):
        return [not value, *others]
    if isinstance(column.type, Integer):
        return [value + 1_000_000, *others]
    if isinstance(column.type, LargeBinary):
        middle = len(value) // 2
        return [value[:middle] + bytes([value[middle] ^ 1]) + value[middle + 1 :], value + b" ", *others]
    return [value[:-1] + chr(ord(value[-1]) ^ 1), value + " ", *others]


@EVERY
def test_no_cell_of_any_table_can_change(busy, step):
    """Some changes the database itself refuses: a foreign key or a second row of one key."""
    found = refused = 0
    for table in TABLES:
        key = next(iter(table.primary_key))
        with busy.gov.engine.connect() as connection:
            rows = connection.execute(select(table).order_by(*table.primary_key)).all()
        for row in rows[::step]:
            for column in table.columns:
                for value in altered(column, getattr(row, column.name)):
                    where = [one == getattr(row, one.name) for one in table.primary_key]
                    try:
                        with unguarded(busy.gov.engine) as connection:
                            connection.execute(update(table).where(*where).values({column: value}))
                    except IntegrityError:
                        refused += 1
                        continue
                    place = f"{table.name}.{column.name}, {key.name} {getattr(row, key.name)}: {value!r}"
                    assert not commands.verify_store(busy.gov).ok, place
                    found += 1
                    where = [one == (value if one is column else getattr(row, one.name)) for one in table.primary_key]
                    with unguarded(busy.gov.engine) as connection:
                        connection.execute(update(table).where(*where).values({column: getattr(row, column.name)}))
    assert found > 100 and commands.verify_store(busy.gov).problems == []
    print(f"{busy.gov.engine.dialect.name}: {found} altered cells found, {refused} refused by the database")


def lines_of(members):
    return members["events.jsonl"].splitlines(keepends=True)


def back_date_line(lines, at):
    event = AuditEvent.from_bytes(lines[at])
    return [*lines[:at], back_date([event], 0)[0].canonical_bytes() + b"\n", *lines[at + 1 :]]


@EVERY
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("attack", [drop, reorder, duplicate, cut, back_date_line])
def test_no_event_of_an_export_can_change_even_under_a_new_manifest(busy, attack, step, tmp_path):
    exported = commands.export_audit(busy.gov, tmp_path / "audit.zip", actor="cora")
    members = standalone.read_zip(exported.read_bytes(), standalone.VerificationReport(""))
    for at in range(0, len(lines_of(members)), step):
        changed = members | {"events.jsonl": b"".join(attack(lines_of(members), at))}
        exported.write_bytes(resigned(busy, changed))
        report = commands.verify_export(exported, witness=busy.gov.witness)
        assert not report.ok, at
        assert not any(problem.where == "manifest.json" for problem in report.problems)
