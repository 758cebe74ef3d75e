"""Names behind a title or before a credential."""

from collections.abc import Iterator, Sequence
from typing import Any

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.lexicon import (
    is_common_family,
    is_function_word,
    is_listed_given,
    is_listed_name,
    is_noun_only,
    is_rare_name,
    is_vocabulary,
    large_list,
    lexicon,
    may_be_family,
    plain_letters,
    stem,
)
from clinical_sdft.deid.namesakes import DOES, PARTICLES
from clinical_sdft.deid.recognizers.person import NAME
from clinical_sdft.deid.recognizers.rules import Rule, RuleRecognizer, result
from clinical_sdft.deid.text import fold, matches
from clinical_sdft.deid.words import Word, flat_text, is_flat, words_of

_SURE_TITLE = (
    r"(?<!\d ?)\b(?:(?:Mr|Mrs|Ms|Mx|Dr|Drs|Prof|MR|MRS|DR|PROF)\b(?:\.|(?<=[a-z]))|MS\.|Miss|Mister|(?:mr|mrs"
    r"|ms|dr|prof)(?:\.|(?= \p{Lu})))"
)
_TITLE = (
    r"\b(?:(?:Rev|REV|Det|Atty|Fr|Capt|Sgt|Lt|Col|Hon|MR|MRS|MS|DR)\b\.?|MISS|[Dd]octor|DOCTOR|[Pp]rofessor|[Nn]urse"
    r"|NURSE|Sir|Dame|Lady"
    r"|Judge|Officer|Detective|Attorney|ATTORNEY|Aide|AIDE|[Rr]ep|Pastor|Rabbi|Imam|Deacon|Sister|Father|Señora?"
    r"|Sra?\.|Mme|Herr|Frau|[Tt]echnician|[Mm]idwife)"
)
_CREDENTIAL = (
    r"(?:M\.?D\b\.?|D\.?O\b\.?|R\.?N\b\.?|N\.?P\b\.?|PA(?:-C)?\b|Ph\.?D\b\.?|DDS|FNP|LPN|APRN|DNP"
    r"|PharmD|CRNP|MBBS|FACP|FACS|FRCP|MSW|LCSW|DPT|OTR|CCC-SLP|PsyD|FACC|MPH|OD|DVM|EMT|CNA|RPh|RDN?"
    r"|DPM|DMD|CNM|CRNA|BSN|MSN|RRT|CPNP|CNOR|FASN|FACEP|FCCP|FACOG|FAAP|FAAFP|CPhT|BCPS|RVT|RDMS|LMSW|LMFT|LPC|LMHC"
    r"|CCRN"
    r"|CEN|ACNP|AGNP|AGACNP|PMHNP|WHNP|NNP|CNS|ARNP|ANP|DNAP|ATC|CHES|CDCES|CDE|MFT|EdD|JD|MHA|MPAS|BCBA|CGC|CPC|RHIT"
    r"|RHIA"
    r"|CTR|NREMT|EMT-[PB]|NRP|FRCS|FRCPC|MRCP|MBBCh|MBChB|AuD|LAc|CPM|IBCLC|LVN|COTA|PTA|LICSW|CADC|QMHP|CST|CMA|RMA"
    r"|CCMA"
    r"|MT\(ASCP\)|MLS|RT\(R\)|CRT|OCN|CHPN|CWOCN|CWS|FNP-BC|MAc)"
)
_STAFF = (
    r"RN|LPN|LVN|CNA|APRN|CRNA|PA-C|SLP|LCSW|MSW|[Cc]haplain|[Pp]astor|[Rr]abbi|[Ii]mam|[Dd]eacon"
    r"|[Ss]cribe:?|[Hh]ospitalist|[Ii]nterpreter|[Pp]hlebotomist"
)
_LONGEST = 6
_CALLED = frozenset(("Nurse", "Doctor", "Attorney", "Detective", "Det.", "Rev.", "Judge", "Officer", "Aide"))
"""Titles behind which, in prose, every capitalised word is a name."""


