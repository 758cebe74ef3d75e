"""Where a new guideline contradicts what was right before, and the signed act that settles it."""

from typing import Literal, Self

from pydantic import Field, model_validator

from data_contracts.base import Contract, Digest, Instant, Slug, Text


class Conflict(Contract):
    """An old suite item or an old demonstration whose answer the new guideline contradicts: ids and answers."""

    kind: Literal["suite item", "demonstration"]
    holder: Digest = Field(description="the sealed suite, or the old demonstration itself")
    name: Slug = Field(description="id of the suite, or of the update that taught the demonstration")
    item: Slug = Field(description="id of the item, or of the demonstration")
    cause: Literal["same question", "near question", "rules"]
    by: Slug = Field(description="the new demonstration or the new rule that says otherwise")
    old: Text = Field(description="what was right")
    new: Text = Field(description="what is right by the new guideline")

    @property
    def key(self) -> str:
        """How people name it: `suite/item` or `update/demonstration`."""
        return f"{self.name}/{self.item}"


class ConflictList(Contract):
    """All conflicts that an update found with its guideline."""

    schema_version: Literal[1] = 1
    guideline: Digest
    conflicts: tuple[Conflict, ...]


class SettledConflict(Contract):
    """A conflict and what was decided on it."""

    conflict: Conflict
    act: Literal["retire", "relabel"]

    @model_validator(mode="after")
    def _a_demonstration_is_only_retired(self) -> Self:
        if self.act == "relabel" and self.conflict.kind == "demonstration":
            raise ValueError(f"{self.conflict.key}: a demonstration that taught the old answer can only be retired")
        return self


class SuiteRevision(Contract):
    """A sealed suite and the one that takes its place; None where nothing of it is left."""

    before: Digest
    after: Digest | None


class Settlement(Contract):
    """A person's decision on conflicts with one guideline, signed with a fresh proof of identity."""

    schema_version: Literal[1] = 1
    guideline: Digest
    guideline_title: Text
    settled: tuple[SettledConflict, ...] = Field(min_length=1)
    revisions: tuple[SuiteRevision, ...] = ()
    username: Slug
    printed_name: Text
    meaning: Text = Field(description="what the signature means, in words")
    reason: Text
    signed_at: Instant
