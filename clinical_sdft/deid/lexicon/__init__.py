"""Word lists: what may be a name, what may be a place, and what is clinical or plain English."""

import gzip
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Any

import yaml

from clinical_sdft.deid.ner.spacy_model import package_folder
from clinical_sdft.deid.presidio import without_torch


@dataclass(frozen=True)
class Lexicon:
    """The word lists, all in lower case but for the surrogates."""

    female: frozenset[str]
    male: frozenset[str]
    family: frozenset[str]
    ambiguous: frozenset[str]
    not_given: frozenset[str]
    clinical: frozenset[str]
    departments: frozenset[str]
    eponyms: frozenset[str]
    eponym_names: frozenset[str]
    eponym_heads: frozenset[str]
    scale_names: frozenset[str]
    scale_more: frozenset[str]
    abbreviations: frozenset[str]
    """Of clinics, forms, insurers and degrees; words only where they stand in capital letters."""
    states: frozenset[str]
    state_codes: tuple[str, ...]
    regions: frozenset[str]
    cities: frozenset[str]
    not_towns: frozenset[str]
    surrogate_female: tuple[str, ...]
    surrogate_male: tuple[str, ...]
    surrogate_family: tuple[str, ...]
    surrogate_places: tuple[str, ...]
    surrogate_streets: tuple[str, ...]
    surrogate_facilities: tuple[str, ...]

    @cached_property
    def given(self) -> frozenset[str]:
        """All given names."""
        return self.female | self.male

    def is_name(self, word: str) -> bool:
        """Tell whether a word is a common given or family name."""
        low = stem(word)
        return low in self.female or low in self.male or low in self.family

    def is_surely_name(self, word: str) -> bool:
        """Tell whether a word is a common name and not an everyday word as well."""
        return self.is_name(word) and stem(word) not in self.ambiguous

    def is_plain(self, word: str) -> bool:
        """Tell whether a word is clinical or plain English and no common name."""
        low = stem(word)
        if low in self.clinical or low in self.eponyms or low in large_list("drugs"):
            return True
        if low in self.female or low in self.male or low in self.family:
            return False
        return is_english(low) or is_medical(low)

    def is_common(self, word: str) -> bool:
        """Tell whether a word in lower case says something of its own, so that a name must stand back.

        A dictionary's nouns hold famous people as well, so being a noun does not count.
        """
        low = stem(word)
        return low in self.clinical or low in self.ambiguous or low in _english_but_nouns()


def is_listed_name(word: str) -> bool:
    """Tell whether a word stands in any list of given or family names, rare ones and those of other countries too."""
    low = plain_letters(stem(word))
    return lexicon().is_name(word) or low in large_list("given") or low in large_list("family")


def is_listed_given(word: str) -> bool:
    """Tell whether a word stands in a list of given names."""
    low = stem(word)
    return low in lexicon().given or plain_letters(low) in large_list("given")


@lru_cache(maxsize=32768)
def is_vocabulary(low: str) -> bool:
    """Tell whether a lower-case word is a dictionary's, a drug's, a department's or another clinical word."""
    words = lexicon()
    told = low in words.clinical or low in words.eponyms or low in words.departments or low in words.regions
    return told or low in words.states or low in large_list("drugs") or is_english(low) or is_medical(low)


@lru_cache(maxsize=32768)
def is_rare_name(word: str) -> bool:
    """Tell whether a word stands in a list of names and is nothing else: it is a name wherever it stands."""
    return is_listed_name(word) and not is_vocabulary(stem(word))


@lru_cache(maxsize=8192)
def is_given_noun(low: str) -> bool:
    """Tell whether a lower-case word is a given name and in the dictionary a noun only, such as Kelvin."""
    known = lexicon()
    if low in known.clinical or low in known.regions or low in known.states or low in known.not_given:
        return False
    return low in large_list("given") and is_noun_only(low)


