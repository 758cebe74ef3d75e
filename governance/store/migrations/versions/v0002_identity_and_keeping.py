"""Second proofs of identity, retired versions, legal holds and deletions; all insert-only."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_INSERT_ONLY = {
    "credentials": ("position",),
    "proofs_used": ("username, proof",),
    "retirements": ("model", "digest"),
    "holds": ("position", "digest", "hold_id, kind"),
    "deletions": ("object", "digest"),
}
_GAPLESS = ("credentials", "holds")
_CURRENT = "SELECT current FROM promotions ORDER BY position DESC LIMIT 1"
_IN_FORCE, _RETIRED = "retirements.model is in force", "promotions.current is retired"


def upgrade() -> None:
    _create_proofs()
    _create_keeping()
    for statement in _on_postgresql() if op.get_bind().dialect.name == "postgresql" else _on_sqlite():
        op.execute(statement)


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.execute(f"DROP TRIGGER promotions_not_retired{' ON promotions' if postgresql else ''}")
    for table in ("deletions", "holds", "retirements", "proofs_used", "credentials"):
        op.drop_table(table)
    if postgresql:
        for table, rule, *_ in _postgresql_guards():
            op.execute(f"DROP FUNCTION {table}_{rule}()")


def _create_proofs() -> None:
    op.create_table(
        "credentials",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("username", sa.String, sa.ForeignKey("people.username"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    op.create_index("credentials_by_person", "credentials", ["username", "kind", "position"])
    op.create_table(
        "proofs_used",
        sa.Column("username", sa.String, sa.ForeignKey("people.username"), primary_key=True),
        sa.Column("proof", sa.String, primary_key=True),
        sa.Column("step", sa.Integer),
    )


def _create_keeping() -> None:
    op.create_table(
        "retirements",
        sa.Column("model", sa.String, primary_key=True),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        sa.Column("canonical", sa.LargeBinary, nullable=False),
        sa.Column("retired_at", sa.String, nullable=False),
    )
    op.create_table(
        "holds",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        sa.Column("canonical", sa.LargeBinary, nullable=False),
        sa.Column("hold_id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.UniqueConstraint("hold_id", "kind", name="one_of_each_for_a_hold"),
    )
    op.create_table(
        "deletions",
        sa.Column("object", sa.String, primary_key=True),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        sa.Column("canonical", sa.LargeBinary, nullable=False),
        sa.Column("deleted_at", sa.String, nullable=False),
    )


def _on_sqlite() -> Iterator[str]:
    """Yield the triggers on SQLite."""
    for table, keys in _INSERT_ONLY.items():
        for verb in ("UPDATE", "DELETE"):
            yield _sqlite(table, f"no_{verb.lower()}", verb, "", f"{table} is insert-only")
        for number, key in enumerate(keys):
            # OR REPLACE would delete the old row, in a connection without recursive_triggers silently.
            match = " AND ".join(f"{column} = NEW.{column}" for column in key.split(", "))
            found = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {match})"
            yield _sqlite(table, f"no_replace_{number}", "INSERT", found, f"{table} has this {key} already")
    for table in _GAPLESS:
        gap = f"WHEN NEW.position IS NOT (SELECT COALESCE(MAX(position) + 1, 1) FROM {table})"
        yield _sqlite(table, "gapless", "INSERT", gap, f"{table}.position must be the next number")
    yield _sqlite("retirements", "not_current", "INSERT", f"WHEN NEW.model IS ({_CURRENT})", _IN_FORCE)
    retired = "WHEN EXISTS (SELECT 1 FROM retirements WHERE model = NEW.current)"
    yield _sqlite("promotions", "not_retired", "INSERT", retired, _RETIRED)


def _sqlite(table: str, name: str, verb: str, when: str, message: str) -> str:
    return f"CREATE TRIGGER {table}_{name} BEFORE {verb} ON {table} {when} BEGIN SELECT RAISE(ABORT, '{message}'); END"


def _on_postgresql() -> Iterator[str]:
    """Yield the same on PostgreSQL; ALWAYS keeps a trigger on under `session_replication_role`."""
    for table, rule, verbs, condition, message in _postgresql_guards():
        name, level = f"{table}_{rule}", "STATEMENT" if verbs == "TRUNCATE" else "ROW"
        refuse = f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';"
        body = f"BEGIN IF {condition} THEN {refuse} END IF; RETURN NEW; END"
        yield f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"
        yield f"CREATE TRIGGER {name} BEFORE {verbs} ON {table} FOR EACH {level} EXECUTE FUNCTION {name}()"
        yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"


def _postgresql_guards() -> Iterator[tuple[str, str, str, str, str]]:
    for table in _INSERT_ONLY:
        yield table, "no_change", "UPDATE OR DELETE", "true", f"{table} is insert-only"
        yield table, "no_truncate", "TRUNCATE", "true", f"{table} is insert-only"
    for table in _GAPLESS:
        gap = f"NEW.position IS DISTINCT FROM (SELECT COALESCE(MAX(position) + 1, 1) FROM {table})"
        yield table, "gapless", "INSERT", gap, f"{table}.position must be the next number"
    yield "retirements", "not_current", "INSERT", f"NEW.model IS NOT DISTINCT FROM ({_CURRENT})", _IN_FORCE
    retired = "EXISTS (SELECT 1 FROM retirements WHERE model = NEW.current)"
    yield "promotions", "not_retired", "INSERT", retired, _RETIRED
