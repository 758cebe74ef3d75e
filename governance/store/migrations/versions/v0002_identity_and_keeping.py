"""Second proofs of identity, retired versions, legal holds and deletions; all insert-only."""

import sqlalchemy as sa
from alembic import op

from governance.store.guards import KEEPING, postgres_guards, statements

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_proofs()
    _create_keeping()
    for statement in statements(KEEPING, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.execute(f"DROP TRIGGER promotions_not_retired{' ON promotions' if postgresql else ''}")
    for table in ("deletions", "holds", "retirements", "proofs_used", "credentials"):
        op.drop_table(table)
    if postgresql:
        for guard in postgres_guards(KEEPING):
            op.execute(f"DROP FUNCTION {guard.name}()")


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