@lru_cache(maxsize=32768)
def may_be_family(low: str) -> bool:
    """Tell whether a lower-case word beside a name can be a part of it, though a dictionary may have it as a noun."""
    known = lexicon()
    if low in known.clinical or low in known.departments or low in known.states:
        return False
    if not is_vocabulary(low) or low in known.ambiguous or known.is_name(low):
        return True
    noun = is_noun_only(low) and low not in large_list("drugs")
    return (noun and is_listed_name(low)) or plain_letters(low) in large_list("family_common") - _english_but_nouns()


_SHORTEST_SLIP = 6


@cache
def _clinical_deletions() -> frozenset[str]:
    words = lexicon().clinical | lexicon().departments
    return frozenset(form for word in words if len(word) >= _SHORTEST_SLIP for form in (word, *_deletions(word)))


def _deletions(word: str) -> list[str]:
    return [word[:index] + word[index + 1 :] for index in range(1, len(word))]


@lru_cache(maxsize=8192)
def is_slip(low: str) -> bool:
    """Tell whether a lower-case word in no list is a clinical one with a letter wrong: `patietn`, `suurgical`."""
    if len(low) < _SHORTEST_SLIP or not low.isalpha() or is_listed_name(low) or is_vocabulary(low):
        return False
    return not _clinical_deletions().isdisjoint((low, *_deletions(low)))


def is_drug(low: str) -> bool:
    """Tell whether a lower-case word is a drug's name."""
    return low in large_list("drugs")


@cache
def _function_words() -> frozenset[str]:
    with without_torch():
        from spacy.lang.en.stop_words import STOP_WORDS

    return frozenset(STOP_WORDS)


def is_function_word(low: str) -> bool:
    """Tell whether a lower-case word is one of the small words of a sentence: `the`, `from`, `was`."""
    return low in _function_words()


def is_noun_only(low: str) -> bool:
    """Tell whether a dictionary has a lower-case word as a noun and as nothing else, as it has well-known towns."""
    if "-" in low:
        return all(is_noun_only(part) for part in low.split("-") if part)
    other = _english_but_nouns()
    return low not in other and not any(form in other for form in _without_ending(low))


def is_act(low: str) -> bool:
    """Tell whether a lower-case word is a verb of the third person and no name, as `helps` in `sister Simone helps`."""
    return low.endswith("s") and is_english(low) and not is_noun_only(low) and not is_listed_name(low)


def is_common_family(low: str) -> bool:
    """Tell whether a lower-case word is among the most common family names, be it an adjective or a verb as well."""
    return plain_letters(low) in large_list("family_common") and not is_function_word(low)


def stem(word: str) -> str:
    """Return a word in lower case without a possessive ending."""
    return word.casefold().removesuffix("'s").strip("'.")


_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ħ": "h", "’": "'"}
)


@lru_cache(maxsize=65536)
def plain_letters(text: str) -> str:
    """Return a text in lower case without diacritics: the form in which the large lists are kept."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


@cache
def large_list(name: str) -> frozenset[str]:
    """Return one of the lists that `build` makes, such as `given` or `places_large`."""
    packed = files(__package__).joinpath("data", f"{name}.txt.gz").read_bytes()
    listed = frozenset(gzip.decompress(packed).decode().split("\n")[:-1])
    if name != "drugs":
        return listed
    return listed | _words(_read("clinical")["brands"]) | _words(_read("nobody")["drugs"])


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Return the word lists of this package."""
    names, places, clinical = (_read(name) for name in ("names", "places", "clinical"))
    fields: dict[str, Any] = {key: _words(names[key]) for key in ("female", "male", "family", "ambiguous", "not_given")}
    fields |= {
        key: _words(clinical[key])
        for key in ("departments", "eponyms", "eponym_names", "eponym_heads", "scale_names", "scale_more")
    }
    nobody = _read("nobody")
    fields["eponyms"] |= _words(nobody["lone"])
    fields["eponym_names"] |= _words(nobody["names"])
    fields["abbreviations"] = _words(nobody["abbreviations"])
    fields |= {key: frozenset(map(str.casefold, places[key])) for key in ("states", "regions", "cities")}
    fields["not_towns"] = _words(places["not_towns"])
    fields["regions"] |= large_list("countries")
    fields |= {key: tuple(names[key]) for key in ("surrogate_female", "surrogate_male", "surrogate_family")}
    fields |= {key: tuple(places[key]) for key in ("surrogate_places", "surrogate_streets", "surrogate_facilities")}
    return Lexicon(
        clinical=_words(clinical["words"]) | _words(nobody["trade"]), state_codes=tuple(places["state_codes"]), **fields
    )


