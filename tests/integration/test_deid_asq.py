"""Recall on public clinical questions with written-in identifiers (ASQ-PHI); the first half of the first 500."""

import json
import re
from pathlib import Path

import pytest

from clinical_sdft.deid import SAFE_HARBOR, NotesNer
from clinical_sdft.deid.engine import DetectionEngine
from clinical_sdft.deid.known import known_patient
from clinical_sdft.deid.text import fold

FILE = Path(__file__).parents[3] / "shared" / "data" / "deid" / "asq_phi_first_500.txt"
HALF = 250
_STATES = "AL|AZ|CA|CO|CT|DC|FL|GA|IL|IN|LA|MA|MD|MI|MN|MO|NC|NJ|NY|OH|OR|PA|TN|TX|UT|VA|WA|WI"
_NOT_IDENTIFYING = re.compile(
    rf"\b(?:Dr|Mr|Mrs|Ms)\.? |\b(?:Patient|Site) ID: |, (?:{_STATES})\b|last week", re.IGNORECASE
)
"""Titles, labels and states stand in the answer key but may stay in a text (45 CFR 164.514(b)(2))."""

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not FILE.exists(), reason="the ASQ-PHI questions are not beside the project"),
]


def questions() -> list[tuple[str, list[str]]]:
    blocks = FILE.read_text(encoding="utf-8").split("===QUERY===")[1 : HALF + 1]
    split = [block.split("===PHI_TAGS===") for block in blocks]
    return [(text.strip(), [json.loads(line)["value"] for line in tags.strip().splitlines()]) for text, tags in split]


def test_recall_and_over_redaction() -> None:
    engine = DetectionEngine(NotesNer(), SAFE_HARBOR)
    wanted = hit = clean = touched = 0
    for number, (text, values) in enumerate(questions()):
        spans = engine.detect(text, known_patient({"id": str(number)}))
        covered = {index for span in spans for index in range(span.start, span.end)}
        clean += not values
        touched += not values and bool(spans)
        for value in values:
            wanted += 1
            hit += all(_is_covered(match, covered) for match in re.finditer(re.escape(fold(value)), fold(text)))
    assert hit / wanted >= 0.97
    assert touched <= 0.05 * clean


def _is_covered(match: re.Match[str], covered: set[int]) -> bool:
    free = {index for part in _NOT_IDENTIFYING.finditer(match.group()) for index in range(*part.span())}
    return all(
        match.start() + index in covered
        for index, character in enumerate(match.group())
        if character.isalnum() and index not in free
    )
