"""Hospitals, clinics, schools and other named places of care or work."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.dates import find_dates
from clinical_sdft.deid.lexicon import is_listed_name, is_vocabulary, large_list, lexicon, plain_letters, stem
from clinical_sdft.deid.recognizers.rules import Rule, RuleRecognizer
from clinical_sdft.deid.text import matches

_KIND = (
    r"(?:Hospitals?|HOSPITAL|(?:[Ff]amily |[Cc]ommunity |[Uu]rgent )?[Cc]linics?|CLINIC"
    r"|Medical (?:Center|Centre|Group|College|Associates)"
    r"|MEDICAL CENTER|(?:Health|Cancer|Heart|Surgery|Trauma|Wellness|Care|Dialysis|Rehab(?:ilitation)?"
    r"|Imaging|Eye|Pain)"
    r" (?:Center|Centre|System|Institute|Clinic|Services|Partners|Network)|Healthcare|HealthCare"
    r"|Health|Infirmary|Hospice"
    r"|Nursing Home|[Ff]acility|Memorial|Sanatorium|Pharmacy|Urgent Care|Institute|University|College"
    r"|School|Academy"
    r"|Elementary|Church|Center|Centre|Practice|[Oo]ffice|Laboratories|Labs|Inc|LLC|Ltd|Corp(?:oration)?|Company)"
)
_NAME = r"(?:\p{Lu}[\p{L}'&-]*|St\.|Mt\.|Ft\.|Dr\.|&|of|the|and|for|at)"


_AT = (
    r"\b(?:seen|treated|admitted|admission|present(?:ed|ing|s)|evaluated|reviewed|visit(?:ed)?|followed|referred|care"
    r"|surgery|transferred|discharged|hospitali[sz]ed|operated|performed|diagnosed|scheduled|consult(?:ation)?|records"
    r"|appointment|works|employed|check-?up)(?: \p{Ll}+){0,2} (?:at|to|from|in|by) (?:the |our )?"
)
_PHRASE = r"(?P<id>(?-i:\p{Lu}[\p{L}'.-]+)(?: (?:&|of|and|(?-i:\p{Lu}[\p{L}'-]+))){0,5}(?<! of| and| &))"


_BUSINESS = (
    r"(?:(?i:Inc|Incorporated|LLC|Ltd|Limited|Corp|Corporation|Co|Company|PLC|GmbH|LLP|PLLC|S\.?A)\b\.?|Group|Technologies|Systems"
    r"|Solutions|Services|Agency|Associates|Partners|Insurance|International|Networks?|Consulting|Foundation|Industries|Holdings"
    r"|Bank|Enterprises|Logistics|Unlimited|Consultants|Analytics|Software|Club|Hotel|Motel|Inn|Restaurant|Café|Cafe|Market"
    r"|Supermarket|Store|Stores|Mall|Plaza|Towers?|Apartments|Estates|Farms?|Ranch|Library|Museum|Stadium|Airport|Station|Prison|Jail"
    r"|Penitentiary|Barracks|Base|Parish|Cathedral|Synagogue|Mosque|Temple|Daycare|Preschool|Kindergarten|Seminary|District)"
)
_OFFICE = r"\b(?:employed (?:by|at)|works? (?:for|at)|worked (?:for|at)|working (?:for|at)|employer(?: is|:)?|job at|retired from)"
_FIRM = r"(?:\p{Lu}[\p{L}'-]+, ){1,2}\p{Lu}[\p{L}'-]+,? and \p{Lu}[\p{L}'-]+"


def _is_business(text: str, start: int, end: int) -> bool:
    """Tell `Solarlist Technologies` from `Review of Systems`: some word must be in no dictionary, or a name."""
    words = [m.group() for m in matches(r"[\p{L}'.-]+", text[start:end])][:-1]
    known = lexicon()
    plain = known.departments | known.clinical
    return any((not is_vocabulary(stem(word)) or known.is_name(word)) and stem(word) not in plain for word in words)


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
    words = [m.group() for m in matches(r"\p{Lu}[\p{L}'-]+", text[start:end])]
    plain = lexicon().clinical | lexicon().departments
    return all(is_listed_name(word) and stem(word) not in plain for word in words)


def _is_named(text: str, start: int, end: int) -> bool:
    """Tell `Lakeside Clinic` from `Dermatology Clinic`: some word must not be a department."""
    words = [m.group() for m in matches(r"[\p{L}'.-]+", text[start:end])]
    kinds = {"hospitals", "clinics", "services", "system", "institute", "network", "partners", "group", "st", "dr"}
    generic = lexicon().departments | lexicon().clinical | kinds
    return any(stem(word) not in generic for word in words if word[0].isupper())


def _is_named_place(text: str, start: int, end: int) -> bool:
    """Tell `seen at Cedar Crest` from `treated in Thailand`, `seen in March` and `referred to Dr. Bell`."""
    phrase = text[start:end]
    words = lexicon()
    acronym = phrase.isupper() and len(phrase) < 6
    open_place = phrase.casefold() in words.regions | words.states
    person = any(matches(r"^(?:Dr|Mr|Mrs|Ms|Prof|Doctor|Nurse)\b", phrase)) or words.is_name(phrase.split()[0])
    return not (acronym or open_place or person) and not find_dates(phrase) and _is_named(text, start, end)


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "facility",
        (
            Rule(
                rf"(?<![\w.])(?P<id>\p{{Lu}}[\p{{L}}'&.-]*(?: {_NAME}){{0,5}} {_KIND}"
                r"(?: of \p{Lu}\p{L}+| (?:Hospital|Clinic))?)\b(?!-)",
                Category.FACILITY,
                0.78,
                ignore_case=False,
                accept=_is_named,
            ),
            Rule(
                rf"(?<![\w.])(?P<id>\p{{Lu}}[\p{{L}}'&.-]*(?: (?:\p{{Lu}}[\p{{L}}'&.-]*|&|and|of|de)){{0,4}},? {_BUSINESS})(?!\w)",
                Category.FACILITY,
                0.77,
                ignore_case=False,
                accept=_is_business,
            ),
            Rule(
                r"(?<!\w)\p{Lu}[\p{L}'.-]+(?: \p{Lu}[\p{L}'.-]+)?(?: (?:downtown|uptown|north|south|east|west|main|city|area|local))?"
                r" (?:clinic|hospital|hospice|pharmacy|infirmary|nursing home|urgent care|medical center|medical centre|Med\b)",
                Category.FACILITY,
                0.73,
                ignore_case=False,
                accept=_is_town,
            ),
            Rule(rf"(?<!\w){_FIRM}\b", Category.FACILITY, 0.63, ignore_case=False, accept=_is_firm),
            Rule(rf"{_OFFICE} (?:the )?{_PHRASE}", Category.FACILITY, 0.73, accept=_is_named_place),
            Rule(rf"{_AT}{_PHRASE}", Category.FACILITY, 0.73, accept=_is_named_place),
            Rule(
                r"\b(?:Mt|Mount|St|Saint|Ft|Cedars)\.?[ -](?:\p{Lu}[\p{L}-]+)(?:'s?)?(?: (?:Hospital"
                r"|Clinic|Medical Center))?",
                Category.FACILITY,
                0.76,
                ignore_case=False,
            ),
            Rule(
                r"\b(?:Mayo|Kaiser(?: Permanente)?|Johns Hopkins|Cleveland Clinic|UCLA|UCSF|Stanford"
                r"|MGH|Massachusetts General|NYU"
                r"|Mass General|Cedars-Sinai|Presbyterian|Methodist|Mercy|Bellevue|Walter Reed"
                r"|MD Anderson|Sloan Kettering)\b",
                Category.FACILITY,
                0.74,
                ignore_case=False,
            ),
        ),
    )
