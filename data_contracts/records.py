"""A patient record before and after de-identification, and why one may be held back."""

from typing import Any, Literal

from pydantic import Field

from data_contracts.base import Contract, Digest, Fraction, Text


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


class SmallestGroup(Contract):
    """How few patients of the released set share what is not removed but can be put together (k-anonymity)."""

    k: int = Field(ge=1, description="patients in the smallest group")
    patients: int = Field(ge=1)
    groups: int = Field(ge=1)
    alone: int = Field(ge=0, description="patients who share with nobody")
    under_five: int = Field(ge=0, description="patients in groups of fewer than five")
    counted: tuple[Text, ...] = Field(description="what makes a group; a value that is not stated is one of its own")


class GoldCheck(Contract):
    """What the engine reached on the project's held-out notes when the records were released."""

    engine: Digest = Field(description="of rules, word lists, policy, model and notes: other bytes, another check")
    documents: int = Field(ge=1)
    identifiers: int = Field(ge=1)
    found_whole: int = Field(ge=0)
    span_full_recall: Fraction
    lower: Fraction = Field(description="exact 95% bounds of the recall")
    upper: Fraction
    token_precision: Fraction
    leaking: int = Field(ge=0, description="notes with a direct identifier left before quarantine")
    leaking_released: int = Field(ge=0, description="and not held back by the second scan")


class DeidentificationReport(Contract):
    """What one import did: counts, policy and the NER model that read the text."""

    schema_version: Literal[1] = 1
    policy: Text
    ner_model: Text
    ner_digest: Digest
    released: int = Field(ge=0)
    quarantined: int = Field(ge=0)
    replaced: tuple[CategoryCount, ...]
    smallest_group: SmallestGroup | None = Field(default=None, exclude_if=lambda value: value is None)
    gold: GoldCheck | None = Field(default=None, exclude_if=lambda value: value is None)
