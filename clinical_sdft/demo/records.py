"""The demo's patient records: fictitious people around the new diagnoses' clinical phrases.

`python -m clinical_sdft.demo.records` writes `data/records.jsonl` anew; the same code gives the same bytes.
People, numbers and places are invented: telephone numbers are of the fictitious 555-01xx block, e-mail addresses
of example.org. Two records are meant to be held back: one writes an e-mail address in words, one has no patient
id.
"""

import json
import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from clinical_sdft.demo.cases import dealt_findings
from clinical_sdft.demo.facts import Diagnosis, new_diagnoses

SEED = 20260411
PER_DIAGNOSIS = 12
EMAIL_IN_WORDS = "R-041"
WITHOUT_PATIENT_ID = "R-078"

_WOMEN = (
    "Margaret Yuki Teresa Ngozi Helen Priya Carolina Ingrid Fatima Rosalind Beatriz Hannah Agnieszka Leila "
    "Doris Monique Saoirse Kateryna Wilhelmina Tamsin Odile Marisol Xiomara Jocelyn"
)
_MEN = (
    "Harold Kenji Emeka Tobias Vikram Anders Luis Patrick Omar Casimir Dmitri Walter Santiago Bertrand Lionel "
    "Malik Eoin Rashid Gunther Percival Thaddeus Alonzo Matteo Cornelius"
)
_FAMILY = (
    "Halvorsen Okafor Lindqvist Marchetti Kowalczyk Abernathy Nakamura Delacroix Pemberton Villanueva Strand "
    "Ashworth Banerjee Castellano Dubois Eriksson Featherstone Grimaldi Hathaway Iyengar Jablonski "
    "Kirkpatrick Lefebvre McAllister Novotny Oyelaran Petrakis Quigley Rasmussen Sorensen Takahashi Underhill "
    "Vasquez Whitcombe Yamamoto Zielinski Brannigan Cavendish Drummond Fitzroy O'Donnell Thistlewood"
)
_FACILITIES = (
    "Riverside Clinic|Mercy Hospital|Lakeview Medical Center|St. Brendan's Hospital|Northgate Family Clinic|"
    "Harbor Point Hospital|Cedar Hollow Clinic|Whitmore Medical Center|Elmhurst Health Center|"
    "Stonebridge Hospital"
)
_STREETS = (
    "Maple Street|Orchard Avenue|Willow Lane|Birchwood Drive|Kingsley Road|Harbor Boulevard|Larkspur Court|Quarry Road"
)
_CITIES = "Springfield, IL 62704|Dayton, OH 45402|Salem, OR 97301|Albany, NY 12207|Tacoma, WA 98402|Reno, NV 89501"
_RELATIVES = {"F": ("sister", "daughter", "wife"), "M": ("brother", "son", "husband")}


def data_folder() -> Path:
    """Return the folder of the demo's data files."""
    return Path(str(files("clinical_sdft.demo").joinpath("data")))


def build_records() -> list[dict[str, Any]]:
    """Return all records, always the same."""
    rng = random.Random(SEED)
    people = _people(rng)
    records: list[dict[str, Any]] = []
    for diagnosis in new_diagnoses():
        for _ in range(PER_DIAGNOSIS):
            number = len(records) + 1
            records.append(_record(number, diagnosis, next(people), rng))
    return records


def _people(rng: random.Random) -> Iterator[tuple[str, str, str]]:
    """Yield given names of women and men and a family name, each pair once."""
    women, men, family = _WOMEN.split(), _MEN.split(), _FAMILY.split()
    pairs = [(woman, men[index % len(men)], name) for index, woman in enumerate(women) for name in family]
    yield from rng.sample(pairs, len(pairs))


def _record(number: int, diagnosis: Diagnosis, person: tuple[str, str, str], rng: random.Random) -> dict[str, Any]:
    sex = "F" if diagnosis.sex == "female" or (diagnosis.sex == "any" and rng.random() < 0.5) else "M"
    age = rng.randint(*diagnosis.ages)
    visit = date(2025, 1, 6) + timedelta(days=rng.randrange(330))
    patient = _patient(number, person, sex, visit.replace(year=visit.year - age), rng)
    first_person = rng.random() < 0.3
    clinical = _clinical(diagnosis, age, sex, first_person, rng)
    record_id = f"R-{number:03d}"
    if record_id == EMAIL_IN_WORDS:
        local, domain = patient["email"].split("@")
        narrative = f"{clinical} Reports go to {local.replace('.', ' ')} at {domain.replace('.', ' dot ')}."
    else:
        narrative = rng.choice(_OWN_WORDS if first_person else _HOSPITAL)(clinical, patient, visit)
    if record_id == WITHOUT_PATIENT_ID:
        del patient["id"]
    return {
        "schema_version": 1,
        "id": record_id,
        "patient": patient,
        "narrative": narrative,
        "diagnosis": diagnosis.name,
    }


def _patient(number: int, person: tuple[str, str, str], sex: str, birth: date, rng: random.Random) -> dict[str, Any]:
    given, family = person[0] if sex == "F" else person[1], person[2]
    other = rng.choice("FM")
    relative = rng.choice([name for name in (_WOMEN if other == "F" else _MEN).split() if name != given])
    doctor = rng.choice([name for name in _FAMILY.split() if name != family])
    birth += timedelta(days=-rng.randrange(1, 330))
    return {
        "id": f"P-{number:03d}",
        "sex": sex,
        "name": f"{given} {family}",
        "mrn": f"{rng.randrange(20_000_000, 99_999_999)}",
        "birth_date": birth.isoformat(),
        "phone": f"({rng.randint(201, 989)}) 555-01{rng.randint(0, 99):02d}",
        "email": f"{given}.{family}@example.org".lower().replace("'", ""),
        "address": f"{rng.randint(11, 989)} {rng.choice(_STREETS.split('|'))}, {rng.choice(_CITIES.split('|'))}",
        "relative": f"{relative} {family} ({rng.choice(_RELATIVES[other])})",
        "physician": f"Dr. {rng.choice((_WOMEN + ' ' + _MEN).split())} {doctor}",
        "facility": rng.choice(_FACILITIES.split("|")),
        "health_plan": f"HP-{rng.randrange(1_000_000, 9_999_999)}",
    }


