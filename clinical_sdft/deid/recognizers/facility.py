"""Hospitals, clinics, schools and other named places of care or work."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.dates import find_dates
from clinical_sdft.deid.lexicon import is_listed_name, is_vocabulary, large_list, lexicon, plain_letters, stem
from clinical_sdft.deid.recognizers.rules import Rule, RuleRecognizer
from clinical_sdft.deid.text import matches, word_set
from clinical_sdft.deid.words import is_flat, words_of

_KINDS = (
    r"Hospitals?|Hosp|(?:Family |Community |Urgent )?Clinics?|Medical (?:Center|Centre|Group|College|Associates)"
    r"|(?:Health|Cancer|Heart|Surgery|Surgical|Trauma|Wellness|Care|Dialysis|Rehab(?:ilitation)?|Imaging|Eye"
    r"|Pain|Birth|Nursing"
    r"|Counseling|Recovery|Treatment|Hospice|Dental|Spine|Sleep|Endoscopy|Infusion|Senior|Day)"
    r" (?:Center|Centre|System|Institute|Clinic|Services|Partners|Network|Associates|Hospital|Group|Home|Specialists)"
    r"|(?:Dermatology|Cardiology|Orthop(?:a)?edics?|Neurology|Pediatrics?|Oncology|Urology|Radiology"
    r"|Gastroenterology|Psychiatry"
    r"|Ophthalmology|Gyn(?:a)?ecology|Obstetrics|Rheumatology|Nephrology|Pulmonology|Endocrinology|Allergy"
    r"|Anesthesia|Internal Medicine"
    r"|Family Medicine|Family Practice|Primary Care|Physical Therapy) (?:Associates|Group|Partners|Specialists"
    r"|Clinic|Center|Consultants)"
    r"|Family (?:Practice|Medicine|Health)|(?:Behavioral |Mental |Home |Public )?Health|Healthcare|HealthCare"
    r"|Health Care|Dialysis"
    r"|Rehabilitation|Rehab|Infirmary|Hospice|Nursing (?:Home|Facility)|Care Home|Assisted Living|Facility"
    r"|Memorial|Sanatorium"
    r"|Pharmacy|Drugs?tore|Urgent Care|Institute|University|College|(?:High |Middle |Primary |Elementary "
    r"|Grammar |Nursing |Medical |Charter )?School|Academy|Elementary|Church|Center"
    r"|Centre|Practice|Office"
    r"|Laboratories|Labs|Inc|LLC|Ltd|Corp(?:oration)?|Company|Orthop(?:a)?edics?|Dermatology|Pediatrics"
    r"|Physicians|Specialists"
    r"|Brewing(?: Company)?|Brewery|Textiles|Manufacturing|Foods|Motors|Airlines|Construction|Trucking|Shipping"
    r"|Mills|Steel|Hotel"
    r"|Manor|Lodge|Retirement Community"
)
_KIND = rf"(?:{_KINDS}|{_KINDS.upper()}|[Cc]linic|[Ff]acility|[Oo]ffice)"
_NAME = r"(?:\p{Lu}[\p{L}\p{M}'&-]*|OF|THE|AND|FOR|St\.|Mt\.|Ft\.|&|of|the|and|for)"


_AT = (
    r"\b(?:seen|treated|admitted|admission|present(?:ed|ing|s)|evaluated|reviewed|visit(?:ed)?|followed|referred|care"
    r"|surgery|transferred|discharged|hospitali[sz]ed|operated|performed|diagnosed|scheduled|consult(?:ation)?|records"
    r"|appointment|works|employed|check-?up)(?: \p{Ll}+){0,2} (?:at|to|from|in|by) (?:the |our )?"
)
_PHRASE = r"(?P<id>(?-i:\p{Lu}[\p{L}'.-]+)(?: (?:&|of|and|(?-i:\p{Lu}[\p{L}'-]+))){0,5}(?<! of| and| &))"


_BUSINESS = (
    r"(?:(?i:Inc|Incorporated|LLC|Ltd|Limited|Corp|Corporation|Co|Company|PLC|GmbH|LLP|PLLC|S\.?A)\b\.?|Group"
    r"|Technologies|Systems"
    r"|Solutions|Services|Agency|Associates|Partners|Insurance|International|Networks?|Consulting|Foundation"
    r"|Industries|Holdings"
    r"|Bank|Enterprises|Logistics|Unlimited|Consultants|Analytics|Software|Club|Hotel|Motel|Inn|Restaurant|Café"
    r"|Cafe|Market"
    r"|Supermarket|Store|Stores|Mall|Plaza|Towers?|Apartments|Estates|Farms?|Ranch|Library|Museum|Stadium"
    r"|Airport|Station|Prison|Jail"
    r"|Penitentiary|Barracks|Base|Parish|Cathedral|Synagogue|Mosque|Temple|Daycare|Preschool|Kindergarten"
    r"|Seminary|District)"
)
_OFFICE = (
    r"\b(?:employed (?:by|at)|works? (?:for|at)|worked (?:for|at)|working (?:for|at)|employer(?: is|:)?|job at"
    r"|retired from)"
)
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


_SURE_KINDS = word_set("hospital clinic pharmacy infirmary hospice university college school")
"""Kinds that name a facility also where capital letters say nothing."""


def _is_plain(word: str) -> bool:
    return is_vocabulary(stem(word)) and not lexicon().is_name(word)


def _is_named(text: str, start: int, end: int) -> bool:
    """Tell `Lakeside Clinic` from `Dermatology Clinic`: some word must not be a department."""
    words = [m.group() for m in matches(r"[\p{L}'.-]+", text[start:end])]
    kinds = {"hospitals", "clinics", "services", "system", "institute", "network", "partners", "group", "st", "dr"}
    generic = lexicon().departments | lexicon().clinical | kinds
    if is_flat(words_of(text)) and len(words) < 3 and stem(words[-1]) not in _SURE_KINDS and all(map(_is_plain, words)):
        return False
    return any(stem(word) not in generic for word in words if word[0].isupper())


def _is_named_place(text: str, start: int, end: int) -> bool:
    """Tell `seen at Cedar Crest` from `treated in Thailand`, `seen in March` and `referred to Dr. Bell`."""
    phrase = text[start:end]
    words = lexicon()
    if is_flat(words_of(text)) and text[:start].endswith(("by ", "BY ", "by the ")):
        return False
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
                rf"(?<![\w.])(?!(?:Dr|Mr|Mrs|Ms|Prof|DR|MR|MRS)\b)(?P<id>\p{{Lu}}[\p{{L}}'&.-]*"
                rf"(?: {_NAME}){{0,5}} {_KIND}"
                r"(?: of \p{Lu}\p{L}+| (?:Hospital|Clinic))?)\b(?!-)",
                Category.FACILITY,
                0.78,
                ignore_case=False,
                accept=_is_named,
            ),
            Rule(
                (
                    rf"(?<![\w.])(?!(?:Dr|Mr|Mrs|Ms|Prof|DR|MR|MRS)\b)(?P<id>\p{{Lu}}[\p{{L}}'&.-]*(?: "
                    rf"(?:\p{{Lu}}[\p{{L}}'&.-]*|&|and|of"
                    rf"|de)){{0,4}},? {_BUSINESS})(?!\w)"
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
