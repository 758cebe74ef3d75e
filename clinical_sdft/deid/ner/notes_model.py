"""The small spaCy model, trained further on invented clinical notes (`training.py`): what notes are read with."""

from pathlib import Path

from clinical_sdft.deid.ner.labels import TERM
from clinical_sdft.deid.ner.model import NerSpan, check_pin, folder_digest
from clinical_sdft.deid.ner.spacy_model import load_spacy

SHIPPED = Path(__file__).parent / "clinical_notes"
SHORT = 1000
"""Characters below which a text may be everyday English: people stand there where terms do in notes; none is read."""
SHIPPED_DIGEST = "sha256:24d2c129f860f1c09e677053184b60838dcb1daea8b42cd21b1530a5fb74d984"
"""Digest of the shipped model that was measured (docs/deid.md); another one is refused."""


class NotesNer:
    """A pipeline that `deid train` wrote: the shipped one, or a hospital's own."""

    def __init__(self, folder: Path = SHIPPED, pinned_digest: str | None = SHIPPED_DIGEST) -> None:
        """Load the model.

        Args:
            folder: the model's folder.
            pinned_digest: the only digest that is accepted.

        Raises:
            NerModelError: the model is missing, is not pinned or not the pinned one, or does not load.
        """
        self.name = f"notes:{folder.name}"
        self.digest = folder_digest(folder)
        check_pin(self.name, self.digest, pinned_digest)
        self._nlp = load_spacy(folder)

    def analyze(self, text: str) -> tuple[NerSpan, ...]:
        """Return the entities in the order of the text."""
        found = (NerSpan(e.start_char, e.end_char, e.label_, sure=True) for e in self._nlp(text).ents)
        return tuple(span for span in found if span.label != TERM or len(text) >= SHORT)
