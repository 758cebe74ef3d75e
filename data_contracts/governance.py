"""Signatures, promotions and the audit log."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from data_contracts.base import Contract, Digest, Instant, Slug, Text

DetailValue = str | int | float | bool | None


class PersonRole(StrEnum):
    """What a person may do."""

    REQUESTER = "requester"
    CLINICIAN = "clinician"
    APPROVER = "approver"
    COMPLIANCE = "compliance"
    ADMINISTRATOR = "administrator"


class Person(Contract):
    """Somebody who acts: the name that is printed on signatures, and roles."""

    username: Slug
    printed_name: Text
    roles: tuple[PersonRole, ...] = Field(min_length=1)


class UpdateStatus(StrEnum):
    """Where an update stands."""

    BLOCKED = "blocked"
    WAITING = "waiting for review"
    APPROVED = "approved"
    REJECTED = "rejected"
    PROMOTED = "promoted"


class Signature(Contract):
    """A person's decision on exactly what was shown."""

    schema_version: Literal[1] = 1
    update_id: Slug
    bundle: Digest = Field(description="digest of the bundle that was shown")
    username: Slug
    printed_name: Text
    decision: Literal["approve", "reject"]
    meaning: Text = Field(description="what the signature means, in words")
    reason: Text
    signed_at: Instant


class Promotion(Contract):
    """Which model version answers patients from when, and on whose authority."""

    schema_version: Literal[1] = 1
    kind: Literal["install", "promote", "rollback"]
    previous: Digest | None
    current: Digest
    adapter: Digest
    update_id: Slug | None
    actor: Slug
    reason: Text
    valid_from: Instant


class Retirement(Contract):
    """A version that never answers again."""

    schema_version: Literal[1] = 1
    model: Digest
    actor: Slug
    reason: Text
    retired_at: Instant


class LegalHold(Contract):
    """An order to delete nothing of a version or an update, or its release."""

    schema_version: Literal[1] = 1
    kind: Literal["set", "release"]
    hold_id: Slug
    subject: Digest | None = Field(description="model version or bundle; None holds everything")
    actor: Slug
    reason: Text
    decided_at: Instant


class Deletion(Contract):
    """An object that was deleted when its time was over."""

    schema_version: Literal[1] = 1
    object: Digest
    kind: Literal["adapter", "demonstrations", "scores"]
    owners: tuple[Text, ...] = Field(min_length=1, description="updates and versions it belonged to")
    last_in_effect: Instant
    actor: Slug
    reason: Text
    deleted_at: Instant


class AuditEvent(Contract):
    """One line of the log. Digests, offsets and counts only: never text of a patient."""

    schema_version: Literal[1] = 1
    seq: int = Field(ge=0)
    recorded_at: Instant
    actor: Text
    action: Slug
    subject: Digest | None = None
    update_id: Slug | None = None
    details: dict[str, DetailValue] = Field(default_factory=dict)


class Checkpoint(Contract):
    """A signed head of the log's Merkle tree (RFC 9162), as a C2SP signed note."""

    origin: Text
    tree_size: int = Field(ge=0)
    root: str = Field(pattern=r"^[0-9a-f]{64}$")
    note: Text
