"""Short patient cases written from the facts: who, which findings, since when, in one of five writing styles."""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass

from clinical_sdft.demo.facts import QUESTION, Diagnosis, Finding


@dataclass(frozen=True)
class Case:
    """A written case and the diagnosis it was written from."""

    diagnosis: str
    specialty: str
    findings: frozenset[str]
    question: str


@dataclass(frozen=True)
class _Patient:
    age: int
    female: bool
    duration: str
    findings: tuple[Finding, ...]


def write_cases(diagnosis: Diagnosis, part: str, count: int, seed: int) -> list[Case]:
    """Write `count` cases of a diagnosis for `part`, one of `training` and `held-out`.

    The two parts never share a set of findings: the possible sets are dealt out once, by a seed of their own.
    """
    dealt = dealt_findings(diagnosis, part)
    rng = random.Random(f"{seed}/{part}/{diagnosis.name}")
    return [_write(diagnosis, dealt[i % len(dealt)], STYLES[i % len(STYLES)], rng) for i in range(count)]


def dealt_findings(diagnosis: Diagnosis, part: str) -> list[tuple[Finding, ...]]:
    """Return the sets of two or three findings, one a hallmark at least, that belong to a part."""
    sets = [
        chosen
        for size in (2, 3)
        for chosen in itertools.combinations(diagnosis.findings, size)
        if any(finding.hallmark for finding in chosen)
    ]
    random.Random(f"deal/{diagnosis.name}").shuffle(sets)
    third = len(sets) // 3
    return {"held-out": sets[:third], "training": sets[third:]}[part]


def _write(
    diagnosis: Diagnosis, findings: tuple[Finding, ...], style: Callable[[_Patient], str], rng: random.Random
) -> Case:
    shuffled = list(findings)
    rng.shuffle(shuffled)
    patient = _Patient(
        age=rng.randint(*diagnosis.ages),
        female=diagnosis.sex == "female" or (diagnosis.sex == "any" and rng.random() < 0.5),
        duration=rng.choice(diagnosis.durations),
        findings=tuple(shuffled),
    )
    return Case(
        diagnosis=diagnosis.name,
        specialty=diagnosis.specialty,
        findings=frozenset(finding.id for finding in findings),
        question=QUESTION.format(case=style(patient)),
    )


def _clinical_note(p: _Patient) -> str:
    return f"{p.age}-year-old {'woman' if p.female else 'man'} with {_list(p, 'clinical')} for {p.duration}."


def _first_person(p: _Patient) -> str:
    return f"I am {p.age}. For {p.duration} I have had {_list(p, 'lay')}."


def _telegram(p: _Patient) -> str:
    return f"{p.age}{'F' if p.female else 'M'}, {p.duration}: {'; '.join(f.clinical for f in p.findings)}."


def _triage(p: _Patient) -> str:
    first, *rest = (finding.lay for finding in p.findings)
    return f"Main complaint: {first}. Also {' and '.join(rest)}. Since {p.duration}. Age {p.age}."


def _relative(p: _Patient) -> str:
    who = "wife" if p.female else "husband"
    return f"My {who}, {p.age}, has had {_list(p, 'lay')} for {p.duration}."


STYLES = (_clinical_note, _first_person, _telegram, _triage, _relative)


def _list(p: _Patient, wording: str) -> str:
    *head, last = (getattr(finding, wording) for finding in p.findings)
    return f"{', '.join(head)} and {last}"
