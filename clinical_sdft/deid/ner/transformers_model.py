"""A token classifier of the transformers library, from a folder or the local hub cache."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from clinical_sdft.deid.errors import NerModelError
from clinical_sdft.deid.ner.model import NerSpan, check_pin, folder_digest

LABELS = {
    "PER": "PERSON", "PERSON": "PERSON", "NAME": "PERSON", "PATIENT": "PERSON", "STAFF": "PERSON", "HCW": "PERSON",
    "DOCTOR": "PERSON", "USERNAME": "PERSON", "LOC": "LOC", "LOCATION": "LOC", "GPE": "GPE", "CITY": "GPE",
    "FAC": "FAC", "FACILITY": "FAC", "HOSP": "FAC", "HOSPITAL": "FAC", "ORG": "ORG", "ORGANIZATION": "ORG",
    "PATORG": "ORG", "VENDOR": "ORG",
}  # fmt: skip
"""Label names in use for the same thing, without `B-` and `I-`; OntoNotes' at the right."""

OVERLAP = 32
"""Tokens that two neighbouring windows of a long text share."""


class TransformersNer:
    """Reads a text in overlapping windows; safetensors only, and no code from the model's folder."""

    def __init__(self, location: str, pinned_digest: str | None) -> None:
        """Load tokenizer and model.

        Args:
            location: a folder, or a hub id that the local cache holds or the hub gives, `ID@REVISION` allowed.
            pinned_digest: the only digest over the folder's files that is accepted.

        Raises:
            NerModelError: the model is missing, not pinned, not the pinned one, labels nobody, or does not load.
        """
        folder = _folder(location)
        self.name = f"transformers:{Path(location).name if Path(location).is_dir() else location}"
        self.digest = folder_digest(folder)
        check_pin(self.name, self.digest, pinned_digest)
        self._tokenizer, self._model = _load(folder)
        self._labels = _labels(self.name, self._model.config.id2label)

    def analyze(self, text: str) -> tuple[NerSpan, ...]:
        """Return the entities in the order of the text."""
        return _merged(span for window in self._windows(text) for span in self._read(*window))

    def _windows(self, text: str) -> Iterator[tuple[Any, list[tuple[int, int]]]]:
        longest = min(self._tokenizer.model_max_length, self._model.config.max_position_embeddings, 512)
        encoded = self._tokenizer(
            text, truncation=True, max_length=longest, stride=min(OVERLAP, longest // 4),
            return_overflowing_tokens=True, return_offsets_mapping=True,
        )  # fmt: skip
        yield from zip(encoded["input_ids"], encoded["offset_mapping"], strict=True)

    def _read(self, tokens: list[int], offsets: list[tuple[int, int]]) -> Iterator[NerSpan]:
        """Yield one span for each run of tokens that carry the same label."""
        import torch

        with torch.inference_mode():
            logits_TL = self._model(input_ids=torch.tensor([tokens])).logits[0]
        chosen = [self._labels[int(index)] for index in logits_TL.argmax(-1)]
        for label, (start, end) in zip(chosen, offsets, strict=True):
            if label is not None and end > start:
                yield NerSpan(start, end, label)


def _merged(spans: Iterator[NerSpan]) -> tuple[NerSpan, ...]:
    """Join neighbours of one label, at most one character apart, and what two windows both saw."""
    joined: list[NerSpan] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if joined and span.label == joined[-1].label and span.start <= joined[-1].end + 1:
            joined[-1] = NerSpan(joined[-1].start, max(joined[-1].end, span.end), span.label)
        else:
            joined.append(span)
    return tuple(joined)


def _labels(name: str, id2label: dict[int, str]) -> dict[int, str | None]:
    known = {index: LABELS.get(label.upper().rpartition("-")[2]) for index, label in id2label.items()}
    if "PERSON" not in known.values():
        raise NerModelError(f"the model {name} has no label for people: choose a token classifier with PER or PERSON")
    return known


def _folder(location: str) -> Path:
    if Path(location).is_dir():
        return Path(location)
    from huggingface_hub import snapshot_download

    model, _, revision = location.partition("@")
    wanted = ["*.json", "*.safetensors", "*.txt", "*.model"]
    fetch = partial(snapshot_download, model, revision=revision or None, allow_patterns=wanted)
    try:
        return Path(fetch(local_files_only=True))
    except Exception:  # not in the local cache: ask the hub
        try:
            return Path(fetch())
        except Exception as error:
            raise NerModelError(
                f"the model {location} is no folder and cannot be fetched ({type(error).__name__})"
            ) from None


def _load(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=True, local_files_only=True)
        model = AutoModelForTokenClassification.from_pretrained(folder, use_safetensors=True, local_files_only=True)
    except Exception as error:
        raise NerModelError(f"the name recognition model does not load ({type(error).__name__})") from None
    if not tokenizer.is_fast:
        raise NerModelError("the name recognition model has no tokenizer.json, so its offsets are unknown")
    return tokenizer, model.eval()
