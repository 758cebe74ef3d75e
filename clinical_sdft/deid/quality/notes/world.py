"""The people and numbers behind one note, all invented."""

import random
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, timedelta
from string import ascii_uppercase
from typing import Any

from clinical_sdft.deid.quality.notes.pools import Origin, Pools


@dataclass(frozen=True)
class Person:
    """A name and what belongs to it."""

    given: str
    middle: str
    family: str
    sex: str
    credential: str = ""
    relation: str = ""
    nurse: bool = False

    @property
    def full(self) -> str:
        """Given and family name."""
        return f"{self.given} {self.family}"


@dataclass(frozen=True)
class World:
    """One patient and all that a note may say of them."""

    patient: Person
    relative: Person
    doctors: tuple[Person, Person]
    nurse: Person
    born: date
    visit: date
    city: tuple[str, str, str]
    other_city: tuple[str, str, str]
    street: str
    facilities: tuple[str, str]
    employer: str
    mrn: str
    ssn: str
    plan: str
    account: str
    phone: str
    email: str

    @property
    def age(self) -> int:
        """Full years on the day of the visit."""
        return (
            self.visit.year - self.born.year - ((self.visit.month, self.visit.day) < (self.born.month, self.born.day))
        )

    def record(self, number: str) -> dict[str, Any]:
        """Return the structured record that a hospital would hold."""
        doctor, relative = self.doctors[0], self.relative
        return {
            "id": f"P-{number}",
            "sex": self.patient.sex.upper(),
            "name": f"{self.patient.given} {self.patient.middle} {self.patient.family}".replace("  ", " "),
            "birth_date": self.born.isoformat(),
            "mrn": self.mrn,
            "ssn": self.ssn,
            "phone": self.phone,
            "email": self.email,
            "address": f"{self.street}, {self.city[0]}, {self.city[1]} {self.city[2]}",
            "relative": f"{relative.full} ({relative.relation})",
            "physician": f"Dr. {doctor.full}",
            "facility": self.facilities[0],
            "employer": self.employer,
            "health_plan": self.plan,
            "account": self.account,
        }


def make_world(rng: random.Random, pools: Pools, *, old: bool = False) -> World:
    """Draw a world; `old` makes the patient over 89."""
    visit = date(2019, 1, 1) + timedelta(days=rng.randrange(2500))
    years = rng.randrange(90, 103) if old else rng.randrange(19, 88)
    patient = _person(rng, pools)
    one, two = rng.sample(pools.facilities, 2)
    city, other = rng.sample(pools.cities, 2)
    return World(
        patient=patient,
        relative=_relative(rng, pools, patient),
        doctors=(_doctor(rng, pools), _doctor(rng, pools)),
        nurse=replace(_person(rng, pools, credential=rng.choice(pools.forms.nurse_credentials)), nurse=True),
        born=visit - timedelta(days=years * 365 + rng.randrange(30, 330) + years // 4),
        visit=visit,
        city=city,
        other_city=other,
        street=_street(rng, pools),
        facilities=(one, two),
        employer=rng.choice(pools.employers),
        mrn=digits(rng, rng.choice(pools.forms.mrn)),
        ssn=digits(rng, "###-##-####"),
        plan=digits(rng, rng.choice(pools.forms.plan)),
        account=digits(rng, rng.choice(pools.forms.account)),
        phone=phone(rng, pools),
        email=email(rng, pools, patient),
    )


def _person(rng: random.Random, pools: Pools, credential: str = "", relation: str = "", sex: str = "") -> Person:
    sex = sex or rng.choice("fm")
    origin: Origin = rng.choice(pools.origins)
    given = rng.choice(origin.female if sex == "f" else origin.male)
    other = rng.choice(pools.origins)
    middle = rng.choice(("", "", rng.choice(ascii_uppercase), rng.choice(other.female if sex == "f" else other.male)))
    family = rng.choice(origin.family)
    if rng.random() < 0.08 and " " not in family and "-" not in family:
        family = f"{family}-{rng.choice(other.family).split(' ')[-1]}"
    person = Person(given, middle, family, sex, credential, relation)
    return _plain(person) if rng.random() < 0.45 else person


def _plain(person: Person) -> Person:
    """Write a name without accents, as most hospital systems do."""
    bare = (
        "".join(c for c in unicodedata.normalize("NFD", part) if not unicodedata.combining(c))
        for part in (person.given, person.middle, person.family)
    )
    given, middle, family = bare
    return Person(given, middle, family, person.sex, person.credential, person.relation)


def _relative(rng: random.Random, pools: Pools, patient: Person) -> Person:
    sex = rng.choice("fm")
    person = _person(rng, pools, relation=rng.choice(pools.forms.relations[sex]), sex=sex)
    family = patient.family if rng.random() < 0.6 else person.family
    return Person(person.given, person.middle, family, sex, "", person.relation)


def _doctor(rng: random.Random, pools: Pools) -> Person:
    return _person(rng, pools, credential=rng.choice(pools.forms.credentials))


def _street(rng: random.Random, pools: Pools) -> str:
    number = f"{rng.randrange(2, 9999)}{rng.choice(('', '', '', 'B', '-12'))}"
    unit = rng.choice(
        ("", "", "", f", Apt {rng.randrange(1, 40)}", f" #{rng.randrange(1, 400)}", " Unit 4C", ", Suite 200")
    )
    if rng.random() < 0.08:
        return f"{rng.choice(('PO Box', 'P.O. Box'))} {rng.randrange(10, 9999)}"
    return f"{number} {rng.choice(pools.streets)}{unit}"


def digits(rng: random.Random, pattern: str) -> str:
    """Return a pattern filled: # a digit, 0-less in front, @ a capital letter."""
    out: list[str] = []
    for character in pattern:
        if character == "#":
            out.append(str(rng.randrange(1 if not any(c.isdigit() for c in out) else 0, 10)))
        elif character == "@":
            out.append(rng.choice(ascii_uppercase))
        else:
            out.append(character)
    return "".join(out)


def phone(rng: random.Random, pools: Pools) -> str:
    """Return a telephone number in one of the usual forms; the exchange is the fictitious 555."""
    area, line = rng.randrange(201, 989), f"01{rng.randrange(100):02d}"
    return rng.choice(pools.forms.phone).format(a=area, n=line)


def email(rng: random.Random, pools: Pools, person: Person) -> str:
    """Return an e-mail address under a reserved domain."""
    ascii_name = [
        "".join(c for c in unicodedata.normalize("NFKD", part).casefold() if c.isascii() and c.isalpha()) or "x"
        for part in (person.given, person.family)
    ]
    form = rng.choice(pools.forms.email)
    return f"{form.format(*ascii_name, n=rng.randrange(1, 99))}@{rng.choice(pools.forms.mail_hosts)}"
