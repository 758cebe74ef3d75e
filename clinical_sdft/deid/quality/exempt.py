"""What inside an identifier may stay: titles, labels, states and countries, and years (45 CFR 164.514(b)(2))."""

import re
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from clinical_sdft.deid.categories import Category

_DEGREE = (
    r"(?:m\.?d|d\.?o|r\.?n|n\.?p|ph\.?d|p\.?a(?:-c)?|dds|dmd|dpm|dpt|pt|ot|otr/?l?|lpn|lvn|cna|aprn|crna|fnp(?:-bc)?"
    r"|dnp|cnm|pharmd|rph|mbbs|msw|lcsw|lmsw|lpc|lmft|emt(?:-p)?|nrp|rrt|rd|bsn|msn|mph|mba|f\.?a\.?c\.?[spc]\.?|faap"
    r"|facc|facep|ccrn|lsw|lisw|licsw|dc|od|aud|cfrn|crt|cws|cwocn|ocn|cacp|ccds|ma|lac|dvm|jd|np-c|cnp|msn|rpsgt|rt"
    r"|slp|lmhc)"
)
_TITLES = re.compile(
    r"\b(?:dr|mr|mrs|ms|mx|prof|rev|sr|sra|miss|doctor|professor|nurse|coach|pastor|chaplain|officer|deputy|trooper"
    r"|sister"
    rf"|brother|father|mother|fr|bro|baby(?: girl| boy)?|aunt|uncle|don|doña|rn|lpn|cna)\b\.?"
    rf"|(?<=\w)(?:,? +{_DEGREE}\b\.?)+(?=,?\W*$)",
    re.IGNORECASE,
)
_LETTERS_BEHIND = re.compile(r"(?<=\w\w)'s$|\bnée\b")
"""A possessive ending, and what stands before a maiden name."""
_LABELS = re.compile(
    r"^(?:(?:patient|site|member|account|policy|record|chart|study)\s*)?(?:id|no|number|mrn|ssn|dob)\b\s*[.:#]*",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:19[4-9]\d|20\d\d)(?!\d)")
_JOINTS = re.compile(
    r"\b(?:the|of|on|at|in|since|early|mid|late|last|this|next|week|month|weekend|after|before)\b|(?<=')s\b",
    re.IGNORECASE,
)
_EXTENSION = re.compile(r"^[cfthpw](?= ?[\d(])|\bext\b|(?<=\s)x(?=\d)", re.IGNORECASE)
_LAST_WORDS = re.compile(r"^(?:last|this|next) (?:week|month|year)$", re.IGNORECASE)
_SMALL_WORDS = re.compile(r"^(?:the|The)\b|\b(?:the|of|on|at|for|and|in|near|de)\b")
_TITLE_OF_HOUSE = re.compile(r"^(?:Dr|Mr|Mrs|Ms)\b\.?")
_PLACES = (Category.PLACE, Category.FACILITY, Category.ADDRESS)


@lru_cache(maxsize=1)
def _open_places() -> tuple[frozenset[str], frozenset[str]]:
    text = files(__package__).joinpath("open_places.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return frozenset(name.strip().casefold() for name in loaded["names"].split(";")), frozenset(loaded["codes"].split())


def is_open_place(place: str) -> bool:
    """Tell whether a place is a state, a country or larger, which may stay."""
    names, codes = _open_places()
    return " ".join(place.split()).casefold().removeprefix("the ").strip(" .,") in names or place.strip(" .,") in codes


def exempt(value: str, category: Category) -> frozenset[int]:
    """Return the offsets in an identifier that need not be covered.

    Args:
        value: the identifier's own text.
        category: its category. Names lose titles and degrees; codes lose the label written before them; places,
            facilities and addresses lose a state or country behind a comma; dates lose a year that shows no age
            over 89, and words such as "the" and "last week"; ages lose their words, numbers the word "ext".
    """
    found: list[tuple[int, int]] = []
    if category == Category.NAME:
        found = [match.span() for pattern in (_TITLES, _LETTERS_BEHIND) for match in pattern.finditer(value)]
    elif category in _PLACES:
        states = (r",\s*([^,\d]+?)\s*(?=,|\d|$)", r"\s([A-Z]{2})\s*(?=,|\d|$)")
        found = [m.span(1) for pattern in states for m in re.finditer(pattern, value) if is_open_place(m[1])]
        found += [match.span() for pattern in (_SMALL_WORDS, _TITLE_OF_HOUSE) for match in pattern.finditer(value)]
    elif category == Category.DATE:
        patterns = (_YEAR, _LAST_WORDS, _JOINTS)
        found = [match.span() for pattern in patterns for match in pattern.finditer(value)]
    elif category == Category.AGE:
        found = [match.span() for match in re.finditer(r"[A-Za-z]+", value)]
    elif category == Category.PHONE:
        found = [match.span() for match in _EXTENSION.finditer(value)]
    else:
        found = [match.span() for match in _LABELS.finditer(value)]
    return frozenset(index for start, end in found for index in range(start, end))
