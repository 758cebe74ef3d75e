"""Teach the small spaCy model what identifiers look like in clinical notes, from notes with every identifier marked.

The embedded model has learned people, places and organisations from newspapers, web pages and talk (OntoNotes 5); in
notes it misses half of the names, and half of what it finds are drugs and headings. Its weights are the start here.
"""

import json
import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from clinical_sdft.deid.errors import NerModelError
from clinical_sdft.deid.ner.labels import FACTS, LABELS
from clinical_sdft.deid.ner.marked import Marked, Variations
from clinical_sdft.deid.ner.model import folder_digest
from clinical_sdft.deid.ner.pruned import keep_labels
from clinical_sdft.deid.ner.spacy_model import load_spacy, package_folder
from clinical_sdft.deid.presidio import without_torch
from data_contracts import GoldDocument

LEARNING_RATE, DROPOUT, BATCH = 1e-3, 0.25, 8
VARIATIONS = 2
"""How often a marked note is seen in a pass, each time otherwise."""
GENERATED_SHARE = 0.3
"""Generated notes seen in a pass, for each variation of a marked one."""
_AT_THE_END = 0.05
"""The learning rate falls in a line to this share of what it was."""


def train(
    marked: Sequence[GoldDocument],
    generated: Sequence[GoldDocument],
    folder: Path,
    passes: int,
    seed: int = 1,
    heard: Callable[[int, int], None] = lambda done, total: None,
) -> str:
    """Train from the embedded model on and write the model to a folder; returns its digest.

    Args:
        marked: notes that people wrote and marked; all are seen in every pass.
        generated: notes of the project's generator; some are seen in every pass, others in the next.
        folder: a new or empty folder.
        passes: how often the marked notes are gone through.
        seed: of variations, order and dropout.
        heard: told the passes done and all passes.

    Raises:
        NerModelError: there is nothing to learn from, or the folder holds something.
    """
    if not marked:
        raise NerModelError("no marked note is given: name gold sets with at least one note")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NerModelError(f"{folder}: is no empty folder; name a new folder")
    with without_torch():
        from spacy.util import fix_random_seed

        fix_random_seed(seed)
    nlp = load_spacy(package_folder())
    for label in sorted({*LABELS.values(), *FACTS.values()}):
        nlp.get_pipe("ner").add_label(label)
    rng = random.Random(seed)
    variations, optimizer = Variations(rng), nlp.resume_training()
    notes, others = [Marked.of(document) for document in marked], [Marked.of(document) for document in generated]
    for done in range(passes):
        shown = [note for note in notes for _ in range(VARIATIONS)]
        shown += rng.sample(others, min(len(others), round(len(shown) * GENERATED_SHARE)))
        rng.shuffle(shown)
        for start in range(0, len(shown), BATCH):
            part = (done + start / len(shown)) / passes
            optimizer.learn_rate = LEARNING_RATE * (1 - part * (1 - _AT_THE_END))
            batch = [example(nlp, variations.of(note)) for note in shown[start : start + BATCH]]
            nlp.update(batch, sgd=optimizer, drop=DROPOUT)
        heard(done + 1, passes)
    return _written(nlp, folder)


def example(nlp: Any, note: Marked) -> Any:
    """Return a note as spaCy learns from it: a tag a token, none where it may go either way.

    A token that reaches over the end of an identifier counts as a part of it; a fact that overlaps one is left out.
    """
    from spacy.training import Example

    doc = nlp.make_doc(note.text)
    tags = ["O"] * len(doc)
    named = [(place, LABELS.get(category)) for place, category in note.spans]
    named += [(place, FACTS.get(kind)) for place, kind in note.facts]
    for (start, end), label in named:
        tokens = _tokens(doc, start, end)
        if label is not None and tokens and all(tags[token] == "O" for token in tokens):
            for token, tag in zip(tokens, _tags(len(tokens), label), strict=True):
                tags[token] = tag
    for start, end in note.neutral:
        for token in _tokens(doc, start, end):
            tags[token] = "-" if tags[token] == "O" else tags[token]
    return Example.from_dict(doc, {"entities": tags})


def _tokens(doc: Any, start: int, end: int) -> list[int]:
    span = doc.char_span(start, end, alignment_mode="expand") if start < end else None
    tokens = [] if span is None else list(range(span.start, span.end))
    while tokens and doc[tokens[0]].is_space:
        tokens = tokens[1:]
    while tokens and doc[tokens[-1]].is_space:
        tokens = tokens[:-1]
    return tokens


def _tags(count: int, label: str) -> Iterable[str]:
    """Return the tags of an entity of so many tokens in the BILUO scheme."""
    if count == 1:
        return [f"U-{label}"]
    return [f"B-{label}", *[f"I-{label}"] * (count - 2), f"L-{label}"]


def _written(nlp: Any, folder: Path) -> str:
    """Write the model with our labels only, and without the words it has read, which may be a hospital's."""
    keep_labels(nlp, {*LABELS.values(), *FACTS.values()})
    nlp.meta.update(
        name="clinical_notes",
        version="1.0.0",
        author="clinical-sdft, from a model of Explosion",
        email="",
        description="en_core_web_sm 3.8.0 (Explosion, MIT), its ner trained further on invented clinical notes.",
    )
    nlp.to_disk(folder)
    (folder / "vocab" / "strings.json").write_text(json.dumps(sorted(nlp.get_pipe("ner").labels)), encoding="utf-8")
    return folder_digest(folder)
