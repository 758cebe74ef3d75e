"""The material of invented notes, divided for good between tuning and held-out: no line or name is in both."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from clinical_sdft.deid.quality.choices import Split

_WORD = re.compile(r"\{(\w+)\}")

Section = tuple[str, str, int, int]
"""Heading, pool, fewest and most sentences."""


@dataclass(frozen=True)
class Origin:
    """Names of one origin."""

    female: tuple[str, ...]
    male: tuple[str, ...]
    family: tuple[str, ...]


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


@lru_cache(maxsize=3)
def pools(split: Split) -> Pools:
    """Return the pools of a split; names, places and sentences of `TUNING` and `HELD_OUT` are disjoint."""
    people, places, facts = _read("people"), _read("places"), _read("facts")
    origins = tuple(
        Origin(*(_part(_items(group[kind]), split) for kind in ("female", "male", "family")))
        for group in people.values()
    )
    parts = {name: _part(_items(text), split) for name, text in places.items()}
    cities = tuple(_city(line) for line in parts.pop("cities"))
    return Pools(
        origins=origins,
        cities=cities,
        facts={kind: _part(_items(text), split) for kind, text in facts.items()},
        sentences={name: _dealt(text.strip().split("\n"), split) for name, text in _read("sentences").items()},
        styles={name: tuple((h, p, int(a), int(b)) for h, p, a, b in rows) for name, rows in _read("styles").items()},
        **parts,
    )


def _read(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


def _items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(";") if item.strip())


def _city(line: str) -> tuple[str, str, str]:
    name, state, code = (part.strip() for part in line.split(","))
    return name, state, code


def _part(items: Iterable[str], split: Split) -> tuple[str, ...]:
    """Return one half of the items, by the order of their hashes; each half has at least one."""
    ordered: Sequence[str] = sorted(items, key=lambda item: hashlib.sha256(item.encode()).digest())
    middle = len(ordered) // 2
    halves = {Split.ALL: ordered, Split.TUNING: ordered[:middle], Split.HELD_OUT: ordered[middle:]}
    return tuple(halves[split])


def _dealt(lines: Sequence[str], split: Split) -> tuple[str, ...]:
    """Return one half of a pool's lines so that each rare word in braces comes to both halves if two lines hold it."""
    words = [set(_WORD.findall(line)) for line in lines]
    often = Counter(word for found in words for word in found)

    def order(number: int) -> tuple[str, bytes]:
        rarest = min(words[number], key=lambda word: (often[word], word), default="")
        return rarest, hashlib.sha256(lines[number].encode()).digest()

    ordered = [lines[number] for number in sorted(range(len(lines)), key=order)]
    halves = {Split.ALL: ordered, Split.TUNING: ordered[::2], Split.HELD_OUT: ordered[1::2]}
    return tuple(halves[split])
