"""What came in from guideline files, and what did not: the report of an ingest."""

from typing import Literal

from pydantic import Field

from data_contracts.base import Contract, Digest, Slug, Text


class Skipped(Contract):
    """Something that was read and is no part of the guideline."""

    path: Text
    place: Text = Field(description="page, row, heading or element")
    reason: Text


class IngestedFile(Contract):
    """One file of an ingest."""

    path: Text
    format: Text
    sha256: Digest
    size: int = Field(ge=0, description="bytes")
    pages: int | None = None
    recommendations: int = Field(ge=0)
    skipped: int = Field(ge=0)


class IngestReport(Contract):
    """All files of an ingest: what was found in them, and what was skipped, where and why."""

    schema_version: Literal[1] = 1
    guideline: Digest
    id: Slug
    files: tuple[IngestedFile, ...] = Field(min_length=1)
    recommendations: int = Field(ge=1)
    answered: int = Field(ge=0, description="recommendations whose source states an answer")
    to_complete: tuple[Slug, ...] = Field(description="recommendations a clinician must give an answer")
    cases: int = Field(ge=0)
    not_stated: tuple[Text, ...] = Field(description="what neither the files nor the one who ingested them said")
    skipped: tuple[Skipped, ...]
