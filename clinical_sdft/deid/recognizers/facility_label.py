"""Places of care and work by where they stand: behind a label, in brackets behind a person, above an address."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.dates import find_dates
from clinical_sdft.deid.lexicon import (
    is_drug,
    is_english,
    is_function_word,
    is_listed_name,
    is_vocabulary,
    large_list,
    lexicon,
    plain_letters,
    stem,
)
from clinical_sdft.deid.recognizers.rules import Rule, RuleRecognizer
from clinical_sdft.deid.text import matches, word_set
from clinical_sdft.deid.words import flat_text, term_words

_WORD = r"(?:\p{Lu}[\p{L}\p{M}'’.-]*|\d{1,3}(?:st|nd|rd|th))"
_PHRASE = rf"(?P<id>{_WORD}(?:[ ](?:(?:of|the|and|&|at|on|in|for|de|la|du)[ ])*(?:{_WORD}|#?\d{{1,4}}\b)){{0,6}})"
_LABEL = (
    r"\b(?:dept|department|institution|insur(?:er|ance)|employer|pharm(?:acy)?|facility|site|agency|clinic|hospital"
    r"|practice|school(?: district)?|church|payer|payor|plan|carrier|transferring|receiving|sending|referring"
    r"|destination|location|organization|office|company|lab(?:oratory)?|vendor|dme|supplier|district|ambulance"
    r"|service|unit|shelter|snf|ltc|pcp office|preferred pharmacy|disposition|dispo|place of (?:birth|employment"
    r"|work)|work(?:place|site)?|occupation)"
)
_AFTER_LABEL = r"(?::[ ]?|[ ]?=[ ]?|[ ]{2,}|\t)"
_KIND = (
    r"(?:Schools?|School District|ISD|Fire(?: (?:&|and) (?:EMS|Rescue))?|EMS|Rescue|Ambulance|Lab|Labs|Laboratory"
    r"|Laboratories|Med|OccMed|MedCenter|Mutual|Insurance(?: Dept\.?)?|Health Plan|Credit Union|Parish|Lounge|Bar"
    r"|Grill|Diner|Cafe|Chapel|Temple|Ministries|Mission|Shelter|Heart|Vascular|Ortho|Rheumatology|Women's|Kids"
    r"|Community|Drug|Drugs|Pharmacy|Sports|Unit|Wing|Tower|Pavilion|Mill|Foods|Freight|Farms?|Dairy|Transport"
    r"|Trucking|Logistics|Electric|Plumbing|Roofing|Lumber|Steel|Tire|Auto|Salon|Casino|Stables|Nursery|Bakery|Market"
    r"|Grocery|Hardware|Daycare|Preschool|Head Start|Senior Center|VFW|YMCA|YWCA|Tribal (?:Health|Clinic)"
    r"|Health Department|Housing|Apartments|Towers|Estates|Village|Terrace|Home Health|DME|Medical Supply|Cleaners"
    r"|Lines|Bros\.?|Brothers|Casino|Express|& Sons?|& Daughters?|Oxygen|Taxi|Living|Network|Lung|Skin|Comprehensive"
    r"|Urgent|ASC|State|Flight|CBOC|VHCS|VAMC|CU|[Cc]onvent|Interiors|Haul|Cattle|Hearing|Cemetery|Monastery|Abbey"
    r"|Troop \d+|PD|VFD|Police|Sheriff|Cab|Towing|Tow|Rental|Rentals|Motel|Inn|Brewing|Winery|Orchards?|Produce"
    r"|Packing|Seafood|Poultry|Nursery|Landscaping|Painting|Concrete|Drywall|Trucking|Dental Arts|Hematology-Oncology"
    r"|Cardiac Rehab|Hand Surgery|Endocrine|Detox|PT|House|Lutheran Home|Outpatient Lab|Dental|Vision|Optical|Hearing"
    r"|Infusion|Oncology|Dialysis|Endoscopy|Surgicenter|Urgent Care|Walk-In)"
)
_NO_NAME = word_set(
    "none no na n/a unknown home same see pending yes self denies retired disabled unemployed student homemaker "
    "stable good fair inpatient outpatient emergency ed er icu or self-pay medicare medicaid private commercial room "
    "bed chair"
)


_LOOSE = word_set(
    "state living flight heart house pt network unit wing tower lines express skin lung sports community bar grill "
    "market mission comprehensive urgent plan inn produce vision hearing oxygen kids mill"
)
"""Kinds that are everyday words: before them a name is needed, or a town."""


def _told(text: str, start: int, end: int) -> list[str]:
    """Return the words of a phrase that are neither clinical nor a department's, nor everyday small ones."""
    words = [stem(match.group()) for match in matches(r"\p{L}[\p{L}\p{M}'-]*", text[start:end])]
    plain = lexicon().clinical | lexicon().departments | lexicon().states | lexicon().regions | _NO_NAME
    return [word for word in words if word not in plain and not is_function_word(word) and len(word) > 1]


def _is_labelled(text: str, start: int, end: int) -> bool:
    """Tell `Dept: Platte Bend Family Med` from `Disposition: Home` and `Insurance: Medicare`."""
    told = _told(text, start, end)
    if not told or find_dates(text[start:end]) or start in term_words(text) or any(map(is_drug, told)):
        return False
    if flat_text(text) or text[start:end].isupper():
        return any(not is_english(word) or is_listed_name(word) for word in told)
    return len(told) > 1 or not is_vocabulary(told[0]) or is_listed_name(told[0])


