"""The people and numbers behind one note, all invented."""

import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from string import ascii_uppercase
from typing import Any

from clinical_sdft.deid.quality.notes.pools import Origin, Pools

_RELATIONS = {
    "f": ("daughter", "wife", "sister", "mother", "aunt", "niece", "friend", "grandmother"),
    "m": ("son", "husband", "brother", "father", "uncle", "nephew", "neighbor", "grandson"),
}
_CREDENTIALS = ("MD", "DO", "M.D.", "MD, PhD", "MBBS", "FACP")
_NURSE_CREDENTIALS = ("RN", "R.N.", "LPN", "NP", "RN, BSN", "CRNA")
_MAIL_HOSTS = ("example.org", "mail.example.com", "example.net", "post.example.edu", "inbox.example.co.uk")


@dataclass(frozen=True)
class Person:
    """A name and what belongs to it."""

    given: str
    middle: str
    family: str
    sex: str
    credential: str = ""
    relation: str = ""

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
        nurse=_person(rng, pools, credential=rng.choice(_NURSE_CREDENTIALS)),
        born=visit - timedelta(days=years * 365 + rng.randrange(30, 330) + years // 4),
        visit=visit,
        city=city,
        other_city=other,
        street=_street(rng, pools),
        facilities=(one, two),
        employer=rng.choice(pools.employers),
        mrn=rng.choice(MRN_SHAPES)(rng),
        ssn=_digits(rng, "###-##-####"),
        plan=rng.choice(PLAN_SHAPES)(rng),
        account=rng.choice(ACCOUNT_SHAPES)(rng),
        phone=phone(rng),
        email=email(rng, patient),
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
    person = _person(rng, pools, relation=rng.choice(_RELATIONS[sex]), sex=sex)
    family = patient.family if rng.random() < 0.6 else person.family
    return Person(person.given, person.middle, family, sex, "", person.relation)


def _doctor(rng: random.Random, pools: Pools) -> Person:
    return _person(rng, pools, credential=rng.choice(_CREDENTIALS))


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
    return _digits(rng, pattern)


def _digits(rng: random.Random, pattern: str) -> str:
    out: list[str] = []
    for character in pattern:
        if character == "#":
            out.append(str(rng.randrange(1 if not any(c.isdigit() for c in out) else 0, 10)))
        elif character == "@":
            out.append(rng.choice(ascii_uppercase))
        else:
            out.append(character)
    return "".join(out)


def _shapes(*patterns: str) -> tuple[Callable[[random.Random], str], ...]:
    return tuple((lambda rng, pattern=pattern: _digits(rng, pattern)) for pattern in patterns)


MRN_SHAPES = _shapes("#######", "########", "##-##-##", "@@######", "MR-######", "###-###-###", "@#######", "00######")
PLAN_SHAPES = _shapes(
    "#@@#-@@#-@@##", "@@@#########", "###########@", "HP-#######", "W#########", "@@@######-##", "##########"
)
ACCOUNT_SHAPES = _shapes("##########", "ACC-#######", "@##########", "#######-###", "####-####-####")


def phone(rng: random.Random) -> str:
    """Return a telephone number in one of the usual forms; the exchange is the fictitious 555."""
    area, line = rng.randrange(201, 989), f"01{rng.randrange(100):02d}"
    form = rng.choice(
        (
            "({a}) 555-{n}", "{a}-555-{n}", "{a}.555.{n}", "{a} 555 {n}", "+1 {a} 555 {n}", "1-{a}-555-{n}",
            "{a}555{n}",
            "({a})555-{n} ext. 214", "{a}-555-{n} x33", "+44 20 7946 {n}", "001-{a}-555-{n}",
        )
    )  # fmt: skip
    return form.format(a=area, n=line)


def email(rng: random.Random, person: Person) -> str:
    """Return an e-mail address under a reserved domain."""
    ascii_name = [
        "".join(c for c in unicodedata.normalize("NFKD", part).casefold() if c.isascii() and c.isalpha()) or "x"
        for part in (person.given, person.family)
    ]
    form = rng.choice(("{0}.{1}", "{0[0]}{1}", "{1}_{0}", "{0}{n}", "{1}.{0[0]}{n}", "{0}-{1}", "{0}+clinic"))
    return f"{form.format(*ascii_name, n=rng.randrange(1, 99))}@{rng.choice(_MAIL_HOSTS)}"
