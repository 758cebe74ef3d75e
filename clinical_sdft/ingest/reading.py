"""What a reader of guideline files is, and what it hands on."""

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from clinical_sdft.errors import InputError
from data_contracts import Digest, sha256_digest

MAX_BYTES = 64 * 2**20
"""Largest guideline file, bytes."""


@dataclass(frozen=True)
class SourceFile:
    """The bytes of one file and what it is called within the ingest."""

    name: str
    data: bytes

    @property
    def suffix(self) -> str:
        """The name's ending, in lower case."""
        return Path(self.name).suffix.lower()

    @property
    def digest(self) -> Digest:
        """The sha256 of the bytes."""
        return sha256_digest(self.data)

    def text(self) -> str:
        """Return the bytes as UTF-8 text without a byte-order mark.

        Raises:
            InputError: they are not UTF-8; the message says at which byte and line.
        """
        try:
            return self.data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.data.count(b"\n", 0, error.start) + 1
            raise InputError(
                f"{self.name}: line {line}: byte {error.start} is not UTF-8; save the file as UTF-8"
            ) from error


class _Handed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Found(_Handed):
    """A recommendation as a reader found it; the quote stands verbatim in the text it was read from."""

    quote: str
    statement: str
    place: str
    found_by: str
    id: str | None = None
    answer: str | None = None
    question: str | None = None
    """What the source itself asks, or the condition it states; None where a clinician must write it."""
    whole: bool = False
    """Whether the question is asked as it stands."""
    strength: str | None = None
    evidence: str | None = None
    page: int | None = None
    condition: str | None = None
    logic: str | None = None
    url: str | None = None
    title: str | None = None
    confusable: str | None = None


class Left(_Handed):
    """Something a reader left out, where it stands, and why."""

    place: str
    reason: str


class Extracted(_Handed):
    """What one file holds."""

    format: str
    text: str
    found: tuple[Found, ...] = ()
    left: tuple[Left, ...] = ()
    pages: int | None = None
    title: str | None = None
    issuer: str | None = None
    version: str | None = None
    date: datetime.date | None = None
    licence: str | None = None
    url: str | None = None


class Reader(Protocol):
    """Reads one format."""

    name: str
    """What people call the format."""
    together: bool
    """Whether its files refer to each other, so that they are read as one."""

    def reads(self, file: SourceFile) -> bool:
        """Say whether the file is of this format, by its content first."""
        ...

    def read(self, files: tuple[SourceFile, ...]) -> tuple[Extracted, ...]:
        """Return what each file holds, in their order.

        Raises:
            InputError: a file cannot be used; one line with file, place and how to mend it.
        """
        ...


def load(path: Path, name: str) -> SourceFile:
    """Read a file into memory.

    Raises:
        InputError: it is missing, empty, or larger than `MAX_BYTES`.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InputError(f"{path}: {size / 2**20:.0f} MiB; guideline files may have {MAX_BYTES // 2**20} MiB, split it")
    if size == 0:
        raise InputError(f"{path}: the file is empty")
    return SourceFile(name, path.read_bytes())


def squeeze(text: str) -> str:
    """Return the text with every run of white space as one space."""
    return " ".join(text.split())