def _is_of_kind(text: str, start: int, end: int) -> bool:
    """Tell `Hatch Flats Municipal Schools` from `Full Dental` and `Coronary Heart`: begun by no clinical word."""
    told = _told(text, start, end)
    first = stem(text[start:end].split()[0])
    kind = stem(text[start:end].split()[-1])
    told = [word for word in told if word != kind]
    if flat_text(text) or not told or first != told[0] or start in term_words(text) or is_drug(first):
        return False
    if (
        kind in _LOOSE
        and is_vocabulary(first)
        and not (is_listed_name(first) or plain_letters(first) in large_list("places_large"))
    ):
        return False
    begins = not text[:start].strip() or text[:start].rstrip(" ")[-1:] in ".;?!\n"
    town = plain_letters(first) in large_list("places_large") or is_listed_name(first)
    return not begins or len(told) > 1 or not is_vocabulary(first) or town


def _is_in_brackets(text: str, start: int, end: int) -> bool:
    """Tell `Mr. Battles at SNF (Arrowhead Living)` from `(Grade III Open)`: two words, one of them no dictionary's."""
    words = [stem(match.group()) for match in matches(r"\p{L}[\p{L}\p{M}'-]*", text[start:end])]
    told = _told(text, start, end)
    strange = [word for word in told if not is_vocabulary(word) or is_listed_name(word)]
    return len(words) > 1 and bool(strange) and _is_labelled(text, start, end) and not text[start:end].isupper()


def _is_branch(text: str, start: int, end: int) -> bool:
    """Tell `Sav-Mor #4` from `Tooth #4` and `Zone No. 2`."""
    told = _told(text, start, end)
    return (
        bool(told)
        and not flat_text(text)
        and (len(told) > 1 or not is_vocabulary(told[0]))
        and start not in term_words(text)
    )


def _is_letterhead(text: str, start: int, end: int) -> bool:
    """Tell the first line of a letter from a heading: some word that is no dictionary's or is a name's."""
    told = _told(text, start, end)
    return any(not is_english(word) or is_listed_name(word) for word in told) and not find_dates(text[start:end])


def _behind_labels() -> tuple[Rule, ...]:
    """Return rules for facilities behind a label or a preposition."""
    return (
        Rule(
            rf"(?i:{_LABEL}){_AFTER_LABEL}(?:the )?{_PHRASE}",
            Category.FACILITY,
            0.69,
            ignore_case=False,
            accept=_is_labelled,
        ),
        Rule(
            r"(?<= )(?:@|at|to|via|from) (?P<id>\p{Lu}[\p{L}'-]+(?: \p{Lu}[\p{L}'-]+){0,2} [A-Z]{2,4})(?![\w-])",
            Category.FACILITY,
            0.66,
            ignore_case=False,
            accept=_is_labelled,
        ),
        Rule(
            rf"(?:->|=>|\bvia|\bthrough|\bcalled|\bw/|\bfrom|\bto|\bat|\bby) (?:the )?{_PHRASE}(?= (?:crew"
            rf"|cath line|transfer line|line|desk"
            r"|lab|office|voucher|billing|records|staff|dispatch|pharmacy|clinic|ER|ED|campus|unit|floor"
            r"|downtown)\b)",
            Category.FACILITY,
            0.69,
            ignore_case=False,
            accept=_is_labelled,
        ),
    )


def _by_kind() -> tuple[Rule, ...]:
    """Return rules for facilities by the word that says what they are, or by a branch's number."""
    return (
        Rule(
            rf"(?<![\w.&'-])(?P<id>\p{{Lu}}[\p{{L}}'-]+(?:[ ](?:(?:of|the|and|&"
            rf"|de)[ ])?\p{{Lu}}[\p{{L}}'.-]*){{0,4}}?[ ](?:&[ ])?{_KIND})(?![\w'-])",
            Category.FACILITY,
            0.7,
            ignore_case=False,
            accept=_is_of_kind,
        ),
        Rule(
            r"\b(?P<id>(?:(?:\p{Lu}[\p{L}'-]+ )?(?:Clinic|Pharmacy|Institute|Dialysis|Imaging)|\p{Lu}\p{Ll}+Care"
            r"|Our Lady|Hospice|Family Rx|Friends|House|Church|Sisters|Daughters|Children's|University|College"
            r"|Bank|Port) of (?:the )?\p{Lu}[\p{L}'-]+(?: (?:of (?:the )?)?\p{Lu}[\p{L}'-]+){0,3})",
            Category.FACILITY,
            0.74,
            ignore_case=False,
        ),
        Rule(
            r"(?<![\w.])(?P<id>\p{Lu}[\p{L}'-]+(?: \p{Lu}[\p{L}'-]+){0,3},? (?:#|No\. ?)\d{1,4})(?!\w)",
            Category.FACILITY,
            0.66,
            ignore_case=False,
            accept=_is_branch,
        ),
    )


def _in_layout() -> tuple[Rule, ...]:
    """Return rules for facilities as letterheads and in brackets."""
    return (
        Rule(
            r"(?:^|\n)[ \t*=#-]*(?P<id>\p{Lu}[\p{L}\d'&.,-]*(?:[ ](?:\p{Lu}[\p{L}\d'&.,-]*|&|of|the|and|at"
            r"|for)){1,7})(?=[ \t]*(?:[|·•.-]|[ ]{2,}|\n)[ \t·|•]*(?:\d{1,5}[ ]\p{Lu}|P\.?O\.? Box"
            r"|\(?\d{3}\)?[ .-]\d{3}))",
            Category.FACILITY,
            0.68,
            ignore_case=False,
            accept=_is_letterhead,
        ),
        Rule(
            rf"(?<=[\p{{L}}\d.,:] ?)\({_PHRASE}(?=[),])",
            Category.FACILITY,
            0.64,
            ignore_case=False,
            accept=_is_in_brackets,
        ),
    )


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "facility_label",
        (*_behind_labels(), *_by_kind(), *_in_layout()),
    )
