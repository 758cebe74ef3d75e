"""Hospitals, clinics, schools and other named places of care or work."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.dates import find_dates
from clinical_sdft.deid.lexicon import (
    is_drug,
    is_function_word,
    is_listed_name,
    is_noun_only,
    is_vocabulary,
    large_list,
    lexicon,
    plain_letters,
    stem,
)
from clinical_sdft.deid.recognizers.facility_patterns import (
    AT,
    AT_BEFORE,
    BUSINESS,
    CAPITALS,
    DRUGSTORE,
    FIRM,
    HOUSE,
    KIND,
    LOOSE_KIND,
    NAME,
    NO_NAME,
    OFFICE,
    PHRASE,
    PHRASE_OF_WORK,
    SENT,
    SMALL_CUE,
    SMALL_KIND,
    SURE_CUE,
    TWO_SENTENCES,
)
from clinical_sdft.deid.recognizers.rules import Rule, RuleRecognizer
from clinical_sdft.deid.text import matches, word_set
from clinical_sdft.deid.words import flat_text, term_words


def _is_business(text: str, start: int, end: int) -> bool:
    """Tell `Solarlist Technologies` from `Review of Systems`: some word must be in no dictionary, or a name."""
    words = [m.group() for m in matches(r"[\p{L}'.-]+", text[start:end])][:-1]
    known = lexicon()
    plain = known.departments | known.clinical
    if _is_own_line(text, start, end) and any(stem(word) not in plain for word in words):
        return not flat_text(text)
    return any((not is_vocabulary(stem(word)) or known.is_name(word)) and stem(word) not in plain for word in words)


def _is_own_line(text: str, start: int, end: int) -> bool:
    """Tell whether a phrase stands where a name of its own does: on a line of its own, or behind `from` and `for`."""
    line = (start == 0 or text[start - 1] == "\n") and (end == len(text) or text[end] == "\n")
    return line or any(matches(r"\b(?:at|from|for|by|joined|via)(?: the)? $", text[max(0, start - 12) : start]))


def _is_town(text: str, start: int, end: int) -> bool:
    """Tell `Chicago downtown clinic` from `Pain clinic`: it must begin with a town or a name."""
    words = [m.group() for m in matches(r"\p{Lu}[\p{L}'.-]+", text[start:end])]
    low = plain_letters(" ".join(words[:2])), plain_letters(stem(words[0]))
    known = lexicon()
    if low[1] in known.departments or low[1] in known.clinical:
        return False
    return any(name in large_list("places_large") or name in known.cities for name in low) or known.is_name(words[0])


def _is_firm(text: str, start: int, end: int) -> bool:
    """Tell whether most words of an enumeration are family names: `Rose, Turner and Thompson`."""
    words = [m.group() for m in matches(r"\p{Lu}[\p{L}'-]+", text[start:end], ignore_case=False)]
    plain = lexicon().clinical | lexicon().departments
    return all(is_listed_name(word) and stem(word) not in plain for word in words)


def _is_told_by_capitals(text: str, start: int, end: int) -> bool:
    """Tell `at Bluewater Imaging` from `at Bedside` and `from Grade III`: in the middle of a sentence capitals tell."""
    if flat_text(text) or start in term_words(text):
        return False
    words = [m.group() for m in matches(r"[\p{L}'&-]+", text[start:end]) if m.group()[0].isupper()]
    plain = lexicon().clinical | lexicon().departments | _ROMAN
    if not words or stem(words[0]) in plain or all(stem(word) in plain for word in words):
        return False
    if len(words) == 1 and (len(words[0]) < 4 or is_vocabulary(stem(words[0]))):
        return False
    return _is_named_place(text, start, end) or (len(words) == 1 and words[0].isupper() and not find_dates(words[0]))


_ROMAN = word_set("i ii iii iv v vi vii viii ix x type grade stage class level")


def _is_loosely_named(text: str, start: int, end: int) -> bool:
    """Tell `Bluewater Imaging` from `Brain Imaging`: a word of the lists of names or towns, or none at all."""
    if start in term_words(text) or any(matches(TWO_SENTENCES, text[max(0, start - 2) : end])):
        return False
    words = [m.group() for m in matches(r"\p{L}[\p{L}'-]*", text[start:end])][:-1]
    plain = lexicon().clinical | lexicon().departments
    told = [word for word in words if word[0].isupper() and len(word) > 2 and stem(word) not in plain]
    if not told or stem(words[0]) in plain:
        return False
    if any(not is_vocabulary(stem(word)) or lexicon().is_surely_name(word) for word in told):
        return True
    return not flat_text(text) and any(matches(AT_BEFORE, text[max(0, start - 24) : start]))


def _is_loosely_named_behind_cue(text: str, start: int, end: int) -> bool:
    """Tell `seen at Bluewater imaging`, as a note without capitals leaves it, from `Repeat imaging`."""
    before = text[max(0, start - 24) : start]
    if before.endswith("'") or any(
        matches(r"^[\p{L}-]+'s? (?:labs|imaging|dialysis|health|er|general)$", text[start:end])
    ):
        return False
    words = [stem(match.group()) for match in matches(r"\p{Lu}[\p{L}'-]+", text[start:end])]
    plain = lexicon().clinical | lexicon().departments
    if any(matches(SURE_CUE, before)) and words[0] not in plain and not is_function_word(words[0]):
        return len(words) > 1 or not is_vocabulary(words[0]) or is_noun_only(words[0])
    cued = any(matches(SMALL_CUE, before))
    return cued and _is_loosely_named(text, start, end)


def _is_house(text: str, start: int, end: int) -> bool:
    """Tell `Allegra Women's Health` from `Good Family Practice` and `Routine Women's Health`."""
    first, known = stem(text[start:end].split()[0]), lexicon()
    plain = first in known.departments or is_function_word(first)
    return not plain and (not is_vocabulary(first) or is_noun_only(first) or is_drug(first))


def _is_saint(text: str, start: int, end: int) -> bool:
    """Tell `ST ANNE'S` from `ST ELEVATION`."""
    word = next(iter([m.group() for m in matches(r"\p{L}[\p{L}-]+", text[start:end])][1:2]), "")
    return is_listed_name(word) and is_noun_only(stem(word)) and stem(word) not in lexicon().clinical


def _is_acronym(text: str, start: int, end: int) -> bool:
    return stem(text[start:end]) not in lexicon().clinical and not is_vocabulary(stem(text[start:end]))


def _is_told_name(text: str, start: int, end: int) -> bool:
    """Tell `Rx to Norwood General` from `transferred to Dr. Reed`; capitals must say something."""
    titled = any(matches(r"^(?:Dr|Mr|Mrs|Ms|Prof|Doctor|Nurse)\b", text[start:end]))
    words = [stem(match.group()) for match in matches(r"\p{Lu}[\p{L}'-]+", text[start:end])]
    plain = lexicon().clinical | lexicon().departments | lexicon().regions | lexicon().states
    told = any(word not in plain for word in words)
    return told and not titled and not flat_text(text) and not find_dates(text[start:end])


def _is_proper(text: str, start: int, end: int) -> bool:
    """Tell `flown to Kids in Motion Therapy` from `to Physical Therapy`: in prose, with a word of no department."""
    words = [stem(match.group()) for match in matches(r"\p{Lu}[\p{L}'-]+", text[start:end], ignore_case=False)]
    words = words[1:] if words[0] == "the" else words
    known = lexicon()
    terms = term_words(text)
    if flat_text(text) or any(start <= place < end for place in terms) or find_dates(text[start:end]):
        return False
    if any(matches(r"^(?:Dr|Mr|Mrs|Ms|Prof|Doctor|Nurse|Sister|Father)\b", text[start:end])):
        return False
    if any(is_drug(word) or word in known.states or word in known.regions for word in words):
        return False
    return not all(word in known.clinical | known.departments for word in words) and not is_function_word(words[0])


def _is_branch(text: str, start: int, end: int) -> bool:
    """Tell `MedSave #318` from `Tooth #19`."""
    return not is_vocabulary(stem(text[start:end].split()[0]))


def _is_before_street(text: str, start: int, end: int) -> bool:
    """Tell `at Esri, 64 Oak Street` from `at Discharge, 20 Tablets`."""
    words = [stem(match.group()) for match in matches(r"\p{L}[\p{L}'-]*", text[start:end])]
    plain = lexicon().clinical | lexicon().departments
    return not any(word in plain for word in words) and not find_dates(text[start:end])


def _is_inn(text: str, start: int, end: int) -> bool:
    """Tell `at The Birches` and `to Hometown Drugs` from `at The Netherlands` and `to Review of the Systems`."""
    words = [stem(match.group()) for match in matches(r"\p{L}[\p{L}'-]*", text[start:end])]
    known = lexicon()
    plain = known.clinical | known.departments | known.states | known.regions | known.eponyms
    told = [word for word in words if word not in ("the", "of", "at")]
    open_place = " ".join(words).removeprefix("the ") in known.regions | known.states
    if "of" in words and not (told[0] in large_list("places_large") or is_listed_name(told[0])):
        return False
    return told[0] not in plain and not is_function_word(told[0]) and not open_place and told[-1] not in known.clinical


def _is_no_tracing(text: str, start: int, end: int) -> bool:
    """Tell `St Agnes` and `Mt Pleasant` from `ST changes`."""
    words = [stem(match.group()) for match in matches(r"\p{L}[\p{L}'-]+", text[start:end])]
    return words[1:2] != [] and words[1] not in _TRACING and words[1] not in lexicon().clinical


_TRACING = word_set(
    "change changes elevation elevations depression depressions segment segments wave waves abnormality abnormalities "
    "deviation deviations elev dep t and or in on"
)
_SURE_KINDS = word_set("hospital clinic pharmacy infirmary hospice university college school")
"""Kinds that name a facility also where capital letters say nothing."""


def _is_plain(word: str) -> bool:
    return is_vocabulary(stem(word)) and not lexicon().is_name(word)


def _is_named(text: str, start: int, end: int) -> bool:
    """Tell `Lakeside Clinic` from `Dermatology Clinic`: some word must not be a department."""
    words = [m.group() for m in matches(r"[\p{L}'.-]+", text[start:end])]
    if any(matches(TWO_SENTENCES + r"|\bstate of health\b", text[max(0, start - 2) : end])):
        return False
    if any(matches(r"\bthe (?:office|clinic|facility|hospital|center|practice|pharmacy|school)$", text[start:end])):
        return False
    kinds = {"hospitals", "clinics", "services", "system", "institute", "network", "partners", "group", "st", "dr"}
    generic = lexicon().departments | lexicon().clinical | kinds
    if flat_text(text) and len(words) < 3 and stem(words[-1]) not in _SURE_KINDS and all(map(_is_plain, words)):
        return False
    if len(words) > 2 and is_drug(stem(words[0])) and not flat_text(text):
        return True  # a house named as a drug is: `Allegra Women's Health`
    return any(stem(word) not in generic for word in words if word[0].isupper())


def _is_named_place(text: str, start: int, end: int) -> bool:
    """Tell `seen at Cedar Crest` from `treated in Thailand`, `seen in March` and `referred to Dr. Bell`."""
    phrase = text[start:end]
    words = lexicon()
    if flat_text(text) and text[:start].endswith(("by ", "BY ", "by the ")):
        return False
    acronym = phrase.isupper() and len(phrase) < 6
    open_place = phrase.casefold() in words.regions | words.states
    person = any(matches(r"^(?:Dr|Mr|Mrs|Ms|Prof|Doctor|Nurse)\b", phrase)) or words.is_name(phrase.split()[0])
    return not (acronym or open_place or person) and not find_dates(phrase) and _is_named(text, start, end)


def _is_workplace(text: str, start: int, end: int) -> bool:
    """Tell `WORKS AT SOLAR CENSUS` from `ENROLLED AT REGISTRATION`."""
    phrase, known = text[start:end], lexicon()
    words = phrase.split()
    lone = len(words) == 1 and is_vocabulary(stem(words[0])) and flat_text(text)
    open_place = phrase.casefold() in known.regions | known.states or (phrase.isupper() and len(phrase) < 4)
    titled = any(matches(r"^(?:Dr|Mr|Mrs|Ms|Prof|Doctor|Nurse)\b", phrase))
    return not (lone or open_place or titled) and not find_dates(phrase) and _is_named(text, start, end)


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "facility", (*_by_kind_or_firm(), *_behind_cue(), *_by_ending(), *_as_house(), *_well_known())
    )


def _by_kind_or_firm() -> tuple[Rule, ...]:
    return (
        Rule(
            rf"(?<![\w.])(?!(?:Dr|Mr|Mrs|Ms|Prof|DR|MR|MRS)\b){NO_NAME}(?P<id>\p{{Lu}}[\p{{L}}'&.-]*"
            rf"(?: {NAME}){{0,5}} {KIND}"
            r"(?: of (?:the )?(?:\p{L}+ern )?\p{Lu}\p{L}+(?: \p{Lu}\p{L}+){0,2}"
            r"| OF (?:THE )?\p{Lu}{3,}(?: \p{Lu}{3,})?| (?:Hospital|HOSPITAL|Clinic))?(?: #\d{1,5})?)(?!\w)(?!-)",
            Category.FACILITY,
            0.78,
            ignore_case=False,
            accept=_is_named,
            anywhere=True,
        ),
        Rule(
            (
                rf"(?<![\w.])(?!(?:Dr|Mr|Mrs|Ms|Prof|DR|MR|MRS)\b)(?P<id>\p{{Lu}}[\p{{L}}'&.-]*(?: "
                rf"(?:\p{{Lu}}[\p{{L}}'&.-]*|&|and|of"
                rf"|de)){{0,4}},? {BUSINESS})(?!\w)"
            ),
            Category.FACILITY,
            0.77,
            ignore_case=False,
            accept=_is_business,
        ),
        Rule(
            r"(?<!\w)\p{Lu}[\p{L}'.-]+(?: \p{Lu}[\p{L}'.-]+)?(?: (?:downtown|uptown|north|south|east|west"
            r"|main|city|area|local))?"
            r" (?:clinic|hospital|hospice|pharmacy|infirmary|nursing home|urgent care|medical center"
            r"|medical centre|Med\b)",
            Category.FACILITY,
            0.73,
            ignore_case=False,
            accept=_is_town,
        ),
        Rule(rf"(?<!\w){FIRM}\b", Category.FACILITY, 0.77, ignore_case=False, accept=_is_firm),
    )


def _behind_cue() -> tuple[Rule, ...]:
    """Names behind `works at`, `sent to`, `from`: the cue tells, and capitals."""
    return (
        Rule(rf"{OFFICE} (?:the )?{PHRASE_OF_WORK}", Category.FACILITY, 0.73, accept=_is_workplace),
        Rule(rf"\b(?:at|from) (?:the )?{CAPITALS}", Category.FACILITY, 0.62, accept=_is_told_by_capitals),
        Rule(rf"{AT}{PHRASE}", Category.FACILITY, 0.73, accept=_is_named_place),
        Rule(
            r"\b(?:at|from) (?P<id>\p{Lu}[\p{L}'&-]+(?: (?:of |and |& )?\p{Lu}[\p{L}'&-]+){0,3}), \d{1,5} \p{Lu}",
            Category.FACILITY,
            0.72,
            ignore_case=False,
            accept=_is_before_street,
        ),
        Rule(
            r"\b[Tt]he (?P<id>\p{Lu}[\p{L}'&.-]+(?: (?:of |and |& )?\p{L}[\p{L}'&.-]+){0,3}) (?:main |regional "
            r"|head )?office is\b",
            Category.FACILITY,
            0.72,
            ignore_case=False,
            accept=_is_told_name,
        ),
        Rule(
            rf"\b{SENT}[ \n](?P<id>\p{{Lu}}[\p{{L}}'.-]+(?:[ \n](?:of the |of |and |& )?\p{{Lu}}[\p{{L}}'-]+){{1,4}})",
            Category.FACILITY,
            0.7,
            ignore_case=False,
            accept=_is_told_name,
        ),
        Rule(
            r"\b(?:at|to|from|by|through|via|(?:[Tt]o|TO|[Ff]rom|FROM|Pharmacy|Organization|Facility"
            r"|Sender):) (?:the )?(?P<id>\p{Lu}[\p{L}'&-]+(?: (?:(?:of|in|for|on|and|&) )?(?:the )?"
            r"\p{Lu}[\p{L}'&-]+){1,5}(?: #\d{1,5})?)",
            Category.FACILITY,
            0.6,
            ignore_case=False,
            accept=_is_proper,
        ),
    )


def _by_ending() -> tuple[Rule, ...]:
    """Names by how they end: `Bluewater Imaging`, `LCRMC`, `MedSave #318`."""
    return (
        Rule(
            rf"(?<![\w.])(?P<id>\p{{Lu}}[\p{{L}}'&.-]+(?: (?:\p{{Lu}}[\p{{L}}'&.-]*|&|and"
            rf"|of)){{0,3}} (?:{LOOSE_KIND}|{LOOSE_KIND.upper()}))\b",
            Category.FACILITY,
            0.72,
            ignore_case=False,
            accept=_is_loosely_named,
        ),
        Rule(
            rf"(?<![\w.-])(?P<id>\p{{Lu}}[\p{{L}}'-]+(?:[ \n](?:of |& "
            rf"|and )?\p{{Lu}}[\p{{L}}'-]+){{0,3}}[ \n](?i:{SMALL_KIND}))(?![\w'-])",
            Category.FACILITY,
            0.71,
            ignore_case=False,
            accept=_is_loosely_named_behind_cue,
        ),
        Rule(
            r"(?<![\w.])(?P<id>\p{Lu}[\p{L}'-]+ (?:Women's|Men's|Children's|Family|Community|Senior) "
            r"(?:Health(?:care)?|Care|Clinic|Hospital|Center|Services|Practice|Medicine|Dental))\b",
            Category.FACILITY,
            0.75,
            accept=_is_house,
        ),
        Rule(
            r"(?<![\p{L}-])[A-Z]{2,4}(?:RMC|VMC|UMC|CMC|VAMC|MC)\b(?<=[A-Z]{4})",
            Category.FACILITY,
            0.7,
            ignore_case=False,
            accept=_is_acronym,
        ),
        Rule(
            r"(?<![\w.])\p{Lu}[\p{L}'-]+ #\d{2,5}(?!\w)",
            Category.FACILITY,
            0.75,
            ignore_case=False,
            accept=_is_branch,
        ),
    )


def _as_house() -> tuple[Rule, ...]:
    """Names as houses have them: `St. Anne's`, `The Lodge at Cedar Fork`, `Children's of the High Plains`."""
    return (
        Rule(
            r"\b(?:ST|SAINT|MT|MOUNT|FT)\b\.?\s(?P<name>\p{Lu}[\p{L}-]+)(?:'S?)?(?:\s(?:HOSPITAL|CLINIC"
            r"|MEDICAL CENTER))?",
            Category.FACILITY,
            0.76,
            ignore_case=False,
            accept=_is_saint,
        ),
        Rule(
            r"\b(?:Mt|Mount|St|Saint|Ft|Cedars)\.?[ -](?:\p{Lu}[\p{L}-]+)(?:'s?)?(?: (?:Hospital"
            r"|Clinic|Medical Center))?",
            Category.FACILITY,
            0.76,
            ignore_case=False,
            accept=_is_no_tracing,
        ),
        Rule(
            r"(?:\b(?:at|to|from|with|by)|[:;,]) (?P<id>The \p{Lu}\p{L}+(?: \p{Lu}\p{L}+)?(?: at \p{Lu}\p{L}+)?"
            rf"|\p{{Lu}}\p{{L}}+ of the \p{{Lu}}\p{{L}}+|\p{{Lu}}[\p{{L}}'-]+ (?:{DRUGSTORE}))\b",
            Category.FACILITY,
            0.72,
            ignore_case=False,
            accept=_is_inn,
        ),
        Rule(
            rf"\b(?:The|THE|the) {HOUSE} (?:at|AT|of|OF|on|ON|in|IN) (?:(?:the"
            rf"|THE) )?\p{{Lu}}[\p{{L}}'-]+(?: \p{{Lu}}[\p{{L}}'-]+){{0,2}}",
            Category.FACILITY,
            0.74,
            ignore_case=False,
        ),
        Rule(
            r"\b(?i:at|to|from|by|pharmacy:) (?P<id>\p{Lu}{3,} OF THE \p{Lu}{3,}"
            rf"|\p{{Lu}}[\p{{Lu}}'-]+ (?:{DRUGSTORE.upper()}))\b",
            Category.FACILITY,
            0.72,
            ignore_case=False,
            accept=_is_inn,
        ),
        Rule(
            r"\bchildren's (?:hospital )?of (?:the )?(?-i:\p{Lu}[\p{L}'-]+)(?:[ \n](?:of "
            r")?(?-i:\p{Lu}[\p{L}'-]+)){0,2}",
            Category.FACILITY,
            0.75,
        ),
        Rule(
            r"(?<![\w.])\p{Lu}[\p{L}'-]+(?: \p{Lu}[\p{L}'-]+)? Children's(?! \p{L})",
            Category.FACILITY,
            0.7,
            ignore_case=False,
            accept=_is_told_name,
        ),
        Rule(
            r"\b(?:SS|Sts)\. \p{Lu}\p{L}+ (?:and|&) \p{Lu}\p{L}+(?:'s)?(?: \p{Lu}\p{L}+)?",
            Category.FACILITY,
            0.79,
            ignore_case=False,
        ),
    )


def _well_known() -> tuple[Rule, ...]:
    """Names that everybody knows."""
    return (
        Rule(
            r"\b(?:Mayo|Kaiser(?: Permanente)?|Johns Hopkins|Cleveland Clinic|UCLA|UCSF|Stanford"
            r"|MGH|Massachusetts General|NYU"
            r"|Mass General|Cedars-Sinai|Presbyterian|Methodist|Mercy|Bellevue|Walter Reed"
            r"|MD Anderson|Sloan Kettering)\b",
            Category.FACILITY,
            0.74,
            ignore_case=False,
        ),
    )
