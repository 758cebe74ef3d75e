"""Statistical name recognition behind a small protocol; every model is pinned by its digest."""

from clinical_sdft.deid.ner.choose import chosen_ner
from clinical_sdft.deid.ner.model import NerModel, NerSpan, folder_digest
from clinical_sdft.deid.ner.notes_model import SHIPPED_DIGEST, NotesNer
from clinical_sdft.deid.ner.patterns import PatternsOnly
from clinical_sdft.deid.ner.spacy_model import PACKAGE, PINNED_DIGEST, VERSION, SpacyNer, package_folder

__all__ = [
    "PACKAGE",
    "PINNED_DIGEST",
    "SHIPPED_DIGEST",
    "VERSION",
    "NerModel",
    "NerSpan",
    "NotesNer",
    "PatternsOnly",
    "SpacyNer",
    "chosen_ner",
    "folder_digest",
    "package_folder",
]