def _read(name: str) -> dict[str, Any]:
    text = files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def _words(value: str) -> frozenset[str]:
    return frozenset(value.split())


@lru_cache(maxsize=1)
def _tables() -> dict[str, frozenset[str]]:
    """Return WordNet's words by part of speech, as the pinned model package carries them."""
    with without_torch():
        from spacy.lookups import Lookups

    lookups = Lookups().from_disk(package_folder() / "lemmatizer" / "lookups")
    parts = ("noun", "verb", "adj", "adv")
    tables = [lookups.get_table(name) for name in ("lemma_index", "lemma_exc")]
    return {part: frozenset().union(*(table.get(part, ()) for table in tables)) for part in parts}


@lru_cache(maxsize=1)
def _english_but_nouns() -> frozenset[str]:
    return _function_words().union(*(words for part, words in _tables().items() if part != "noun"))


@lru_cache(maxsize=1)
def _english() -> frozenset[str]:
    return _english_but_nouns() | _tables()["noun"]


def is_english(word: str) -> bool:
    """Tell whether a lower-case word, or what is left without a common ending, is in the dictionary."""
    words = _english()
    if "-" in word:
        return all(is_english(part) for part in word.split("-") if part)
    return word in words or any(candidate in words for candidate in _without_ending(word))


_MEDICAL_ENDINGS = (
    "cystic hepatic gastric listhesis esthesia aesthesia iasis ectasis ectasia plegia paresis phagia phasia kinesia "
    "trophy trophic scopic stomy centesis pexy desis lysis lytic opia opsia ptosis ptysis spasm malacia mycosis "
    "parous gravida dipine setron tidine dronate ciclib grel xaban gatran fungin penem cytosis blastic genic genous "
    "rrhage rrhagic dynia ostomy itic metry gram graph graphic "
    "itis emia aemia osis uria algia pathy ectomy oscopy plasty graphy penia megaly pnoea pnea rrhoea rrhea "
    "oedema cillin mycin floxacin prazole olol sartan statin azole cycline zepam tinib ximab zumab umab "
    "gliptin gliflozin triptan lukast"
)
_MEDICAL_BEGINNINGS = (
    "supra infra retro peri sub para post pre inter intra hyper hypo haemo hemo cardio gastro osteo neuro naso "
    "oro poly anti non bi uni sero thrombo leuco leuko lympho"
)


def is_medical(word: str) -> bool:
    """Tell whether a word is of a diagnosis, or built as one: a known ending, a prefix on a known word."""
    if plain_letters(word) in large_list("diagnoses"):
        return True
    if len(word) > 7 and word.endswith(tuple(_MEDICAL_ENDINGS.split())):
        return True
    rests = (word[len(begin) :] for begin in _MEDICAL_BEGINNINGS.split() if word.startswith(begin))
    return any(len(rest) > 4 and is_english(rest) for rest in rests)


def _without_ending(word: str) -> list[str]:
    endings = (
        ("ies", "y"),
        ("es", ""),
        ("s", ""),
        ("ied", "y"),
        ("ed", ""),
        ("ed", "e"),
        ("ing", ""),
        ("ing", "e"),
    )
    found = [word[: -len(end)] + put for end, put in endings if word.endswith(end) and len(word) > len(end) + 2]
    return found + [stem_[:-1] for stem_ in found if len(stem_) > 3 and stem_[-1] == stem_[-2]]
