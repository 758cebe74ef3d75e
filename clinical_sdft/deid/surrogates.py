"""What stands in an identifier's place: short, of the same kind and form, and always the same for one patient."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from string import ascii_lowercase, ascii_uppercase, digits

from clinical_sdft.deid.categories import NUMBERS, Category, Span
from clinical_sdft.deid.dates import LEAP_YEAR, DateSpan, as_day, find_dates, rewrite
from clinical_sdft.deid.known import KnownPatient, NameToken
from clinical_sdft.deid.lexicon import lexicon, stem
from clinical_sdft.deid.policy import DeidPolicy
from clinical_sdft.deid.recognizers.known_identifiers import match_token
from clinical_sdft.deid.text import alnum, fold, matches, word_set

RESTRICTED_ZIP = word_set("036 059 063 102 203 205 369 556 692 790 821 823 830 831 878 879 884 890 893")
"""Three-digit ZIP prefixes of fewer than 20,000 people: the union of the 2000 and the 2010 census lists."""

NO_DATE = "[date]"
OLD_AGE = "90+"
_KINDS = (
    "Hospital",
    "Medical Center",
    "Medical Centre",
    "Health Center",
    "Clinic",
    "Pharmacy",
    "Hospice",
    "School",
    "University",
    "College",
    "Practice",
    "Office",
    "Institute",
    "Center",
    "Centre",
)
"""The words of a facility that stay; the first that fits."""


@dataclass(frozen=True)
class Replacement:
    """A replaced span: where it stood in the original, where its surrogate stands in the new text."""

    start: int
    end: int
    new_start: int
    new_end: int
    category: Category


class Surrogates:
    """Writes surrogates for one record; what it writes depends on the key, the patient and the value alone."""

    def __init__(self, key: bytes, policy: DeidPolicy, known: KnownPatient, originals: Iterable[str] = ()) -> None:
        """Keep what must never be written.

        Args:
            key: the secret key.
            policy: what happens to dates.
            known: the structured identifiers of the patient.
            originals: the identifiers found in the note.
        """
        self._key, self._policy, self._known = key, policy, known
        texts = [*(value.text for value in known.values), *originals, known.id]
        words = {word.group().casefold() for text in texts for word in matches(r"\p{L}[\p{L}']*", fold(text))}
        self._forbidden = frozenset(words | {alnum(text) for text in texts})

    def replace_all(self, text: str, spans: Sequence[Span]) -> tuple[str, tuple[Replacement, ...]]:
        """Return the new text, and where each replaced span stood and now stands.

        Args:
            text: the original narrative.
            spans: ordered spans without overlap.
        """
        pieces, replaced, position, length = [], [], 0, 0
        years = _stated_years(text, spans)
        for span in spans:
            before = fold(text[max(0, span.start - 8) : span.start])
            new = self.write(fold(text[span.start : span.end]), span.category, before, _nearest(years, span.start))
            pieces += [text[position : span.start], new]
            start = length + span.start - position
            length = start + len(new)
            replaced.append(Replacement(span.start, span.end, start, length, span.category))
            position = span.end
        return "".join(pieces) + text[position:], tuple(replaced)

    def write(self, value: str, category: Category, before: str = "", year: int = LEAP_YEAR) -> str:
        """Return the surrogate of one value.

        Args:
            value: the identifier as `fold` leaves it.
            category: what it is.
            before: the characters before it.
            year: the year of a date that states none, so that a leap day between two dates counts as it did.
        """
        if category == Category.NAME:
            return self._name(value, before)
        if category == Category.DATE:
            return self._date(value, year)
        if category in NUMBERS:
            return self._code(value, category)
        writers = {
            Category.AGE: lambda text: OLD_AGE + text.lstrip("0123456789") if text[0].isdigit() else OLD_AGE,
            Category.ZIP: _zip,
            Category.PHONE: self._phone,
            Category.EMAIL: lambda text: f"{self._code('aa00', category, text)}@example.org",
            Category.URL: lambda text: f"https://example.org/{self._code('aa00', category, text)}",
            Category.IP: lambda text: f"192.0.2.{1 + self._number(category, alnum(text)) % 254}",
            Category.FACILITY: self._facility,
            Category.PLACE: lambda text: _cased(text, self._pick(lexicon().surrogate_places, category, alnum(text))),
            Category.ADDRESS: self._address,
        }
        return writers[category](value)

    def _number(self, category: str, value: str, attempt: int = 0) -> int:
        message = "\0".join((self._known.id, category, value, str(attempt))).encode()
        return int.from_bytes(hmac.digest(self._key, message, hashlib.sha256), "big")

    def _pick(self, choices: Sequence[str], category: str, value: str) -> str:
        """Return a choice that is no identifier of this record."""
        first = self._number(category, value) % len(choices)
        ordered = (*choices[first:], *choices[:first])
        return next((choice for choice in ordered if choice.casefold() not in self._forbidden), ordered[0])

    def _name(self, value: str, before: str) -> str:
        words = [match for match in matches(r"\p{L}[\p{L}']*(?<!'s)(?<!')", value)]
        full = [match.group() for match in words if len(match.group()) > 1]
        family_first = bool(any(matches(r"^\p{L}[\p{L}'-]+, ?\p{L}", value)))
        titled = any(matches(r"\b(?:mr|mrs|ms|mx|dr|prof|miss|doctor|nurse)\.? ?$", before))
        written: list[str] = []
        position = 0
        for match in words:
            word = match.group()
            place = full.index(word) if word in full else -1
            family = place == 0 if family_first else place == len(full) - 1 and (len(full) > 1 or titled)
            written += [value[position : match.start()], self._name_word(word, family)]
            position = match.end()
        return "".join(written) + value[position:]

    def _name_word(self, word: str, family: bool) -> str:
        """Return the surrogate of one word of a name; a misspelt word gets that of the name it stands for."""
        low = word.casefold()
        if len(word) == 1:
            return self._initial(word)
        if low in _KEPT_WORDS:
            return word
        token = match_token(word, self._known)
        if token is not None:
            low, family = token.text, token.family
        elif low in lexicon().given and low not in lexicon().family:
            family = False
        choices = [choice for choice in self._choices(low, family, token) if choice[0].casefold() != low[0]]
        return _cased(word, self._pick(choices, f"name:{'family' if family else 'given'}", low))

    def _initial(self, word: str) -> str:
        """Return the first letter of the surrogate that a known name with this initial gets."""
        for name in self._known.names:
            for token in name:
                if len(token.text) > 1 and token.text[0] == word.casefold():
                    return self._name_word(token.text.title(), token.family)[0]
        letters = ascii_uppercase.replace(word.upper(), "").replace("I", "").replace("A", "")
        return letters[self._number("initial", word) % len(letters)]

    def _choices(self, low: str, family: bool, known: NameToken | None) -> Sequence[str]:
        words = lexicon()
        if family:
            return words.surrogate_family
        told = known.sex if known else ""
        if told == "f" or (not told and low in words.female and low not in words.male):
            return words.surrogate_female
        if told == "m" or (not told and low in words.male and low not in words.female):
            return words.surrogate_male
        return (*words.surrogate_female, *words.surrogate_male)

    def _date(self, value: str, year: int) -> str:
        # A bare `3/5` is a date only beside a word that says so, and here it is known to be one.
        value, found = next(
            ((text, days) for text in (value, f"on {value}") if (days := find_dates(text))), (value, ())
        )
        if self._policy.dates == "year_only" or not found:
            years = [day.year for day in found if day.year is not None]
            return str(years[0]) if years and years[0] >= self._policy.oldest_open_year else NO_DATE
        return self._shifted(value, found[0], year)

    def _shifted(self, value: str, found: DateSpan, year: int) -> str:
        day = as_day(found, year) or as_day(found)
        if day is None:
            return NO_DATE
        spread = 2 * self._policy.max_shift_days
        shift = self._number("shift", "") % spread - self._policy.max_shift_days
        moved = day + timedelta(days=shift if shift < 0 else shift + 1)
        if found.year is not None and moved.year < self._policy.oldest_open_year:
            return NO_DATE
        if found.day is None:
            return self._moved_month(value, found, day, moved)
        return rewrite(value, found, moved)

    def _moved_month(self, value: str, found: DateSpan, day: date, moved: date) -> str:
        """Write a month; it moves to the next one where a small shift would leave it as it was."""
        same = (day.year, day.month) == (moved.year, moved.month)
        return rewrite(value, found, moved + timedelta(days=31) if same else moved)

    def _code(self, shape: str, category: Category, value: str | None = None) -> str:
        """Return a code of the same shape: digits for digits, letters for letters, separators as they are."""
        normal = alnum(shape if value is None else value)
        for attempt in range(64):
            state = self._number(category, normal, attempt)
            written: list[str] = []
            for index, character in enumerate(shape):
                alphabet = _alphabet(character)
                if alphabet and not written and character != "0":
                    alphabet = alphabet.replace("0", "")
                state, choice = divmod(state, len(alphabet) or 1)
                written.append(alphabet[choice] if alphabet else character)
                if index % 40 == 39:
                    state = self._number(category, f"{normal}\0{index}", attempt)
            code = "".join(written)
            if alnum(code) not in self._forbidden:
                return code
        return "[id]"

    def _phone(self, value: str) -> str:
        """Return a number of the same shape; its last seven digits are the fictitious 555-01xx."""
        own = "".join(character for character in value.split("x")[0] if character.isdigit())
        new = self._code(value, Category.PHONE, own[-10:])
        places = [index for index, character in enumerate(new) if character.isdigit()]
        extension = next((match.start() for match in matches(r"x|ext", new)), len(new))
        places = [index for index in places if index < extension]
        if len(places) < 7 or ("+" in value and not value.startswith("+1")):
            return new
        characters = list(new)
        for index, digit in zip(places[-7:-2], "55501", strict=True):
            characters[index] = digit
        written = "".join(characters)
        # A longer number must not end in a known one that was stated without its area.
        return written if {alnum(written), alnum(written)[-7:]}.isdisjoint(self._forbidden) else new

    def _facility(self, value: str) -> str:
        kind = next((kind for kind in _KINDS if kind.casefold() in value.casefold()), "")
        own = alnum(" ".join(word for word in value.split() if stem(word) not in lexicon().departments))
        new = self._pick(lexicon().surrogate_facilities, Category.FACILITY, own or alnum(value))
        return _cased(value, f"{new} {kind}".strip())

    def _address(self, value: str) -> str:
        """Return a street line; the same house and street give the same line, however abbreviated."""
        own = "".join(alnum(word) for word in value.split()[:2])
        street = self._pick(lexicon().surrogate_streets, Category.ADDRESS, own)
        return f"{1 + self._number('house', own) % 98} {street} St"


def _stated_years(text: str, spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Return where in a text a date states its year, and which."""
    dates = [span for span in spans if span.category == Category.DATE]
    found = ((span.start, find_dates(fold(text[span.start : span.end]))) for span in dates)
    return [(start, days[0].year) for start, days in found if days and days[0].year and days[0].day]


def _nearest(years: Sequence[tuple[int, int]], place: int) -> int:
    return min(years, key=lambda stated: abs(stated[0] - place), default=(0, LEAP_YEAR))[1]


_KEPT_WORDS = word_set("de la van der von del da bin al den el dos jr sr md do rn np")


def _alphabet(character: str) -> str:
    if character.isdigit():
        return digits
    if not character.isalpha():
        return ""
    return ascii_uppercase if character.isupper() else ascii_lowercase


def _cased(old: str, new: str) -> str:
    letters = [character for character in old if character.isalpha()]
    if len(letters) > 1 and all(letter.isupper() for letter in letters):
        return new.upper()
    return new.lower() if letters and all(letter.islower() for letter in letters) else new


def _zip(value: str) -> str:
    """Return the first three digits, or 000 where too few people live under them."""
    return "000" if value[:3] in RESTRICTED_ZIP else value[:3]
