"""Finding the identifiers of a note: presidio's analyzer with our own registry, then one set of spans."""

from collections.abc import Sequence
from typing import Any

from clinical_sdft.deid.categories import Category, Span
from clinical_sdft.deid.initials import initials
from clinical_sdft.deid.known import KnownPatient
from clinical_sdft.deid.merge import merge
from clinical_sdft.deid.namesakes import namesakes
from clinical_sdft.deid.ner import NerModel, NerSpan
from clinical_sdft.deid.ner.labels import LABELS, TERM
from clinical_sdft.deid.ner.plausible import is_plain, plausible
from clinical_sdft.deid.ocr import reread
from clinical_sdft.deid.policy import DeidPolicy
from clinical_sdft.deid.presidio import (
    AnalyzerEngine,
    ContextAwareEnhancer,
    EntityRecognizer,
    NoOpNlpEngine,
    RecognizerRegistry,
)
from clinical_sdft.deid.recognizers import all_recognizers
from clinical_sdft.deid.recognizers.known_identifiers import KnownIdentifiersRecognizer
from clinical_sdft.deid.recognizers.rules import GUESS, result
from clinical_sdft.deid.safe import keep_safe
from clinical_sdft.deid.text import fold, unwrap
from clinical_sdft.deid.widen import widened
from clinical_sdft.deid.words import with_capitals

LANGUAGE = "en"
MAX_CHARACTERS = 200_000
_NER_CATEGORIES: dict[str, tuple[Category | None, float]] = {
    **{label: (category, 0.4) for category, label in LABELS.items()},
    "PERSON": (Category.NAME, 0.5),
    "GPE": (Category.PLACE, 0.45),
    "LOC": (Category.PLACE, 0.42),
    "FAC": (Category.FACILITY, 0.44),
    "ORG": (Category.FACILITY, 0.4),
}


class NerRecognizer(EntityRecognizer):  # type: ignore[misc]
    """Brings the spans of a name recognition model into presidio, as guesses unless it is sure of them."""

    def __init__(self, model: NerModel, written: str, read: Sequence[NerSpan]) -> None:
        """Keep the text as written, and what the model has read in it; rules read one with capital letters put."""
        self.model, self.written, self.read = model, written, read
        super().__init__(supported_entities=sorted(map(str, LABELS)), name=f"ner:{model.name}")

    def load(self) -> None:
        """The model is loaded where it is made."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
        """Return presidio results."""
        results = []
        for span in self.read:
            category, score = _NER_CATEGORIES.get(span.label, (None, 0.0))
            if category is None or (span.sure and not plausible(category, self.written[span.start : span.end])):
                continue
            guess = not span.sure or is_plain(category, self.written, span.start, span.end)
            results.append(result(category, span.start, span.end, score, guess=guess))
        return results


class NoContext(ContextAwareEnhancer):  # type: ignore[misc]
    """Leaves scores alone: the rules carry their own context, and lemmas are not computed."""

    def __init__(self) -> None:
        """Set the factors, which are unused."""
        super().__init__(0.0, 0.0, 0, 0)

    def enhance_using_context(self, text: str, raw_results: list[Any], *_: Any, **__: Any) -> list[Any]:
        """Return the results unchanged."""
        return raw_results


class DetectionEngine:
    """Finds identifiers. Nothing is downloaded and nothing is logged."""

    def __init__(self, ner: NerModel, policy: DeidPolicy) -> None:
        """Build presidio's analyzer with exactly the recognizers of this package."""
        self.ner = ner
        recognizers = all_recognizers(policy)
        self._analyzer = AnalyzerEngine(
            registry=RecognizerRegistry(recognizers=recognizers, supported_languages=[LANGUAGE]),
            nlp_engine=NoOpNlpEngine([{"lang_code": LANGUAGE, "model_name": "none"}]),
            context_aware_enhancer=NoContext(),
            supported_languages=[LANGUAGE],
            log_decision_process=False,
        )

    def detect(self, text: str, known: KnownPatient) -> tuple[Span, ...]:
        """Return the spans to replace, in order and without overlap.

        Raises:
            ValueError: the text is longer than `MAX_CHARACTERS`.
            PatternTimeoutError: a rule took too long.
        """
        if len(text) > MAX_CHARACTERS:
            raise ValueError("the narrative is too long")
        written = unwrap(fold(text))
        folded = with_capitals(written)
        read = self.ner.analyze(written)
        spans = self._found(folded, written, read, known)
        corrected = reread(folded)
        if corrected != folded:
            again = self._found(corrected, corrected, self.ner.analyze(corrected), known)
            spans += [span for span in again if _differs(folded, corrected, span)]
        safe = keep_safe(folded, spans, [(span.start, span.end) for span in read if span.label == TERM])
        found = [*safe, *namesakes(folded, safe)]
        return widened(folded, merge(folded, [*found, *initials(folded, found)]))

    def _found(self, text: str, written: str, read: Sequence[NerSpan], known: KnownPatient) -> list[Span]:
        """Return what the recognizers find in a text, and what the name recognition model has read in it."""
        results = self._analyzer.analyze(
            text,
            language=LANGUAGE,
            ad_hoc_recognizers=[KnownIdentifiersRecognizer(known), NerRecognizer(self.ner, written, read)],
        )
        return [
            Span(
                r.start, r.end, Category(r.entity_type.partition(":")[0]), r.score, bool(r.recognition_metadata[GUESS])
            )
            for r in results
        ]


def _differs(text: str, other: str, span: Span) -> bool:
    return text[span.start : span.end] != other[span.start : span.end]
