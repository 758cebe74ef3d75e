"""From the setting `deid_ner` to a model."""

from pathlib import Path

from clinical_sdft.deid.errors import NerModelError
from clinical_sdft.deid.ner.model import NerModel
from clinical_sdft.deid.ner.notes_model import SHIPPED_DIGEST, NotesNer
from clinical_sdft.deid.ner.patterns import PatternsOnly
from clinical_sdft.deid.ner.spacy_model import PINNED_DIGEST, SpacyNer

CHOICES = "notes, notes:FOLDER, spacy, transformers:FOLDER-OR-ID, gliner:FOLDER, patterns"


def chosen_ner(setting: str, pinned_digest: str | None = None) -> NerModel:
    """Return the model that a setting names, if it is the pinned one.

    Args:
        setting: one of `CHOICES`.
        pinned_digest: the digest the workspace pins; the models that come with this software are pinned without it.

    Raises:
        NerModelError: no such choice, or the model is missing, not pinned, or not the pinned one.
    """
    kind, _, location = setting.partition(":")
    if setting == "notes":
        return NotesNer(pinned_digest=pinned_digest or SHIPPED_DIGEST)
    if kind == "notes" and location:
        return NotesNer(Path(location), pinned_digest)
    if kind == "spacy" and not location:
        return SpacyNer(pinned_digest=pinned_digest or PINNED_DIGEST)
    if kind == "transformers" and location:
        from clinical_sdft.deid.ner.transformers_model import TransformersNer

        return TransformersNer(location, pinned_digest)
    if kind == "gliner" and location:
        from clinical_sdft.deid.ner.gliner_model import GlinerNer

        return GlinerNer(location, pinned_digest)
    if kind == "patterns" and not location:
        return PatternsOnly()
    raise NerModelError(f"deid_ner = {setting!r} names no model: write one of {CHOICES}")
