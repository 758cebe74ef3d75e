"""The triggers that make tables insert-only, without gaps, and the history of models a compare-and-swap.

They hold for a stranger's connection too, and fall only to who owns the database; that they still stand is part of
verifying a store.
"""

from collections.abc import Iterator
from dataclasses import dataclass

_CURRENT = "SELECT current FROM promotions ORDER BY position DESC LIMIT 1"


@dataclass(frozen=True)
class Rule:
    """What a new row may not be; in the condition `{is}` and `{is_not}` compare so that NULL equals NULL."""

    table: str
    name: str
    condition: str
    message: str


@dataclass(frozen=True)
class GuardSet:
    """The guards that one migration adds."""

    insert_only: dict[str, tuple[str, ...]]
    """Tables without UPDATE and DELETE, with the keys that INSERT OR REPLACE must not find."""
    gapless: dict[str, tuple[str, int]]
    """Tables numbered without a gap: the column, and its first number."""
    rules: tuple[Rule, ...]

    def conditions(self) -> Iterator[Rule]:
        """Yield all that is asked of a new row."""
        for table, (key, first) in self.gapless.items():
            gap = f"NEW.{key} {{is_not}} (SELECT COALESCE(MAX({key}) + 1, {first}) FROM {table})"
            yield Rule(table, "gapless", gap, f"{table}.{key} must be the next number")
        yield from self.rules


HISTORY = GuardSet(
    insert_only={
        "events": ("seq",),
        "checkpoints": ("tree_size",),
        "decisions": ("inputs_digest",),
        "updates": ("update_id",),
        "signatures": ("position", "digest", "update_id, username, decision"),
        "promotions": ("position", "digest", "update_id"),
    },
    gapless={"events": ("seq", 0), "signatures": ("position", 1), "promotions": ("position", 1)},
    rules=(
        Rule(
            "promotions",
            "compare_and_swap",
            f"NEW.previous {{is_not}} ({_CURRENT})",
            "promotions.previous is not the model in force",
        ),
    ),
)
"""Guards of the log, of what was judged, signed and promoted."""

KEEPING = GuardSet(
    insert_only={
        "credentials": ("position",),
        "proofs_used": ("username, proof",),
        "retirements": ("model", "digest"),
        "holds": ("position", "digest", "hold_id, kind"),
        "deletions": ("object", "digest"),
    },
    gapless={"credentials": ("position", 1), "holds": ("position", 1)},
    rules=(
        Rule("retirements", "not_current", f"NEW.model {{is}} ({_CURRENT})", "retirements.model is in force"),
        Rule(
            "promotions",
            "not_retired",
            "EXISTS (SELECT 1 FROM retirements WHERE model = NEW.current)",
            "promotions.current is retired",
        ),
    ),
)
"""Guards of proofs of identity, and of the end of versions."""

ALL = (HISTORY, KEEPING)


def sqlite_triggers(guards: GuardSet) -> Iterator[str]:
    """Yield the statements that create the triggers on SQLite."""
    for table, keys in guards.insert_only.items():
        for verb in ("UPDATE", "DELETE"):
            yield _sqlite(table, f"no_{verb.lower()}", verb, "", f"{table} is insert-only")
        for number, key in enumerate(keys):
            # OR REPLACE would delete the old row, in a connection without recursive_triggers silently.
            match = " AND ".join(f"{column} = NEW.{column}" for column in key.split(", "))
            found = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {match})"
            yield _sqlite(table, f"no_replace_{number}", "INSERT", found, f"{table} has this {key} already")
    for rule in guards.conditions():
        when = "WHEN " + rule.condition.format(**{"is": "IS", "is_not": "IS NOT"})
        yield _sqlite(rule.table, rule.name, "INSERT", when, rule.message)


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


def postgres_guards(guards: GuardSet) -> Iterator[PostgresGuard]:
    """Yield the guards on PostgreSQL. INSERT … ON CONFLICT DO UPDATE meets the one against UPDATE."""
    for table in guards.insert_only:
        message = f"{table} is insert-only"
        yield PostgresGuard(table, "no_change", ("UPDATE", "DELETE"), "true", message)
        yield PostgresGuard(table, "no_truncate", ("TRUNCATE",), "true", message)
    for rule in guards.conditions():
        condition = rule.condition.format(**{"is": "IS NOT DISTINCT FROM", "is_not": "IS DISTINCT FROM"})
        yield PostgresGuard(rule.table, rule.name, ("INSERT",), condition, rule.message)


def statements(guards: GuardSet, dialect: str) -> list[str]:
    """Return the statements that create the guards in a database of this dialect."""
    if dialect == "postgresql":
        return [statement for guard in postgres_guards(guards) for statement in guard.statements()]
    return list(sqlite_triggers(guards))
