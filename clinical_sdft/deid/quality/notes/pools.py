"""The material of invented notes, some folders to tune on and one to report on: no line or name is in both."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from clinical_sdft.deid.quality.choices import Split

_FOLDERS = {
    Split.TUNING: ("tuning", "tuning_later", "tuning_third", "tuning_fourth", "tuning_fifth", "tuning_sixth"),
    Split.HELD_OUT: ("held_out",),
}

Section = tuple[str, str, int, int]
"""Heading, pool, fewest and most sentences."""


@dataclass(frozen=True)
class Origin:
    """Names of one origin."""

    female: tuple[str, ...]
    male: tuple[str, ...]
    family: tuple[str, ...]


@dataclass(frozen=True)
class Forms:
    """How dates, numbers and codes are written; `#` is a digit, `@` a capital letter, a word in braces a part."""

    codes: dict[str, tuple[str, ...]]
    mrn: tuple[str, ...]
    plan: tuple[str, ...]
    account: tuple[str, ...]
    phone: tuple[str, ...]
    email: tuple[str, ...]
    mail_hosts: tuple[str, ...]
    date: tuple[str, ...]
    date_short: tuple[str, ...]
    month_year: tuple[str, ...]
    age: tuple[str, ...]
    holidays: tuple[str, ...]
    countries: tuple[str, ...]
    sex_words: dict[str, tuple[str, ...]]
    relations: dict[str, tuple[str, ...]]
    credentials: tuple[str, ...]
    nurse_credentials: tuple[str, ...]
    photos: tuple[str, ...]
    web: tuple[str, ...]


@dataclass(frozen=True)
class Pools:
    """All that a note is drawn from."""

    origins: tuple[Origin, ...]
    cities: tuple[tuple[str, str, str], ...]
    counties: tuple[str, ...]
    neighbourhoods: tuple[str, ...]
    streets: tuple[str, ...]
    facilities: tuple[str, ...]
    employers: tuple[str, ...]
    facts: dict[str, tuple[str, ...]]
    sentences: dict[str, tuple[str, ...]]
    styles: dict[str, tuple[Section, ...]]
    forms: Forms


@lru_cache(maxsize=2)
def pools(split: Split) -> Pools:
    """Return the pools of a split; names, places and sentences of `TUNING` and `HELD_OUT` are disjoint.

    Raises:
        KeyError: `ALL`, as the two are kept apart.
    """
    people, places, facts, forms, sentences = (
        _together([_read(name, folder) for folder in _FOLDERS[split]])
        for name in ("people", "places", "facts", "forms", "sentences")
    )
    origins = tuple(
        Origin(*(_items(group[kind]) for kind in ("female", "male", "family"))) for group in people.values()
    )
    parts = {name: _items(text) for name, text in places.items()}
    cities = tuple(_city(line) for line in parts.pop("cities"))
    return Pools(
        origins=origins,
        cities=cities,
        facts={kind: _items(text) for kind, text in facts.items()},
        sentences={name: tuple(filter(None, text.split("\n"))) for name, text in sentences.items()},
        styles={name: tuple((h, p, int(a), int(b)) for h, p, a, b in rows) for name, rows in _read("styles").items()},
        forms=Forms(**_frozen(forms)),
        **parts,
    )


def _read(name: str, folder: str = "") -> dict[str, Any]:
    path = files(__package__).joinpath(folder, f"{name}.yaml")
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def _together(parts: list[Any]) -> Any:
    """Return the material of all parts as that of one, name by name."""
    first = parts[0]
    if isinstance(first, dict):
        return {name: _together([part[name] for part in parts if name in part]) for name in first}
    return sum(parts[1:], first) if isinstance(first, list) else ("\n" if "\n" in first else "; ").join(parts)


def _frozen(value: Any) -> Any:
    """Return lists as tuples, wherever they stand."""
    if isinstance(value, dict):
        return {str(key): _frozen(item) for key, item in value.items()}
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(";") if item.strip())


def _city(line: str) -> tuple[str, str, str]:
    name, state, code = (part.strip() for part in line.split(","))
    return name, state, code
