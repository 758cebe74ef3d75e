"""The embedded example's suites: held-out cases by specialty, everyday questions, and the guideline's own suite."""

from collections.abc import Sequence

from clinical_sdft.demo.cases import write_cases
from clinical_sdft.demo.facts import Diagnosis, everyday_items, new_diagnoses, prior_diagnoses
from data_contracts import Suite, SuiteItem

PRIOR_PER_DIAGNOSIS = 18
NEW_PER_DIAGNOSIS = 12
SEED = 20261002


def prior_suites(seed: int = SEED) -> tuple[Suite, ...]:
    """Return one suite per specialty and the everyday suite: what an update must not break.

    Another `seed` writes other patients with the same held-out findings; the everyday questions stay.
    """
    specialties = dict.fromkeys(diagnosis.specialty for diagnosis in prior_diagnoses())
    return (*(_specialty_suite(specialty, seed) for specialty in specialties), _everyday_suite())


def new_suite() -> Suite:
    """Return the held-out suite of the guideline's 8 new diagnoses."""
    return _case_suite("new-differentials", "mixed", new_diagnoses(), NEW_PER_DIAGNOSIS, SEED)


def _specialty_suite(specialty: str, seed: int) -> Suite:
    members = [diagnosis for diagnosis in prior_diagnoses() if diagnosis.specialty == specialty]
    return _case_suite(specialty.replace(" ", "-"), specialty, members, PRIOR_PER_DIAGNOSIS, seed)


def _case_suite(suite_id: str, specialty: str, members: Sequence[Diagnosis], count: int, seed: int) -> Suite:
    items = [
        SuiteItem(
            id=f"{diagnosis.name.replace(' ', '-')}-{number:02d}",
            question=case.question,
            answers=(diagnosis.name, *diagnosis.aliases),
            specialty=diagnosis.specialty,
        )
        for diagnosis in members
        for number, case in enumerate(write_cases(diagnosis, "held-out", count, seed), 1)
    ]
    return Suite(
        id=suite_id,
        version="2026.1",
        specialty=specialty,
        licence="CC-BY-4.0",
        source="written for this project from the public sources listed with each diagnosis",
        labels=_labels(),
        items=tuple(items),
    )


def _labels() -> tuple[tuple[str, ...], ...]:
    return tuple((diagnosis.name, *diagnosis.aliases) for diagnosis in (*prior_diagnoses(), *new_diagnoses()))


def _everyday_suite() -> Suite:
    return Suite(
        id="general",
        version="2026.1",
        specialty="everyday knowledge",
        licence="CC0-1.0",
        source="written for this project",
        items=tuple(
            SuiteItem(id=item.id, question=item.question, answers=item.answers, specialty="everyday knowledge")
            for item in everyday_items("items")
        ),
    )
