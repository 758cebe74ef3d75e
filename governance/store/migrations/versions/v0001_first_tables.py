"""The first tables, and the triggers that make some of them insert-only."""

import sqlalchemy as sa
from alembic import op

from governance.store.guards import HISTORY, postgres_guards, statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_log()
    _create_registry()
    _create_approvals()
    for statement in statements(HISTORY, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    for table in (
        "promotions",
        "signatures",
        "updates",
        "suite_spend",
        "decisions",
        "suites",
        "people",
        "checkpoints",
        "events",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for guard in postgres_guards(HISTORY):
            op.execute(f"DROP FUNCTION {guard.name}()")


def _create_log() -> None:
    op.create_table(
        "events",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("canonical", sa.LargeBinary, nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary, nullable=False),
        sa.Column("peaks", sa.LargeBinary, nullable=False),
        sa.Column("recorded_at", sa.String, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("subject", sa.String),
        sa.Column("update_id", sa.String),
    )
    op.create_index("events_by_update", "events", ["update_id", "seq"])
    op.create_index("events_by_actor", "events", ["actor", "action", "seq"])
    op.create_table(
        "checkpoints",
        sa.Column("tree_size", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("root", sa.String, nullable=False),
        sa.Column("note", sa.String, nullable=False),
    )


def _create_registry() -> None:
    op.create_table(
        "suites",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("suite_id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("retired", sa.Boolean, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
    )
    op.create_table(
        "decisions",
        sa.Column("inputs_digest", sa.String, primary_key=True),
        sa.Column("inputs", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("update_id", sa.String, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("control", sa.Boolean, nullable=False),
    )
    op.create_index("ix_decisions_digest", "decisions", ["digest"])
    op.create_table(
        "suite_spend",
        sa.Column("suite", sa.String, primary_key=True),
        sa.Column("lineage", sa.String, primary_key=True),
        sa.Column("candidate", sa.String, primary_key=True),
        sa.Column("attempt", sa.Integer, nullable=False),
    )
    op.create_table(
        "updates",
        sa.Column("update_id", sa.String, primary_key=True),
        sa.Column("bundle", sa.String, nullable=False, unique=True),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("submitted_at", sa.String, nullable=False),
    )
    op.create_table(
        "promotions",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        sa.Column("canonical", sa.LargeBinary, nullable=False),
        sa.Column("previous", sa.String),
        sa.Column("current", sa.String, nullable=False),
        sa.Column("update_id", sa.String, sa.ForeignKey("updates.update_id"), unique=True),
        sa.Column("valid_from", sa.String, nullable=False),
        sa.Column("recorded_at", sa.String, nullable=False),
    )


def _create_approvals() -> None:
    op.create_table(
        "people",
        sa.Column("username", sa.String, primary_key=True),
        sa.Column("username_key", sa.String, nullable=False, unique=True),
        sa.Column("person", sa.LargeBinary, nullable=False),
        sa.Column("password_hash", sa.String, nullable=False),
    )
    op.create_table(
        "signatures",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        sa.Column("canonical", sa.LargeBinary, nullable=False),
        sa.Column("update_id", sa.String, sa.ForeignKey("updates.update_id"), nullable=False),
        sa.Column("username", sa.String, sa.ForeignKey("people.username"), nullable=False),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("roles", sa.String, nullable=False),
        sa.UniqueConstraint("update_id", "username", "decision", name="one_of_each_by_a_person"),
    )
