"""The hospital's model, version 1: the embedded model after training on prior diagnostic tasks.

Three kinds of training pairs make it what a hospital would have: it knows 16 diagnoses, it reads what stands in its
context (the same cases with an answer in the context, drawn at random from a wide list, so that only reading helps),
and it answers everyday questions. None of the 8 new diagnoses occurs anywhere.
"""

import random
from dataclasses import dataclass

from clinical_sdft.demo.cases import Case, write_cases
from clinical_sdft.demo.facts import REPLY, everyday_items, new_diagnoses, prior_diagnoses

CASES_PER_DIAGNOSIS = 24
SEED = 20261001

READING_TEMPLATES = (
    "{question}\n\nThe ward round concluded: {answer}\nWhat do you conclude?",
    "Note of a colleague on this patient: {answer}\n\n{question}",
    "Example.\n{question}\n{answer}\n\nYour turn.\n{question}",
    "From the handbook: a case like this is {label}.\n\n{question}",
)

OTHER_LABELS = (
    "anaemia", "angina", "ankle sprain", "anxiety", "atrial fibrillation", "bronchitis", "bursitis", "cataract",
    "cellulitis", "celiac disease", "cholera", "colitis", "concussion", "conjunctivitis", "COPD", "croup",
    "depression", "diabetes", "diverticulitis", "eczema", "epilepsy", "gallstones", "glaucoma", "haemorrhoids",
    "heart failure", "hernia", "hives", "hypertension", "hypothyroidism", "influenza", "kidney stones", "lupus",
    "measles", "melanoma", "meningitis", "mumps", "osteoarthritis", "osteoporosis", "otitis media", "pancreatitis",
    "plague", "pleurisy", "prostatitis", "rabies", "rosacea", "rubella", "scabies", "scarlet fever", "sciatica",
    "shingles", "sleep apnoea", "stroke", "tetanus", "tonsillitis", "vertigo", "vitiligo", "warts", "whooping cough",
)  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """A question and the full reply to it."""

    question: str
    reply: str


def training_cases() -> list[Case]:
    """Return the prior training cases of all 16 diagnoses."""
    return [
        case
        for diagnosis in prior_diagnoses()
        for case in write_cases(diagnosis, "training", CASES_PER_DIAGNOSIS, SEED)
    ]


def training_pairs() -> list[Pair]:
    """Return everything version 1 is trained on: cases, cases to be read from the context, everyday questions."""
    cases = training_cases()
    everyday = [Pair(item.question, item.full) for item in everyday_items("practice")]
    return [
        *(Pair(case.question, REPLY.format(answer=case.diagnosis)) for case in cases),
        *reading_pairs(cases),
        *everyday,
    ]


def reading_pairs(cases: list[Case]) -> list[Pair]:
    """Return the cases with a label in the context that only reading can tell."""
    rng = random.Random(SEED)
    labels = [*OTHER_LABELS, *(diagnosis.name for diagnosis in prior_diagnoses())]
    pairs = []
    for index, case in enumerate(cases):
        label = rng.choice(labels)
        reply = REPLY.format(answer=label)
        template = READING_TEMPLATES[index % len(READING_TEMPLATES)]
        pairs.append(Pair(template.format(question=case.question, answer=reply, label=label), reply))
    return pairs


def prior_prompts() -> list[str]:
    """Return questions the hospital's model has been asked before, without answers: what the anchor holds on to."""
    return [case.question for case in training_cases()] + [item.question for item in everyday_items("practice")]


def _check_new_is_new() -> None:
    new = {name.lower() for diagnosis in new_diagnoses() for name in (diagnosis.name, *diagnosis.aliases)}
    overlap = new & {label.lower() for label in OTHER_LABELS}
    if overlap:
        raise AssertionError(f"labels of the new diagnoses in the hospital's training: {sorted(overlap)}")


_check_new_is_new()
