"""Second proofs of identity, retired versions, legal holds and deletions; all insert-only."""

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


def upgrade() -> None:
    _create_proofs()
    _create_keeping()
    if op.get_bind().dialect.name == "sqlite":
        _create_triggers()


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER promotions_not_retired")
    for table in ("deletions", "holds", "retirements", "proofs_used", "credentials"):
        op.drop_table(table)


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


def _create_triggers() -> None:
    for table, keys in _INSERT_ONLY.items():
        for verb in ("UPDATE", "DELETE"):
            _trigger(table, f"no_{verb.lower()}", verb, "", f"{table} is insert-only")
        for number, key in enumerate(keys):
            # OR REPLACE would delete the old row, in a connection without recursive_triggers silently.
            match = " AND ".join(f"{column} = NEW.{column}" for column in key.split(", "))
            found = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {match})"
            _trigger(table, f"no_replace_{number}", "INSERT", found, f"{table} has this {key} already")
    for table in _GAPLESS:
        gap = f"WHEN NEW.position IS NOT (SELECT COALESCE(MAX(position) + 1, 1) FROM {table})"
        _trigger(table, "gapless", "INSERT", gap, f"{table}.position must be the next number")
    in_force = "WHEN NEW.model IS (SELECT current FROM promotions ORDER BY position DESC LIMIT 1)"
    _trigger("retirements", "not_current", "INSERT", in_force, "retirements.model is in force")
    retired = "WHEN EXISTS (SELECT 1 FROM retirements WHERE model = NEW.current)"
    _trigger("promotions", "not_retired", "INSERT", retired, "promotions.current is retired")


def _trigger(table: str, name: str, verb: str, when: str, message: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE {verb} ON {table} {when} BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )
