"""What can be scored: this package's engine, or presidio as it comes out of the box."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from clinical_sdft.deid.categories import Span
from clinical_sdft.deid.known import KnownPatient
from clinical_sdft.deid.ner.model import NerModel
from clinical_sdft.deid.policy import DeidPolicy


class Detector(Protocol):
    """Anything that says where identifiers stand."""

    def detect(self, text: str, known: KnownPatient) -> Sequence[Span]:
        """Return half-open spans in order and without overlap.

        Args:
            text: the narrative.
            known: the structured identifiers of the patient.
        """


@dataclass(frozen=True)
class Engines:
    """The engine under test, and what stands in an identifier's place once it has spoken."""

    detector: Detector
    policy: DeidPolicy
    key: bytes = b"scoring needs no secret, but 32 bytes"


def own_engine(policy: DeidPolicy, ner: NerModel | None = None) -> Engines:
    """Return this package's engine.

    Args:
        policy: what counts as an identifier.
        ner: the name recognition model in use; the embedded one unless told.
    """
    from clinical_sdft.deid.engine import DetectionEngine
    from clinical_sdft.deid.ner import NotesNer

    return Engines(DetectionEngine(ner or NotesNer(), policy), policy)


class StockPresidio:
    """Presidio with its own recognizers and settings, on the same small spaCy model; the e-mail rule stays offline."""

    def __init__(self) -> None:
        """Build the analyzer as presidio's default configuration does."""
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import NlpEngineProvider
        from presidio_analyzer.predefined_recognizers import EmailRecognizer
        from tldextract import TLDExtract

        from clinical_sdft.deid.ner import package_folder

        settings = {
            "nlp_engine_name": "spacy",
            "models": [{"lang_code": "en", "model_name": str(package_folder())}],
            "ner_model_configuration": {"labels_to_ignore": list(_IGNORED)},
        }
        registry = RecognizerRegistry(supported_languages=["en"])
        registry.load_predefined_recognizers(languages=["en"])
        email, offline = EmailRecognizer(), TLDExtract(cache_dir=None, suffix_list_urls=())
        email.validate_result = lambda pattern_text: offline(pattern_text).fqdn != ""
        registry.remove_recognizer("EmailRecognizer")
        registry.add_recognizer(email)
        engine = NlpEngineProvider(nlp_configuration=settings).create_engine()
        self._analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])

    def detect(self, text: str, known: KnownPatient) -> Sequence[Span]:
        """Return the merged ranges that presidio reports; the category is presidio's own word for them."""
        ranges = sorted((r.start, r.end) for r in self._analyzer.analyze(text, language="en"))
        return [Span(start, end, _UNNAMED, 1.0) for start, end in _merged(ranges)]


_IGNORED = (
    "ORG", "ORGANIZATION", "CARDINAL", "EVENT", "LANGUAGE", "LAW", "MONEY", "ORDINAL", "PERCENT", "PRODUCT", "QUANTITY",
    "WORK_OF_ART",
)  # fmt: skip
"""What presidio's conf/default.yaml leaves out."""

_UNNAMED: Any = "other_id"


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in ranges:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