def _clinical(diagnosis: Diagnosis, age: int, sex: str, first_person: bool, rng: random.Random) -> str:
    """Return one sentence with an age, a set of findings no suite item has, and a duration."""
    chosen = list(rng.choice(dealt_findings(diagnosis, "training")))
    rng.shuffle(chosen)
    duration = rng.choice(diagnosis.durations)
    lay = [finding.lay for finding in chosen]
    if first_person:
        return rng.choice(
            (
                f"I am {age} and for {duration} I have had {_listed(lay)}.",
                f"I'm {age}. For {duration} now: {_listed(lay)}.",
            )
        )
    words = lay if rng.random() < 0.4 else [finding.clinical for finding in chosen]
    noun = {"F": "woman", "M": "man"}[sex]
    return rng.choice(
        (
            f"{age}-year-old {noun} with {_listed(words)} for {duration}.",
            f"{age}{sex}, {duration}: {'; '.join(words)}.",
            f"{age} y/o {noun}, {duration}: {_listed(words)}.",
            f"{noun.title()} aged {age} with {_listed(words)}, present for {duration}.",
        )
    )


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _given(patient: dict[str, Any]) -> str:
    return str(patient["name"]).split()[0]


def _family(patient: dict[str, Any]) -> str:
    return str(patient["name"]).split()[1]


def _born(patient: dict[str, Any]) -> date:
    return date.fromisoformat(patient["birth_date"])


def _title(patient: dict[str, Any]) -> str:
    return "Mrs" if patient["sex"] == "F" else "Mr"


def _long(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _street(patient: dict[str, Any]) -> str:
    return str(patient["address"]).split(",")[0]


def _dotted(patient: dict[str, Any]) -> str:
    return str(patient["phone"]).replace("(", "").replace(") ", ".").replace("-", ".")


def _relative(patient: dict[str, Any]) -> tuple[str, str]:
    name, relation = str(patient["relative"]).removesuffix(")").split(" (")
    return name, relation


def _grouped(patient: dict[str, Any]) -> str:
    mrn = str(patient["mrn"])
    return f"{mrn[:3]}-{mrn[3:5]}-{mrn[5:]}"


def _misspelt(name: str) -> str:
    return name[:3] + name[4:]


_Writer = Callable[[str, dict[str, Any], date], str]
_HOSPITAL: tuple[_Writer, ...] = (
    lambda c, p, d: f"{_family(p).upper()}, {_given(p).upper()} (MRN {p['mrn']}), seen {d.month}/{d.day}: {c}",
    lambda c, p, d: f"Pt {p['name']}, DOB {_born(p):%m/%d/%Y}. {c}",
    lambda c, p, d: f"{_title(p)} {_family(p)}, ph {_dotted(p)}: {c}",
    lambda c, p, d: f"{c} MRN: {_grouped(p)}. Referred by {p['physician']}.",
    lambda c, p, d: f"{p['facility']}, {d:%d %b %Y}. {c} {_given(p)[0]}. {_family(p)}, plan id {p['health_plan']}.",
    lambda c, p, d: f"{c} {_given(p)}'s {_relative(p)[1]} {_relative(p)[0]} can be reached on {p['phone']}.",
    lambda c, p, d: f"Patient: {_family(p)}, {_given(p)}. {c} Lives at {_street(p)}.",
    lambda c, p, d: f"{c} Seen at {p['facility']} on {_long(d)} by {p['physician']}.",
    lambda c, p, d: f"pt {p['name'].lower()}, mrn {p['mrn']}, {d.isoformat()}: {c}",
    lambda c, p, d: (
        f"Hx from {_misspelt(_family(p))}, {_given(p)}: {c} Member ID {p['health_plan'].replace('-', ' ')}."
    ),
    lambda c, p, d: f"{c} Results to {p['email']}, cc {p['physician'].split()[-1]}.",
    lambda c, p, d: f"{p['physician']} writes: {c} Follow-up at {p['facility'].upper()} {d:%m/%d/%y}.",
    lambda c, p, d: f"{p['name'].upper()}, born {_long(_born(p))}, of {p['address']}. {c}",
)
_OWN_WORDS: tuple[_Writer, ...] = (
    lambda c, p, d: f"My name is {p['name']}, born {_long(_born(p))}. {c}",
    lambda c, p, d: f"{c} Please write to {p['email']}.",
    lambda c, p, d: f"{c} You can call me on {p['phone']}, or my {_relative(p)[1]} {_relative(p)[0].split()[0]}.",
    lambda c, p, d: f"{c} I was seen at {p['facility']} on {d.month}/{d.day}/{d:%y} under number {p['mrn']}.",
    lambda c, p, d: f"{c} {p['physician']} sent me. Signed, {_given(p)[0]}. {_family(p)}, {_street(p)}.",
    lambda c, p, d: f"{c} My insurance number is {p['health_plan']}. {p['name']}",
)


def main() -> None:
    """Write the records file."""
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in build_records())
    (data_folder() / "records.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
