"""What each word in braces is filled with."""

import random
from collections.abc import Callable
from datetime import date, timedelta

from clinical_sdft.deid.quality.notes.pieces import Piece
from clinical_sdft.deid.quality.notes.pools import Pools
from clinical_sdft.deid.quality.notes.world import Person, World, digits, email, phone

Pieces = list[Piece]
Filler = Callable[[World, Pools, random.Random], Pieces]

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CATEGORY = {
    "licence": "licence", "dea": "licence", "npi": "licence", "plate": "vehicle", "vin": "vehicle", "device": "device",
    "udi": "device", "other": "other_id", "bio": "other_id",
}  # fmt: skip


def fill(word: str, world: World, pools: Pools, rng: random.Random) -> Pieces:
    """Return the pieces that stand for `{word}`.

    Raises:
        KeyError: no filler has that name.
    """
    if word in pools.facts:
        return [Piece(rng.choice(pools.facts[word]), keep=word)]
    if word in _CATEGORY:
        return [Piece(digits(rng, rng.choice(pools.forms.codes[word])), _CATEGORY[word])]
    role, _, form = word.partition("_")
    if role in _PEOPLE and form == "email":
        return [Piece(email(rng, pools, _PEOPLE[role](world)), "email")]
    if role in _PEOPLE and form in _FORMS:
        return _FORMS[form](_PEOPLE[role](world), rng)
    return _FILLERS[word](world, pools, rng)


_PEOPLE: dict[str, Callable[[World], Person]] = {
    "p": lambda world: world.patient,
    "r": lambda world: world.relative,
    "d": lambda world: world.doctors[0],
    "d2": lambda world: world.doctors[1],
    "n": lambda world: world.nurse,
}


def _name(text: str) -> Pieces:
    return [Piece(text, "name")]


def _any(person: Person, rng: random.Random) -> Pieces:
    given, family = person.given, person.family
    middle = f" {person.middle}{'.' if len(person.middle) == 1 else ''}" if person.middle else ""
    forms = [f"{given} {family}", f"{given}{middle} {family}", f"{given[0]}. {family}", f"{family}, {given}"]
    text = rng.choice((*forms[:2], *forms))
    return [*_title(person, rng, 0.35), *_name(text)]


def _title(person: Person, rng: random.Random, chance: float) -> Pieces:
    if rng.random() >= chance:
        return []
    if person.credential:
        return [Piece(rng.choice(("Dr. ", "Dr ")) if not person.nurse else "Nurse ")]
    return [Piece(rng.choice(("Mrs. ", "Ms. ", "Ms ") if person.sex == "f" else ("Mr. ", "Mr ")))]


def _last_first(person: Person, rng: random.Random) -> Pieces:
    middle = f" {person.middle[0]}" if person.middle else ""
    text = rng.choice((f"{person.family}, {person.given}{middle}", f"{person.family},{person.given}"))
    return _name(text.upper() if rng.random() < 0.4 else text)


def _credentialled(person: Person, rng: random.Random) -> Pieces:
    middle = f" {person.middle[0]}." if person.middle and rng.random() < 0.5 else ""
    return [*_name(f"{person.given}{middle} {person.family}"), Piece(f", {person.credential or 'MD'}")]


_FORMS: dict[str, Callable[[Person, random.Random], Pieces]] = {
    "any": _any,
    "first": lambda person, rng: _name(person.given),
    "last": lambda person, rng: _name(person.family),
    "lastfirst": _last_first,
    "cred": _credentialled,
    "init": lambda person, rng: _name(f"{person.given[0]}. {person.family}"),
}


def _titled_last(world: World, pools: Pools, rng: random.Random) -> Pieces:
    title = rng.choice(("Mrs. ", "Ms. ", "Ms ")) if world.patient.sex == "f" else rng.choice(("Mr. ", "Mr "))
    return [Piece(title), *_name(world.patient.family)]


def _date_piece(text: str) -> Pieces:
    return [Piece(text, "date")]


def _near(world: World, rng: random.Random) -> date:
    return world.visit + timedelta(days=rng.randrange(-40, 40))


def write_date(day: date, form: str) -> str:
    """Return a date in a form whose parts stand in braces: `{m}/{d}/{yyyy}`, `{mon} {ord}`, `{yyyy}{mm}{dd}`."""
    month = _MONTHS[day.month - 1]
    suffix = "th" if 4 <= day.day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    parts = {
        "m": day.month, "mm": f"{day.month:02d}", "d": day.day, "dd": f"{day.day:02d}", "ord": f"{day.day}{suffix}",
        "yyyy": day.year, "yy": f"{day.year % 100:02d}", "month": month, "mon": month[:3], "MON": month[:3].upper(),
    }  # fmt: skip
    return form.format(**parts)


def _date(day: date, pools: Pools, rng: random.Random) -> Pieces:
    """Return a full date, and the time of day behind it as a part of its own: it identifies nobody."""
    head, bar, time = rng.choice(pools.forms.date).partition("|")
    return [*_date_piece(write_date(day, head)), *([Piece(time, neutral="time")] if bar else [])]


def _short_date(day: date, pools: Pools, rng: random.Random) -> str:
    return write_date(day, rng.choice(pools.forms.date_short))


