"""The parts of presidio that this package uses, imported without PyTorch.

Presidio and thinc import PyTorch and transformers where they are installed, 300 MB that de-identification with a
spaCy model never touches. Import presidio and spaCy through this module or inside `without_torch`.
"""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType

_HEAVY = ("torch", "transformers")


class _Hidden:
    """An import finder that hides the heavy packages from one thread."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Refuse a heavy package; say nothing about the others."""
        if name.partition(".")[0] in _HEAVY and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{name} is not loaded for de-identification", name=name)
        return None


@contextmanager
def without_torch() -> Iterator[None]:
    """Hide PyTorch and transformers from what is imported inside, unless the process has loaded them already."""
    hidden = _Hidden()
    if "torch" in sys.modules:
        yield
        return
    sys.meta_path.insert(0, hidden)
    try:
        yield
    finally:
        sys.meta_path.remove(hidden)


with without_torch():
    from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, RecognizerResult
    from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

__all__ = [
    "AnalyzerEngine",
    "ContextAwareEnhancer",
    "EntityRecognizer",
    "NoOpNlpEngine",
    "RecognizerRegistry",
    "RecognizerResult",
    "without_torch",
]
