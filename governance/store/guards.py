"""The triggers that make tables insert-only, without gaps, and the history of models a compare-and-swap.

They hold for a stranger's connection too, and fall only to who owns the database; that they still stand is part of
verifying a store.
"""

from collections.abc import Iterator
from dataclasses import dataclass

INSERT_ONLY = {
    "events": ("seq",),
    "checkpoints": ("tree_size",),
    "decisions": ("inputs_digest",),
    "updates": ("update_id",),
    "signatures": ("position", "digest", "update_id, username, decision"),
    "promotions": ("position", "digest", "update_id"),
}
"""Tables without UPDATE and DELETE, with the keys that INSERT OR REPLACE must not find."""

GAPLESS = {"events": ("seq", 0), "signatures": ("position", 1), "promotions": ("position", 1)}
"""Tables numbered without a gap: the column, and its first number."""

_CURRENT = "SELECT current FROM promotions ORDER BY position DESC LIMIT 1"
_MOVED = "promotions.previous is not the model in force"


def sqlite_triggers() -> Iterator[str]:
    """Yield the statements that create the triggers on SQLite."""
    for table, keys in INSERT_ONLY.items():
        for verb in ("UPDATE", "DELETE"):
            yield _sqlite(table, f"no_{verb.lower()}", verb, "", f"{table} is insert-only")
        for number, key in enumerate(keys):
            # OR REPLACE would delete the old row, in a connection without recursive_triggers silently.
            match = " AND ".join(f"{column} = NEW.{column}" for column in key.split(", "))
            found = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {match})"
            yield _sqlite(table, f"no_replace_{number}", "INSERT", found, f"{table} has this {key} already")
    for table, (key, first) in GAPLESS.items():
        gap = f"WHEN NEW.{key} IS NOT (SELECT COALESCE(MAX({key}) + 1, {first}) FROM {table})"
        yield _sqlite(table, "gapless", "INSERT", gap, f"{table}.{key} must be the next number")
    yield _sqlite("promotions", "compare_and_swap", "INSERT", f"WHEN NEW.previous IS NOT ({_CURRENT})", _MOVED)


def _sqlite(table: str, name: str, verb: str, when: str, message: str) -> str:
    return f"CREATE TRIGGER {table}_{name} BEFORE {verb} ON {table} {when} BEGIN SELECT RAISE(ABORT, '{message}'); END"


@dataclass(frozen=True)
class PostgresGuard:
    """A trigger on PostgreSQL and the function it calls, both of one name."""

    table: str
    rule: str
    verbs: tuple[str, ...]
    condition: str
    message: str

    @property
    def name(self) -> str:
        """Name of trigger and function."""
        return f"{self.table}_{self.rule}"

    @property
    def body(self) -> str:
        """Source of the function."""
        refuse = f"RAISE EXCEPTION '{self.message}' USING ERRCODE = 'integrity_constraint_violation';"
        return f"BEGIN IF {self.condition} THEN {refuse} END IF; RETURN NEW; END"

    @property
    def kind(self) -> int:
        """What `pg_trigger.tgtype` says of it."""
        return _BEFORE + sum(_VERBS[verb] for verb in self.verbs) + (_ROW if self.level == "ROW" else 0)

    @property
    def level(self) -> str:
        """ROW, or STATEMENT for TRUNCATE, which knows no rows."""
        return "STATEMENT" if "TRUNCATE" in self.verbs else "ROW"

    def statements(self) -> Iterator[str]:
        """Yield what creates function and trigger; ALWAYS keeps it on under `session_replication_role`."""
        name, table = self.name, self.table
        when = f"BEFORE {' OR '.join(self.verbs)} ON {table} FOR EACH {self.level}"
        yield f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${self.body}$$"
        yield f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()"
        yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"


_ROW, _BEFORE = 1, 2
_VERBS = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


def postgres_guards() -> Iterator[PostgresGuard]:
    """Yield the guards on PostgreSQL. INSERT … ON CONFLICT DO UPDATE meets the one against UPDATE."""
    for table in INSERT_ONLY:
        message = f"{table} is insert-only"
        yield PostgresGuard(table, "no_change", ("UPDATE", "DELETE"), "true", message)
        yield PostgresGuard(table, "no_truncate", ("TRUNCATE",), "true", message)
    for table, (key, first) in GAPLESS.items():
        gap = f"NEW.{key} IS DISTINCT FROM (SELECT COALESCE(MAX({key}) + 1, {first}) FROM {table})"
        yield PostgresGuard(table, "gapless", ("INSERT",), gap, f"{table}.{key} must be the next number")
    moved = f"NEW.previous IS DISTINCT FROM ({_CURRENT})"
    yield PostgresGuard("promotions", "compare_and_swap", ("INSERT",), moved, _MOVED)