class HonorificNameRecognizer(RuleRecognizer):
    """Finds names by the title before them, reading on as long as the words can belong to the name."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
        """Return presidio results."""
        folded = fold(text)
        found = [result(Category.NAME, start, end, 0.76) for start, end in titled_names(folded)]
        return [*found, *super().analyze(folded, entities, nlp_artifacts)]


def titled_names(text: str) -> Iterator[tuple[int, int]]:
    """Yield the half-open offsets of names behind a title."""
    words = words_of(text)
    flat = is_flat(words)
    begins = {word.start: index for index, word in enumerate(words)}
    for pattern, sure in ((_SURE_TITLE, True), (_TITLE, False)):
        for match in matches(rf"{pattern}[ \n]?", text, ignore_case=False):
            index = begins.get(match.end())
            told = sure or (not flat and match.group().strip() in _CALLED)
            size = 0 if index is None else _name_size(text, words[index : index + _LONGEST], told, told and not flat)
            if index is not None and size:
                yield words[index].start, words[index + size - 1].end


def _name_size(text: str, words: Sequence[Word], sure: bool, prose: bool) -> int:
    """Return how many words, from the first one on, are a name; 0 for none.

    Behind a sure title in prose a given name is followed by its family name, be that a word: `Dr. Bernadette Gram`.
    """
    size = 0
    while size < len(words) - 1 and words[size].low in PARTICLES and _gap(text, words, size) in (" ", "-", "'"):
        size += 1
    if not _may_begin(words[size], sure):
        return 0
    size += 1
    if prose and size < len(words) and is_listed_given(words[size - 1].low) and _gap(text, words, size - 1) == " ":
        size += words[size].text.istitle()
    while size < len(words) and _goes_on(text, words, size):
        size += 1
    return size


def _may_begin(word: Word, sure: bool) -> bool:
    """Tell whether a word behind a title is a name; behind `Mr.` every capitalised word is."""
    known = lexicon()
    if not word.capital:
        return sure and len(word.low) > 2 and (is_listed_name(word.low) or not is_vocabulary(word.low))
    if sure and (word.low not in known.clinical - {"ng"} or (word.text.istitle() and word.low in known.eponym_names)):
        return True
    if sure and word.text.istitle() and is_listed_name(word.low) and word.low not in known.departments:
        return True
    if word.low in known.eponyms:
        return True
    name = is_listed_name(word.low) and (may_be_family(word.low) or word.low in known.eponyms)
    return (
        word.low not in known.clinical and word.low not in known.departments and (name or not is_vocabulary(word.low))
    )


def _goes_on(text: str, words: Sequence[Word], index: int) -> bool:
    """Tell whether a word belongs to the name before it."""
    word, gap = words[index], _gap(text, words, index - 1)
    if gap in (", ", ",") and word.capital and len(word.low) > 1 and word.low != "st":
        town = plain_letters(word.low) in large_list("places_large")
        return (
            word.low in lexicon().given
            or plain_letters(word.low) in large_list("given")
            or (not is_vocabulary(word.low) and not town)
        )
    if gap not in (" ", ". ", ".", "-") or word.low == "st":
        return False
    if word.low in PARTICLES:
        return index + 1 < len(words) and words[index + 1].capital and _gap(text, words, index) in (" ", "-", "'")
    if not word.capital or words[0].text.islower():
        return words[0].text.islower() and (not is_vocabulary(word.low) or _ends_phrase(text, words, index))
    if len(word.low) == 1 or may_be_family(word.low) or word.low in lexicon().eponyms:
        return True
    return is_common_family(word.low) and not word.shout and word.low not in lexicon().clinical


def _ends_phrase(text: str, words: Sequence[Word], index: int) -> bool:
    """Tell `dr. many horses, 555-0128` from `dr. lee said so`: a noun that closes a phrase, without capitals."""
    low, known = words[index].low, lexicon()
    plain = low in known.clinical or low in known.departments or is_function_word(low)
    acts = low.endswith("ed") or any(matches(DOES, f" {low}"))
    return index == 1 and not plain and not acts and text[words[index].end : words[index].end + 1] in ",.;)\n"


def _gap(text: str, words: Sequence[Word], index: int) -> str:
    return text[words[index].end : words[index + 1].start] if index + 1 < len(words) else "\n"


def _is_staff(text: str, start: int, end: int) -> bool:
    """Tell `RN Winter` from `RN Notified` and `RN Station`."""
    low, known = stem(text[start:end]), lexicon()
    told = is_listed_name(low) and (not is_vocabulary(low) or is_noun_only(low) or low in known.eponym_names)
    flat = text[start:end].isupper() and flat_text(text)
    return told and low not in known.clinical | known.departments and not (flat and is_vocabulary(low))


def _is_signed(text: str, start: int, end: int) -> bool:
    """Tell `Ululani Good Voice, RN` from `Family Medicine, MD` and `HH RN`: a name, and no word of medicine."""
    words, known = [stem(match.group()) for match in matches(r"\p{L}[\p{L}\p{M}'-]*", text[start:end])], lexicon()
    if any(known.is_surely_name(word) or is_rare_name(word) for word in words if word not in known.departments):
        return True
    plain = any(word in known.clinical or word in known.departments or is_function_word(word) for word in words)
    return not plain and not flat_text(text) and any(len(word) > 3 for word in words)


def recognizer() -> HonorificNameRecognizer:
    """Return the recognizer."""
    return HonorificNameRecognizer(
        "honorific_name",
        (
            Rule(
                rf"(?<![\w/-])(?:{_STAFF}),? (?P<id>\p{{Lu}}[\p{{L}}'-]{{2,}})\b",
                Category.NAME,
                0.7,
                ignore_case=False,
                accept=_is_staff,
            ),
            Rule(
                rf"(?<![\p{{L}}.])(?P<id>{NAME}),? (?-i:{_CREDENTIAL})(?!\w)",
                Category.NAME,
                0.75,
                ignore_case=False,
                guess=True,
            ),
            Rule(
                rf"(?<![\p{{L}}.])(?P<id>\p{{Lu}}[\p{{L}}'-]+(?: \p{{Lu}}[\p{{L}}'-]+"
                rf"|(?: \p{{Lu}}\.)){{1,3}}), (?-i:{_CREDENTIAL})(?!\w)",
                Category.NAME,
                0.75,
                ignore_case=False,
                accept=_is_signed,
            ),
        ),
    )
