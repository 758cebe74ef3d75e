"""De-identification: identifiers out, clinical facts in; what is not surely clean is held back.

The names below load presidio and spaCy only when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from clinical_sdft.deid.errors import (
    DeidError,
    DeidKeyError,
    NerModelError,
    PatternTimeoutError,
    PolicyError,
    RecordSourceError,
)
from clinical_sdft.deid.keys import load_key
from clinical_sdft.deid.policy import EXPERT_ASSIST, POLICIES, SAFE_HARBOR, DeidPolicy, named_policy

if TYPE_CHECKING:
    from clinical_sdft.deid.deidentify import Deidentifier, DeidResult, deidentify_all
    from clinical_sdft.deid.ner import NerModel, NerSpan, NotesNer, PatternsOnly, SpacyNer, chosen_ner
    from clinical_sdft.deid.records import read_records

__all__ = [
    "EXPERT_ASSIST",
    "POLICIES",
    "SAFE_HARBOR",
    "DeidError",
    "DeidKeyError",
    "DeidPolicy",
    "DeidResult",
    "Deidentifier",
    "NerModel",
    "NerModelError",
    "NerSpan",
    "NotesNer",
    "PatternTimeoutError",
    "PatternsOnly",
    "PolicyError",
    "RecordSourceError",
    "SpacyNer",
    "chosen_ner",
    "deidentify_all",
    "load_key",
    "named_policy",
    "read_records",
]

_LAZY = {
    "DeidResult": "deidentify",
    "Deidentifier": "deidentify",
    "deidentify_all": "deidentify",
    "NerModel": "ner",
    "NerSpan": "ner",
    "NotesNer": "ner",
    "PatternsOnly": "ner",
    "SpacyNer": "ner",
    "chosen_ner": "ner",
    "read_records": "records",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
