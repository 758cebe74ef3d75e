"""What else might have stood in an identifier's place: random values of the same kind and shape, for the probe."""

import random
from functools import cache
from string import ascii_lowercase, ascii_uppercase, digits

from clinical_sdft.deid.categories import NUMBERS, Category
from clinical_sdft.deid.dates import find_dates
from clinical_sdft.deid.deidentify import Removed
from clinical_sdft.deid.lexicon import large_list, lexicon, plain_letters, stem
from clinical_sdft.deid.text import matches, word_set

PROBED = NUMBERS | {Category.NAME, Category.PHONE, Category.DATE, Category.ZIP, Category.PLACE, Category.ADDRESS}
"""Categories for which there are as many alternatives as one likes; of places, for the towns of a list."""
_DRAWN = "\ue000"
_WORD = r"\p{L}[\p{L}']*"
_STREET_WORDS = word_set(
    "street str st avenue ave road rd lane ln drive dr boulevard blvd court ct terrace way circle cir parkway pkwy "
    "highway hwy crescent close row trail place pl square sq alley route rte north south east west n s e w ne nw se sw "
    "apt apartment suite ste unit floor fl room rm lot bldg building po box p o p.o the of old new state county"
)
"""Words of a street line that say nothing of whose it is: they stay."""
_STREETS = word_set(
    "main park church maple oak elm pine cedar walnut chestnut willow spruce birch cherry hickory poplar sycamore "
    "laurel lake river spring valley hill ridge forest meadow sunset highland prospect pleasant mill school college "
    "center market water front bridge railroad garden orchard franklin washington lincoln jefferson madison jackson"
)
"""Names that streets of many towns bear."""
_LENGTH = 3
"""By how many letters a town's name may be longer or shorter than that in whose place it stands."""
_FEWEST_TOWNS = 100
_SHORTEST = 4
"""Shorter identifiers stand in too many texts to tell anything."""


def can_be_probed(removed: Removed) -> bool:
    """Tell whether an identifier has alternatives of its shape, and is long enough to tell anything."""
    if removed.category not in PROBED or sum(map(str.isalnum, removed.original)) < _SHORTEST:
        return False
    if removed.category == Category.PLACE:
        return bool(_towns_like(_town(removed.original)))
    return removed.category != Category.ADDRESS or _is_street_line(removed.original)


def alternatives(removed: Removed, count: int, seed: int) -> list[str]:
    """Return distinct random values of an identifier's kind and shape, never the identifier or its surrogate.

    Names are drawn from the name lists, word by word; towns from a list that holds the town; a street line gets other
    numbers and another street of the same kind; in everything else each digit stands for a digit and each letter for
    a letter. What may stay in a text (the year of a date, three digits of a ZIP code, whatever surrogate and identifier
    have in common) is the same in all, for a model may know that. Fewer come back where there are not so many.
    """
    rng = random.Random(seed)
    taken = {removed.original.casefold(), removed.surrogate.casefold()}
    draw = {Category.NAME: _name, Category.PLACE: _place, Category.ADDRESS: _street}.get(
        Category(removed.category), _shape
    )
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


def _town(value: str) -> str:
    """Return a place up to its first comma: what follows is a state or a country."""
    return value.partition(",")[0].strip()


@cache
def _towns_like(town: str) -> tuple[str, ...]:
    """Return the towns of the first list that holds a town and enough like it: as many words, about as long."""
    low = plain_letters(town.casefold())
    names = lexicon()
    unlike = {low, *map(str.casefold, names.surrogate_places)}
    for pool in (names.cities, large_list("places_large"), large_list("places_small")):
        alike = {one for one in pool - unlike if _is_like(one, low)} if low in pool else ()
        if len(alike) >= _FEWEST_TOWNS:
            return tuple(sorted(alike))
    return ()


def _is_like(one: str, other: str) -> bool:
    return len(one.split()) == len(other.split()) and abs(len(one) - len(other)) <= _LENGTH


def _place(value: str, rng: random.Random) -> str:
    """Return another town, in the letters in which the town is written; its state stays."""
    town = _town(value)
    new = rng.choice(_towns_like(town))
    new = new.upper() if town.isupper() else new if town.islower() else new.title()
    return value.replace(town, new, 1)


def _is_street_line(value: str) -> bool:
    """Tell whether an address has a number, and a street's own name to draw another one for."""
    words = [match.group() for match in matches(_WORD, value)]
    return any(map(str.isdigit, value)) and any(_names_street(word) for word in words)


def _names_street(word: str) -> bool:
    low = word.casefold()
    return len(low) > 1 and low not in _STREET_WORDS and low.upper() not in lexicon().state_codes


def _street(value: str, rng: random.Random) -> str:
    """Return a street line of the same form: other numbers, other names, the same kind of street."""
    pool = sorted((_STREETS | lexicon().family) - {one.casefold() for one in lexicon().surrogate_streets})
    written, position = [], 0
    for match in matches(rf"{_WORD}|\d+", value):
        word = match.group()
        if word[0].isdigit():
            new = rng.choice(digits[1:]) + "".join(rng.choice(digits) for _ in word[1:])
        elif _names_street(word):
            new = rng.choice(pool)
            new = new.upper() if word.isupper() else new if word.islower() else new.title()
        else:
            new = word
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
