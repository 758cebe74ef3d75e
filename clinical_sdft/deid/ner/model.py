"""What every name recognition model is to this package: a name, a digest, and spans."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from clinical_sdft.deid.errors import NerModelError


@dataclass(frozen=True)
class NerSpan:
    """An entity as a model labels it: half-open character offsets and one of the labels that `NerModel` names."""

    start: int
    end: int
    label: str
    sure: bool = False
    """Whether it stands, as what a model finds that has learned from clinical notes; else the safe list is asked."""


class NerModel(Protocol):
    """Anything that finds people, places and organisations in English text.

    The labels are OntoNotes' PERSON, GPE, LOC, FAC and ORG, and those of `labels.py`; others are ignored. A model must
    be deterministic.
    """

    @property
    def name(self) -> str:
        """Name and version, for reports."""

    @property
    def digest(self) -> str:
        """Content address of the model's files, `sha256:` and 64 hexadecimal digits."""

    def analyze(self, text: str) -> tuple[NerSpan, ...]:
        """Return the entities in the order of the text."""


def folder_digest(folder: Path) -> str:
    """Return the sha256 over all files of a folder: relative path, length and content, in sorted order.

    Raises:
        NerModelError: the folder is missing or holds no file.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    if not files:
        raise NerModelError("the name recognition model's folder is missing or empty")
    state = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        state.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        state.update(content)
    return f"sha256:{state.hexdigest()}"


def check_pin(name: str, digest: str, pinned: str | None) -> None:
    """Refuse a model that is not the pinned one.

    Raises:
        NerModelError: nothing is pinned, or something else.
    """
    if pinned is None:
        raise NerModelError(
            f'the model {name} is not pinned: once it is measured, write `deid_ner_digest = "{digest}"` in config.toml'
        )
    if digest != pinned:
        raise NerModelError(f"the model {name} is {digest}, but {pinned} is pinned: restore it, or pin the new one")
