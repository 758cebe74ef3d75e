"""What the owner of the database can do: put the guards aside, change anything, and put them back."""

import base64
import hashlib
import json
from contextlib import contextmanager

from sqlalchemy import delete, insert, select, text, update

from governance.audit.log import columns_of
from governance.audit.note import load_key
from governance.export.verify import Log, build_zip, claimed_sizes
from governance.store.database import writing
from governance.store.guards import ALL, postgres_guards
from governance.store.tables import checkpoints, events, metadata


@contextmanager
def unguarded(engine):
    """Yield a writing connection without guards; they stand again when it commits."""
    with writing(engine) as connection:
        if engine.dialect.name == "sqlite":
            triggers = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
            for name, _ in triggers:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            yield connection
            for _, sql in triggers:
                connection.exec_driver_sql(sql)
        else:
            guards = [guard for guards in ALL for guard in postgres_guards(guards)]
            for table in {guard.table for guard in guards}:
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            yield connection
            for guard in guards:
                connection.exec_driver_sql(f"ALTER TABLE {guard.table} ENABLE ALWAYS TRIGGER {guard.name}")


def change(connection, table, where, column, new):
    """Set one column of the rows that match; `new` is a value, or a function of the old one."""
    table = metadata.tables[table]
    key = next(iter(table.primary_key))
    matching = [table.c[name] == value for name, value in where.items()]
    rows = connection.execute(select(key, table.c[column]).where(*matching)).all()
    assert rows, where
    for value, old in rows:
        changed = new(old) if callable(new) else new
        assert changed != old
        connection.execute(update(table).where(key == value).values({column: changed}))


def logged(engine):
    """Return all rows of the log."""
    with engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(select(events).order_by(events.c.seq))]


def put_rows(connection, rows):
    """Make these rows the log, whatever they say."""
    connection.execute(delete(events))
    if rows:
        connection.execute(insert(events), rows)


def rebuild(world, connection, kept, *, resign):
    """Make these events the log: renumbered, hashed anew, and with the key every checkpoint signed anew."""
    sizes = claimed_sizes(world.gov.witness.read_text()) if resign else ()
    log, rows = Log(frozenset(min(size, len(kept)) for size in sizes)), []
    for seq, event in enumerate(kept):
        rows.append(columns_of(event.model_copy(update={"seq": seq}), log.peaks))
        log.add(rows[-1]["leaf_hash"])
    put_rows(connection, rows)
    if resign:
        key = load_key(world.gov.keys)
        connection.execute(delete(checkpoints))
        for size in sorted(log.claimed):
            note = key.sign_checkpoint(size, log.roots[size])
            connection.execute(insert(checkpoints).values(tree_size=size, root=log.roots[size].hex(), note=note))


def resigned(world, members):
    """Return a zip whose manifest the hospital's own key signs anew: only the log's own proofs can object."""
    key = load_key(world.gov.keys)
    statement = json.loads(base64.b64decode(json.loads(members["manifest.json"])["payload"]))
    files = {name: data for name, data in members.items() if name != "manifest.json"}
    statement["subject"] = [
        {"name": name, "digest": {"sha256": hashlib.sha256(data).hexdigest()}} for name, data in sorted(files.items())
    ]
    files["manifest.json"] = key.sign_envelope(json.dumps(statement).encode())
    return build_zip(sorted(files.items()))