def _month_year(world: World, pools: Pools, rng: random.Random) -> Pieces:
    return _date_piece(
        write_date(world.visit.replace(day=1, year=world.visit.year - 1), rng.choice(pools.forms.month_year))
    )


def _weekday_date(world: World, pools: Pools, rng: random.Random) -> Pieces:
    weekday = Piece(f"{rng.choice(_WEEKDAYS)}, ", neutral="weekday")
    return [weekday, *_date_piece(_short_date(_near(world, rng), pools, rng))]


def _date_range(world: World, pools: Pools, rng: random.Random) -> Pieces:
    first = _near(world, rng)
    last = first + timedelta(days=rng.randrange(2, 20))
    joint = rng.choice((" to ", " - ", " through "))
    return [Piece("from "), *_date(first, pools, rng), Piece(joint), *_date(last, pools, rng)]


def _age(world: World, pools: Pools, rng: random.Random) -> Pieces:
    years = world.age if world.age < 90 else rng.randrange(20, 88)
    return [Piece(rng.choice(pools.forms.age).format(years), keep="age")]


def _of_patient(form: str, world: World, rng: random.Random) -> str:
    """Return an address or a file name that holds something of the patient."""
    given = "".join(c for c in world.patient.given.lower() if c.isascii() and c.isalpha()) or "x"
    return form.format(mrn=world.mrn, n=rng.randrange(10**6), initial=given[0], given=given)


def _web(world: World, pools: Pools, rng: random.Random) -> Pieces:
    return [Piece(_of_patient(rng.choice(pools.forms.web), world, rng), "url")]


def _network(world: World, pools: Pools, rng: random.Random) -> Pieces:
    four = ".".join(str(rng.randrange(1, 255)) for _ in range(4))
    six = f"2001:db8::{rng.randrange(16**4):x}:{rng.randrange(16**4):x}"
    return [Piece(rng.choice((four, four, six)), "ip")]


def _photo(world: World, pools: Pools, rng: random.Random) -> Pieces:
    return [Piece(_of_patient(digits(rng, rng.choice(pools.forms.photos)), world, rng), "other_id")]


def _date_word(world: World, pools: Pools, rng: random.Random) -> Pieces:
    return _date_piece(rng.choice((rng.choice(pools.forms.holidays), _short_date(_near(world, rng), pools, rng))))


def _state(world: World) -> Pieces:
    return [Piece(world.city[1], neutral="state")]


_FILLERS: dict[str, Filler] = {
    "p_title_last": _titled_last,
    "sex": lambda w, p, r: [Piece("Female" if w.patient.sex == "f" else "Male")],
    "sexword": lambda w, p, r: [Piece(r.choice(p.forms.sex_words[w.patient.sex]))],
    "rel": lambda w, p, r: [Piece(w.relative.relation)],
    "email": lambda w, p, r: [Piece(w.email, "email")],
    "mrn": lambda w, p, r: [Piece(w.mrn, "mrn")],
    "ssn": lambda w, p, r: [Piece(r.choice((w.ssn, w.ssn, w.ssn.replace("-", " "), w.ssn.replace("-", ""))), "ssn")],
    "ssn4": lambda w, p, r: [Piece(w.ssn[-4:], "ssn")],
    "plan": lambda w, p, r: [Piece(w.plan, "health_plan")],
    "account": lambda w, p, r: [Piece(w.account, "account")],
    "phone": lambda w, p, r: [Piece(r.choice((w.phone, phone(r, p))), "phone")],
    "fax": lambda w, p, r: [Piece(phone(r, p), "phone")],
    "dob": lambda w, p, r: _date(w.born, p, r),
    "date": lambda w, p, r: _date(_near(w, r), p, r),
    "date_range": _date_range,
    "date_short": lambda w, p, r: _date_piece(_short_date(_near(w, r), p, r)),
    "date_word": _date_word,
    "weekday_date": _weekday_date,
    "month_year": _month_year,
    "year": lambda w, p, r: [Piece(str(w.visit.year - r.randrange(2, 30)), neutral="year")],
    "fac": lambda w, p, r: [Piece(w.facilities[0], "facility")],
    "fac2": lambda w, p, r: [Piece(w.facilities[1], "facility")],
    "employer": lambda w, p, r: [Piece(w.employer, "facility")],
    "city": lambda w, p, r: [Piece(w.city[0], "place")],
    "state": lambda w, p, r: _state(w),
    "zip": lambda w, p, r: [Piece(r.choice((w.city[2], f"{w.city[2]}-{r.randrange(1000, 9999)}")), "zip")],
    "county": lambda w, p, r: [Piece(r.choice(p.counties), "place")],
    "neighbourhood": lambda w, p, r: [Piece(r.choice(p.neighbourhoods), "place")],
    "street": lambda w, p, r: [Piece(w.street, "address")],
    "country": lambda w, p, r: [Piece(r.choice(p.forms.countries), neutral="country")],
    "url": _web,
    "ip": _network,
    "photo": _photo,
    "age": _age,
    "old_age": lambda w, p, r: [Piece(f"{w.age} year old" if r.random() < 0.5 else f"{w.age}-year-old", "age_over_89")],
    "old_age_bare": lambda w, p, r: [Piece(str(w.age), "age_over_89")],
    "birth_year": lambda w, p, r: [Piece(str(w.born.year), "date")],
}  # fmt: skip
