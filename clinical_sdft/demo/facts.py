"""The embedded example's written knowledge: clinical facts with their sources, and everyday questions."""

from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import Field

from data_contracts import Contract, Source

QUESTION = "Which diagnosis is most likely? {case}"
REPLY = "Most likely: {answer}."


class Finding(Contract):
    """One symptom or sign in a patient's and in a clinician's words."""

    id: str
    lay: str
    clinical: str
    hallmark: bool


class Diagnosis(Contract):
    """A diagnosis with its findings and the sources they were written from."""

    name: str
    aliases: tuple[str, ...]
    specialty: str
    sex: Literal["any", "female", "male"]
    ages: tuple[int, int]
    durations: tuple[str, ...]
    sources: tuple[Source, ...] = Field(min_length=1)
    findings: tuple[Finding, ...] = Field(min_length=8)
    confusable: str | None = None


class EverydayItem(Contract):
    """An everyday question, what counts as its answer, and one full reply."""

    id: str
    question: str
    answers: tuple[str, ...] = Field(min_length=1)
    full: str


def data_file(name: str) -> Any:
    """Return a file of the embedded example."""
    return files("clinical_sdft.demo") / "data" / name


def _load(name: str) -> Any:
    return yaml.safe_load(data_file(name).read_text("utf-8"))


@cache
def prior_diagnoses() -> tuple[Diagnosis, ...]:
    """Return the 16 diagnoses the hospital's model learns first."""
    return tuple(Diagnosis.model_validate(row) for row in _load("prior_facts.yaml")["diagnoses"])


@cache
def new_diagnoses() -> tuple[Diagnosis, ...]:
    """Return the 8 diagnoses the guideline adds."""
    return tuple(Diagnosis.model_validate(row) for row in _load("new_facts.yaml")["diagnoses"])


@cache
def everyday_items(part: Literal["items", "practice"]) -> tuple[EverydayItem, ...]:
    """Return the held-out (`items`) or the practice questions."""
    return tuple(EverydayItem.model_validate(row) for row in _load("general_suite.yaml")[part])
