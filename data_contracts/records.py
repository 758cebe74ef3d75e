"""A patient record before and after de-identification, and why one may be held back."""

from typing import Any, Literal

from pydantic import Field

from data_contracts.base import Contract, Digest, Instant, Text


class PatientRecord(Contract):
    """A record as the hospital exports it; it never leaves the de-identification room."""

    schema_version: Literal[1] = 1
    id: Text = Field(description="the hospital's own id of this record")
    patient: dict[str, Any] = Field(description="structured identifiers; `id` is required")
    narrative: Text
    diagnosis: Text


class CategoryCount(Contract):
    """How many spans of one identifier category were replaced."""

    category: Text
    count: int = Field(ge=0)


class DeidentifiedRecord(Contract):
    """A record that passed the residual scan: the only form in which a narrative travels on."""

    schema_version: Literal[1] = 1
    record: Digest = Field(description="keyed digest of the original record")
    patient: Digest = Field(description="keyed digest of the patient id, for leakage checks by patient")
    policy: Text
    text: Text
    diagnosis: Text
    replaced: tuple[CategoryCount, ...]


class QuarantinedSpan(Contract):
    """A place a person must look at: offsets into the original narrative, never its text."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    rule: Text


class QuarantinedRecord(Contract):
    """A record that is held back, with the reason and the places, but without the text."""

    schema_version: Literal[1] = 1
    record: Digest
    reason: Literal["unreadable", "no_patient_id", "residual_identifier", "engine_failure"]
    detail: Text = Field(description="one line for a person; carries no text of the record")
    spans: tuple[QuarantinedSpan, ...] = ()


class MarkedSpan(Contract):
    """What a person says of a place in a held record: an identifier of some category, or none."""

    start: int = Field(ge=0)
    end: int = Field(ge=1)
    category: Text | None = Field(default=None, description="category of the identifier; None keeps the words")


class QuarantineDecision(Contract):
    """What a person decided on a held record; it carries offsets and a reason, never text of the record."""

    schema_version: Literal[1] = 1
    record: Digest
    decision: Literal["release", "discard"]
    spans: tuple[MarkedSpan, ...] = ()
    keep_diagnosis: bool = Field(default=False, description="the diagnosis field holds no identifier")
    actor: Text
    reason: Text
    decided_at: Instant


class DeidentificationReport(Contract):
    """What one import did: counts, policy and the NER model that read the text."""

    schema_version: Literal[1] = 1
    policy: Text
    ner_model: Text
    ner_digest: Digest
    released: int = Field(ge=0)
    quarantined: int = Field(ge=0)
    replaced: tuple[CategoryCount, ...]
