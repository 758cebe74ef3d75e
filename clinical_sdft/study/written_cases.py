"""Study material from the demo's written cases: eight new diagnoses in four updates of two.

It comes twice: to report on, and, with other patients and other pairs of diagnoses, to choose settings on.
"""

import random

from clinical_sdft.demo.cases import write_cases
from clinical_sdft.demo.facts import REPLY, Diagnosis, data_file, new_diagnoses, prior_diagnoses
from clinical_sdft.demo.hospital import prior_prompts, training_cases
from clinical_sdft.demo.run import GUIDELINE
from clinical_sdft.demo.suites import SEED, prior_suites
from clinical_sdft.ingest.guidelines import read_guideline
from clinical_sdft.study.material import Material, Stage, dealt, labelled
from data_contracts import Demonstration, Suite, SuiteItem

STAGES = 4
CHOOSING = 20261125


def written_cases(per_diagnosis: int = 12) -> Material:
    """Return what is reported on; `per_diagnosis` cases are shown and as many others asked of each new diagnosis."""
    return _material("written-cases", list(new_diagnoses()), per_diagnosis, SEED)


def choosing_cases(per_diagnosis: int = 12) -> Material:
    """Return what settings are chosen on: other patients, and the diagnoses in another order."""
    order = list(new_diagnoses())
    random.Random(CHOOSING).shuffle(order)
    return _material("choosing-cases", order, per_diagnosis, CHOOSING)


def _material(name: str, diagnoses: list[Diagnosis], per_diagnosis: int, seed: int) -> Material:
    return Material(
        name=name,
        stages=tuple(_stage(list(part), per_diagnosis, seed) for part in dealt(diagnoses, STAGES)),
        prior_suites=prior_suites(seed),
        prior_prompts=tuple(prior_prompts()),
        replay=hospital_replay(),
    )


def hospital_replay() -> tuple[Demonstration, ...]:
    """Return the prior training cases with their answers, for the arms that may replay them."""
    return tuple(
        labelled(f"prior-{i:03d}", case.question, REPLY.format(answer=case.diagnosis), case.diagnosis, "known", "prior")
        for i, case in enumerate(training_cases())
    )


def _stage(members: list[Diagnosis], count: int, seed: int) -> Stage:
    quotes = {item.answer: item.quote for item in read_guideline(data_file(GUIDELINE)).recommendations}
    shown = [
        labelled(
            f"{_slug(diagnosis)}-{i:02d}",
            case.question,
            REPLY.format(answer=diagnosis.name),
            diagnosis.name,
            quotes[diagnosis.name],
            _slug(diagnosis),
        )
        for diagnosis in members
        for i, case in enumerate(write_cases(diagnosis, "training", count, seed + 1), 1)
    ]
    name = "-".join(map(_slug, members))
    return Stage(name, tuple(shown), (("taught", _suite(name, members, count, seed)),))


def _suite(name: str, members: list[Diagnosis], count: int, seed: int) -> Suite:
    everyone = (*prior_diagnoses(), *new_diagnoses())
    return Suite(
        id=name,
        version="1",
        specialty="mixed",
        licence="CC-BY-4.0",
        source="written for this project from the public sources listed with each diagnosis",
        labels=tuple((diagnosis.name, *diagnosis.aliases) for diagnosis in everyone),
        items=tuple(
            SuiteItem(
                id=f"{_slug(diagnosis)}-{i:02d}",
                question=case.question,
                answers=(diagnosis.name, *diagnosis.aliases),
                specialty=diagnosis.specialty,
            )
            for diagnosis in members
            for i, case in enumerate(write_cases(diagnosis, "held-out", count, seed), 1)
        ),
    )


def _slug(diagnosis: Diagnosis) -> str:
    return diagnosis.name.replace(" ", "-")
