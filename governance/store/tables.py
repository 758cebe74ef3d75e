"""The tables. `migrations/` creates them; a test holds the two together."""

from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from data_contracts import Instant

metadata = MetaData()
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)

events = Table(
    "events",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("canonical", LargeBinary, nullable=False),  # RFC 8785 bytes of the AuditEvent
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("peaks", LargeBinary, nullable=False),  # roots of the full subtrees after this leaf, largest first
    Column("recorded_at", String, nullable=False),  # this and what follows repeat the event, for queries
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String),
    Column("update_id", String),
    Index("events_by_update", "update_id", "seq"),
    Index("events_by_actor", "actor", "action", "seq"),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("tree_size", Integer, primary_key=True, autoincrement=False),
    Column("root", String, nullable=False),
    Column("note", String, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("username", String, primary_key=True),
    Column("username_key", String, nullable=False, unique=True),  # case-folded: ids differ in more than case
    Column("person", LargeBinary, nullable=False),
    Column("password_hash", String, nullable=False),
)

credentials = Table(
    "credentials",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("username", String, ForeignKey("people.username"), nullable=False),
    Column("kind", String, nullable=False),  # "totp" | "oidc"
    Column("value", LargeBinary, nullable=False),  # sealed secret, or issuer and subject; empty when withdrawn
    Index("credentials_by_person", "username", "kind", "position"),
)

proofs_used = Table(
    "proofs_used",
    metadata,
    Column("username", String, ForeignKey("people.username"), primary_key=True),
    Column("proof", String, primary_key=True),  # "totp:" and the time step, "oidc:" and the digest of the nonce
    Column("step", Integer),  # of a TOTP code: 30 seconds since 1970
)

suites = Table(
    "suites",
    metadata,
    Column("digest", String, primary_key=True),
    Column("suite_id", String, nullable=False),
    Column("kind", String, nullable=False),  # "prior" | "new"
    Column("retired", Boolean, nullable=False, default=False),
    Column("position", Integer, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("inputs_digest", String, primary_key=True),  # what was judged, so that judging again finds it
    Column("inputs", LargeBinary, nullable=False),
    Column("digest", String, nullable=False, index=True),
    Column("update_id", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("control", Boolean, nullable=False),
)

suite_spend = Table(
    "suite_spend",
    metadata,
    Column("suite", String, primary_key=True),
    Column("lineage", String, primary_key=True),
    Column("candidate", String, primary_key=True),
    Column("attempt", Integer, nullable=False),
)

updates = Table(
    "updates",
    metadata,
    Column("update_id", String, primary_key=True),
    Column("bundle", String, nullable=False, unique=True),
    Column("decision", String, nullable=False),
    Column("submitted_at", String, nullable=False),
)

signatures = Table(
    "signatures",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("digest", String, nullable=False, unique=True),
    Column("canonical", LargeBinary, nullable=False),
    Column("update_id", String, ForeignKey("updates.update_id"), nullable=False),
    Column("username", String, ForeignKey("people.username"), nullable=False),
    Column("decision", String, nullable=False),
    Column("roles", String, nullable=False),  # at the time of signing, comma-separated
    UniqueConstraint("update_id", "username", "decision", name="one_of_each_by_a_person"),
)

promotions = Table(
    "promotions",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("digest", String, nullable=False, unique=True),
    Column("canonical", LargeBinary, nullable=False),
    Column("previous", String),
    Column("current", String, nullable=False),
    Column("update_id", String, ForeignKey("updates.update_id"), unique=True),
    Column("valid_from", String, nullable=False),
    Column("recorded_at", String, nullable=False),
)

retirements = Table(
    "retirements",
    metadata,
    Column("model", String, primary_key=True),
    Column("digest", String, nullable=False, unique=True),
    Column("canonical", LargeBinary, nullable=False),
    Column("retired_at", String, nullable=False),
)

holds = Table(
    "holds",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("digest", String, nullable=False, unique=True),
    Column("canonical", LargeBinary, nullable=False),
    Column("hold_id", String, nullable=False),
    Column("kind", String, nullable=False),  # "set" | "release"
    UniqueConstraint("hold_id", "kind", name="one_of_each_for_a_hold"),
)

deletions = Table(
    "deletions",
    metadata,
    Column("object", String, primary_key=True),
    Column("digest", String, nullable=False, unique=True),
    Column("canonical", LargeBinary, nullable=False),
    Column("deleted_at", String, nullable=False),
)


def instant_text(moment: datetime) -> str:
    """Return a moment as contracts write it, so that texts compare as moments do."""
    return str(_INSTANT.dump_python(_INSTANT.validate_python(moment), mode="json"))
