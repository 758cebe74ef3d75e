"""Study material from DDXPlus: 49 pathologies in four updates.

DDXPlus (Fansi Tchango et al., NeurIPS 2022 Datasets and Benchmarks, CC BY 4.0) is read, never shipped. Half of each
pathology's validation patients are shown, the other half asked; the two never share a patient.
"""

import ast
import csv
import random
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from clinical_sdft.demo.facts import REPLY
from clinical_sdft.demo.hospital import prior_prompts
from clinical_sdft.demo.suites import prior_suites
from clinical_sdft.errors import InputError
from clinical_sdft.study.material import Material, Stage, dealt, labelled
from clinical_sdft.study.written_cases import hospital_replay
from data_contracts import Suite, SuiteItem

FILE = "suites/ddxplus/val_588.csv"
STAGES = 4
FINDINGS = 8
PASSES = 5
"""Three times the demonstrations of an update of the written cases, so fewer passes (docs/study.md)."""

ABSENT = ("No", "nowhere", "N", "NA", "0")
SEED = 20261124


def ddxplus(folder: Path) -> Material:
    """Return the material.

    Raises:
        InputError: the file is not there.
    """
    by_pathology = _questions(folder / FILE)
    names = sorted(by_pathology)
    random.Random(SEED).shuffle(names)
    labels = tuple((name,) for name in names)
    return Material(
        name="ddxplus",
        stages=tuple(_stage(i, part, by_pathology, labels) for i, part in enumerate(dealt(names, STAGES), 1)),
        prior_suites=prior_suites(),
        prior_prompts=tuple(prior_prompts()),
        replay=hospital_replay(),
        training={"passes": PASSES},
        replies_in="bfloat16",
    )


def _questions(file: Path) -> dict[str, list[str]]:
    """Return the patients' questions by pathology."""
    if not file.is_file():
        raise InputError(f"{file}: not there; --data-folder must hold {FILE}")
    found: dict[str, list[str]] = defaultdict(list)
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found[row["English Pathology"].strip()].append(_question(row))
    return found


def _question(row: dict[str, str]) -> str:
    """Ask about a patient by at most `FINDINGS` of the findings, always the same ones."""
    evidence: dict[str, str] = ast.literal_eval(row["English Evidences"])
    findings = [_finding(asked, said) for asked, said in evidence.items() if said not in ABSENT]
    random.Random(f"{SEED}/{row['OriginalRowKey']}").shuffle(findings)
    who = "man" if row["SEX"] == "M" else "woman"
    return f"Which diagnosis is most likely? {row['AGE']}-year-old {who}. {' '.join(findings[:FINDINGS])}"


def _finding(asked: str, said: str) -> str:
    return f"{asked} Yes." if said == "True" else f"{asked} {said}."


def _stage(
    number: int, names: Sequence[str], questions: dict[str, list[str]], labels: tuple[tuple[str, ...], ...]
) -> Stage:
    shown = [
        labelled(f"{_slug(name)}-{i}", question, REPLY.format(answer=name), name, f"Diagnose {name}.", _slug(name))
        for name in names
        for i, question in enumerate(questions[name][0::2])
    ]
    suite = Suite(
        id=f"ddxplus-{number}",
        version="1",
        specialty="mixed",
        licence="CC-BY-4.0",
        source="DDXPlus, validation patients",
        labels=labels,
        items=tuple(
            SuiteItem(id=f"{_slug(name)}-{i}", question=question, answers=(name,), specialty="mixed")
            for name in names
            for i, question in enumerate(questions[name][1::2])
        ),
    )
    return Stage(f"ddxplus-{number}", tuple(shown), (("taught", suite),))


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")
