"""What else might have stood in an identifier's place: random values of the same kind and shape, for the probe."""

import random
from string import ascii_lowercase, ascii_uppercase, digits

from clinical_sdft.deid.categories import NUMBERS, Category
from clinical_sdft.deid.dates import find_dates
from clinical_sdft.deid.deidentify import Removed
from clinical_sdft.deid.lexicon import lexicon, stem
from clinical_sdft.deid.text import matches

PROBED = NUMBERS | {Category.NAME, Category.PHONE, Category.DATE, Category.ZIP}
"""Categories for which there are as many alternatives as one likes."""
_DRAWN = "\ue000"
_SHORTEST = 4
"""Shorter identifiers stand in too many texts to tell anything."""


def can_be_probed(removed: Removed) -> bool:
    """Tell whether an identifier has alternatives of its shape, and is long enough to tell anything."""
    return removed.category in PROBED and sum(map(str.isalnum, removed.original)) >= _SHORTEST


def alternatives(removed: Removed, count: int, seed: int) -> list[str]:
    """Return distinct random values of an identifier's kind and shape, never the identifier or its surrogate.

    Names are drawn from the name lists, word by word; in everything else each digit stands for a digit and each
    letter for a letter. What may stay in a text (the year of a date, three digits of a ZIP code, whatever surrogate
    and identifier have in common) is the same in all, for a model may know that. Fewer come back where there are not
    so many.
    """
    rng = random.Random(seed)
    taken = {removed.original.casefold(), removed.surrogate.casefold()}
    draw = _name if removed.category == Category.NAME else _shape
    if removed.category == Category.DATE and find_dates(removed.original):
        draw = _date
    stay = _common(removed) if draw is _shape else ""
    found: list[str] = []
    for _ in range(count * 20):
        if len(found) == count:
            break
        new = draw(removed.original, rng)
        new = "".join(kept if kept != _DRAWN else drawn for kept, drawn in zip(stay, new, strict=True)) if stay else new
        if new.casefold() not in taken:
            taken.add(new.casefold())
            found.append(new)
    return found


def _name(value: str, rng: random.Random) -> str:
    """Return another name: words of two and more letters are drawn, initials become other initials."""
    words = lexicon()
    written, position = [], 0
    for match in matches(r"\p{L}[\p{L}']*", value):
        word = match.group()
        if len(word) == 1:
            new = rng.choice(ascii_uppercase)
        else:
            pool = words.given if stem(word) in words.given and stem(word) not in words.family else words.family
            new = rng.choice(sorted(pool))
        new = new.upper() if word.isupper() else new.title() if word[0].isupper() else new
        written += [value[position : match.start()], new]
        position = match.end()
    return "".join(written) + value[position:]


def _date(value: str, rng: random.Random) -> str:
    """Return another date of the same year."""
    found = find_dates(value)[0]
    bounds = {"m": (1, 12), "d": (1, 28)}
    written, position = [], 0
    for key, (start, end) in sorted(found.parts.items(), key=lambda part: part[1]):
        if key in bounds:
            new = str(rng.randint(*bounds[key]))[-(end - start) :].zfill(end - start)
            written += [value[position:start], new]
            position = end
    return "".join(written) + value[position:]


def _common(removed: Removed) -> str:
    """Return the characters that stay in all alternatives, and a mark for each that is drawn; empty for none."""
    one, other = removed.original, removed.surrogate
    if removed.category == Category.ZIP:
        return one[:3] + _DRAWN * (len(one) - 3)
    if len(one) != len(other):
        return ""
    return "".join(left if left == right else _DRAWN for left, right in zip(one, other, strict=True))


def _shape(value: str, rng: random.Random) -> str:
    return "".join(_like(character, rng) for character in value)


def _like(character: str, rng: random.Random) -> str:
    if character.isdigit():
        return rng.choice(digits)
    if not character.isalpha():
        return character
    return rng.choice(ascii_uppercase if character.isupper() else ascii_lowercase)
