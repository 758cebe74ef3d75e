"""The identifiers that the patient's own structured record states, sorted by what they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.dates import find_dates
from clinical_sdft.deid.lexicon import lexicon
from clinical_sdft.deid.text import alnum, fold, matches, unaccented, word_set

NOT_IDENTIFYING = word_set(
    "sex gender age race ethnicity language marital_status relation relationship deceased state country unit "
    "units type use system status smoking allergies preferred active"
)
_BY_KEY: tuple[tuple[str, Category], ...] = (
    (r"e_?mail", Category.EMAIL),
    (r"phone|fax|mobile|cell|^tel|_tel|pager", Category.PHONE),
    (r"birth|dob|date|admi(t|ssion)|discharge|death|_on$|_at$", Category.DATE),
    (r"mrn|medical_record|chart", Category.MRN),
    (r"ssn|social_security", Category.SSN),
    (r"plan|member|insur|medicare|medicaid|policy|subscriber|payer", Category.HEALTH_PLAN),
    (r"account|acct|encounter|claim|card", Category.ACCOUNT),
    (r"plate|vehicle|vin", Category.VEHICLE),
    (r"licen|certificate|npi|dea|passport", Category.LICENCE),
    (r"device|serial|implant", Category.DEVICE),
    (r"url|web|site|portal", Category.URL),
    (r"^ip$|ip_addr", Category.IP),
    (r"zip|postal", Category.ZIP),
    (r"address|street|^addr|^line", Category.ADDRESS),
    (r"city|town|county|place|village|district", Category.PLACE),
    (r"facility|hospital|clinic|employer|organi[sz]ation|school|practice|ward|pharmacy", Category.FACILITY),
    (
        r"name|relative|mother|father|parent|spouse|wife|husband|partner|child|son|daughter|brother"
        r"|sister|sibling|kin"
        r"|contact|guardian|physician|doctor|provider|nurse|surgeon|pcp|^gp$|attending|referr|care"
        r"|given|family|given|alias",
        Category.NAME,
    ),
)
_NAME_NOISE = word_set(
    "dr mr mrs ms miss mx prof md do rn np pa phd jr sr ii iii iv the of and sister brother mother father wife "
    "husband son daughter partner spouse aunt uncle friend cousin niece nephew parent guardian neighbor neighbour "
    "grandmother grandfather grandson granddaughter step twin de la van der von del da bin al den dos el "
    "stepmother stepfather stepson stepdaughter stepbrother stepsister girlfriend boyfriend "
    "fiancé fiancée fiance fiancee roommate housemate caregiver carer self ex-wife ex-husband ex "
    "hcpoa poa hcp late former oldest older eldest elder youngest younger middle adult twin half foster adopted "
    "adoptive only great maternal "
    "paternal"
)
_IN_LAW = r"\b\p{L}+[ -]in[ -]law\b"
_RELATIONS = {
    "f": r"\b(?:mrs|ms|miss|sister|mother|wife|daughter|aunt|niece|grandmother|granddaughter)\b",
    "m": r"\b(?:mr|brother|father|husband|son|uncle|nephew|grandfather|grandson)\b",
}


@dataclass(frozen=True)
class KnownValue:
    """One leaf of the structured record: its category and its text with typographic variants made plain."""

    category: Category
    text: str

    @cached_property
    def code(self) -> str:
        """Letters and digits only, in lower case."""
        return alnum(self.text)


@dataclass(frozen=True)
class NameToken:
    """One word of a known name: in lower case, whether it stands as a family name, and `f` or `m` where told."""

    text: str
    family: bool
    sex: str = ""


@dataclass(frozen=True)
class KnownPatient:
    """What is known of the patient before the note is read."""

    id: str
    sex: str
    values: tuple[KnownValue, ...]

    @cached_property
    def names(self) -> tuple[tuple[NameToken, ...], ...]:
        """The names of the patient, of relatives and of providers, each as its words."""
        texts = [value.text for value in self.of(Category.NAME)]
        found = (name_tokens(text, "" if index else self.sex) for index, text in enumerate(texts))
        return tuple(tokens for tokens in found if tokens)

    @cached_property
    def tokens(self) -> dict[str, NameToken]:
        """Each word of each known name, by its lower-case text and by that without accents."""
        words = [token for name in self.names for token in name if len(token.text) > 1]
        spelt = {spelling: token for token in words for spelling in _plain_spellings(token.text)}
        return spelt | {token.text: token for token in words}

    def of(self, *categories: Category) -> Iterator[KnownValue]:
        """Yield the values of some categories."""
        return (value for value in self.values if value.category in categories)


_UMLAUTS = {ord(letter): spelt for letter, spelt in {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"}.items()}


def _plain_spellings(word: str) -> tuple[str, ...]:
    """Return how a word is typed without accents: `müller` is `muller` or `mueller`."""
    umlauts = word.translate(_UMLAUTS)
    return unaccented(word), unaccented(umlauts), word.replace("'", "")


def known_patient(patient: dict[str, Any], record_id: str = "") -> KnownPatient:
    """Read the structured identifiers of a record.

    Args:
        patient: the `patient` object; every leaf counts but those in `NOT_IDENTIFYING`.
        record_id: the hospital's id of the record, itself an identifier.
    """
    values = [KnownValue(category, fold(text)) for category, text in _leaves(patient, ())]
    if len(alnum(record_id)) > 2:
        values.append(KnownValue(Category.OTHER_ID, fold(record_id)))
    values += [part for value in values if value.category == Category.ADDRESS for part in _address_parts(value.text)]
    sex = str(patient.get("sex") or patient.get("gender") or "")[:1].casefold()
    return KnownPatient(str(patient.get("id", "")), sex, tuple(dict.fromkeys(values)))


def _leaves(node: Any, path: tuple[str, ...]) -> Iterator[tuple[Category, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, (*path, str(key).casefold()))
    elif isinstance(node, list):
        for value in node:
            yield from _leaves(value, path)
    elif node is not None and not isinstance(node, bool) and not (path and path[-1] in NOT_IDENTIFYING):
        text = str(node).strip()
        category = _category(path, text)
        if category is not None and len(alnum(text)) > 1:
            yield category, text


def _category(path: tuple[str, ...], text: str) -> Category | None:
    """Return the category of a leaf by its shape, then by the nearest telling key; None for plain words."""
    if "@" in text and "." in text:
        return Category.EMAIL
    has_digits = sum(character.isdigit() for character in text)
    if path and path[-1] == "id":
        return Category.OTHER_ID
    dated = bool(find_dates(fold(text)))
    for key in reversed(path):
        for pattern, category in _BY_KEY:
            if any(matches(pattern, key)) and (dated or category != Category.DATE):
                return Category.OTHER_ID if category == Category.NAME and has_digits > 2 else category
    if dated:
        return Category.DATE
    if has_digits > 2:
        return Category.OTHER_ID
    words = [match.group() for match in matches(r"\p{L}+", text)]
    return None if all(lexicon().is_plain(word) for word in words) else Category.NAME


def telling_key(key: str) -> bool:
    """Tell whether the name of a field says what kind of identifier it holds."""
    return any(any(matches(pattern, key.casefold())) for pattern, _ in _BY_KEY)


def name_tokens(text: str, sex: str = "") -> tuple[NameToken, ...]:
    """Split a name into its words; `Family, Given` is understood, titles and relations are left out."""
    family_first = bool(any(matches(r"^[^,]+, ?\p{L}{2,}(?! ?\.?\p{Lu}\.)", text))) and not any(
        matches(r", ?(?:MD|DO|RN|NP|PA|PhD|Jr|Sr)\b", text)
    )
    head = len(text.split(",")[0]) if family_first else 0
    in_law = {at for m in matches(_IN_LAW, text) for at in range(*m.span())}
    words = [(m.group(), m.start()) for m in matches(r"\p{L}[\p{L}\p{M}']*", text.replace("'s ", "   "))]
    words = [(word, start) for word, start in words if start not in in_law]
    words = [(word.casefold(), start) for word, start in words if word.casefold() not in _NAME_NOISE]
    last = len(words) - 1
    told = next((told for told, relations in _RELATIONS.items() if any(matches(relations, text))), sex)
    return tuple(
        NameToken(word, start < head if family_first else index == last and (last > 0 or not _is_given(word)), told)
        for index, (word, start) in enumerate(words)
    )


def _is_given(word: str) -> bool:
    return word in lexicon().given


def _address_parts(text: str) -> Iterator[KnownValue]:
    """Split an address at its commas into street line, place and ZIP code; the state may stay."""
    states = lexicon().states | {code.casefold() for code in lexicon().state_codes} | lexicon().regions
    for part in (piece.strip() for piece in text.replace("\n", ",").split(",")):
        for match in matches(r"(?<!\d)\d{5}(?:-\d{4})?$", part):
            yield KnownValue(Category.ZIP, match.group())
        words = " ".join(match.group() for match in matches(r"[\p{L}.'-]+", part)).strip()
        if any(matches(r"^\d+[a-z]? \p{L}|^p\.? ?o\.? ?box", part)):
            yield KnownValue(Category.ADDRESS, part)
        elif words and words.casefold() not in states:
            stripped = words.rsplit(" ", 1)
            place = stripped[0] if len(stripped) == 2 and stripped[1].casefold() in states else words
            if len(place) > 2:
                yield KnownValue(Category.PLACE, place)
