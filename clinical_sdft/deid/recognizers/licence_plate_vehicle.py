"""Licence plates and vehicle identification numbers."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.rules import TO_VALUE, Rule, RuleRecognizer
from clinical_sdft.deid.text import matches, word_set

_LABEL = (
    r"(?i:\b(?:licen[sc]e plates?|number plates?|plates?(?: (?:no|number|#))?|vehicle(?: (?:id|reg(?:istration)?"
    r"|tag))?|(?:car|van|truck|suv|sedan|pickup|motorcycle|minivan|vehicle|jeep|bus) (?:bearing|displaying|with|reg"
    r"|tag|plate)|security (?:ran|towed|tagged)|(?:motorcycle|car|truck|van),? licen[sc]e|car reg(?:istration)?"
    r"|registration|reg|vin|tag))"
)
_PLATE = r"(?<!\w)(?P<id>(?=[A-Z0-9 -]*\d)(?=[\d -]*[A-Z])[A-Z0-9]{1,4}(?:[ -]?[A-Z0-9]{2,4}){1,2}(?: \d)?)\b"
_PLATE_LABEL = (
    r"\b(?:(?:licen[sc]e|number|car|vehicle|registration|temp(?:orary)?|vanity|state)? ?plates?|(?<!f-)tags?"
    r"|car reg(?:istration)?|(?:car|van|truck|suv|sedan|pickup|motorcycle) bearing"
    r"|vehicle reg(?:istration)?)\b(?: (?:no|number|num|is|was|were|reads?|with|of|reading)\b\.?)*[ :#=]*"
)
_NO_PART = r"(?!(?:at|of|in|on|to|is|was|no|and|the|for|by|or|as|with|x|mm|cm|ml|mg|id|st|nd|rd|th)\b)"
_SMALL_PLATE = (
    rf"(?<!\w)(?P<id>{_NO_PART}(?:[a-z]{{1,4}}[ -]?\d{{2,5}}(?:[ -]?[a-z]{{1,3}}| \d)?"
    rf"|\d{{1,4}}-?{_NO_PART}[a-z]{{2,4}}(?:-?\d{{1,4}})?|\d{{3}} {_NO_PART}[a-z]{{3}}"
    rf"|[a-z]\d{{2}} ?[a-z]\d{{2}}))(?![\w-])"
)
"""A plate in letters of any case: what a note without capitals leaves of it."""
_LABELS = word_set("ssn dob mrn vin dl npi dea case number license licence name acct id no")


def _is_plate(text: str, start: int, end: int) -> bool:
    """Tell `563-ZWJ` from the label of the next line and from a phrase in capitals."""
    value = text[start:end]
    first = next((match.group().casefold() for match in matches(r"\p{L}+", value)), "")
    return 4 <= sum(map(str.isalnum, value)) <= 8 and first not in _LABELS


_MAKE = (
    r"(?i:subaru|toyota|honda|ford|chevy|chevrolet|dodge|jeep|nissan|hyundai|kia|gmc|buick|cadillac|lexus|mazda|volvo"
    r"|volkswagen|vw|tesla|chrysler|pontiac|acura|bmw|audi|tacoma|tundra|camry|corolla|civic|accord|f-?[123]50"
    r"|silverado|sierra|ram|caravan|transit|ranger|explorer|escape|bronco|wrangler|malibu|impala|altima|sentra"
    r"|outback|forester|sonata|elantra|odyssey|sienna|pickup|car|auto|minivan|sedan|suv|harley|motorcycle|semi"
    r"|trailer|camper|truck|van|veh(?:icle)?|winnebago|rv)"
)


def _is_no_model(text: str, start: int, end: int) -> bool:
    """Tell `white F-150 Iowa LMB 071` from `Ford F-150` and `Mazda CX 30`."""
    value = text[start:end].replace(" ", "").replace("-", "").casefold()
    words = (
        "on",
        "at",
        "in",
        "of",
        "to",
        "by",
        "no",
        "age",
        "was",
        "and",
        "for",
        "hwy",
        "us",
        "rt",
        "mm",
        "mph",
        "am",
        "pm",
        "ps",
    )
    led = next((match.group() for match in matches(r"^[a-z]+", value)), "")
    return (
        led not in words
        and value not in ("f150", "f250", "f350", "cx30", "cx50", "cx90", "m3", "x5")
        and len(value) > 4
    )


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "licence_plate_vehicle",
        (
            Rule(rf"{_LABEL}(?i:{TO_VALUE}){_PLATE}", Category.VEHICLE, 0.9, ignore_case=False, accept=_is_plate),
            Rule(
                rf"{_PLATE_LABEL}(?P<id>\d{{2,3}}[ -]\d{{3,4}}|[A-Z0-9]{{2,4}}\n[A-Z0-9]{{2,4}})(?!\w)",
                Category.VEHICLE,
                0.89,
            ),
            Rule(
                r"\b[Pp]lates?[ :#]{1,2}(?P<id>[A-Z0-9]{2,4}[ -]?[A-Z0-9]{2,4})(?!\w)",
                Category.VEHICLE,
                0.89,
                ignore_case=False,
            ),
            Rule(r"(?<![\w-])\d[A-Z]{3}\d{3}(?![\w-])", Category.VEHICLE, 0.86, ignore_case=False),
            Rule(r"(?<![\w-])N\d{2,4}[A-Z]{1,2}(?![\w-])", Category.VEHICLE, 0.88, ignore_case=False),
            Rule(
                rf"\b{_MAKE}\b[^.;\n]{{0,24}}?(?<![\w-])(?P<id>(?=[A-Z0-9 -]*\d)"
                r"(?:[A-Z]{1,3}[ -]?\d{2,6}(?:[ -]\d{2,4}|[A-Z]{1,2})?|[A-Z]\d{2}[ -]?[A-Z]{3}"
                r"|\d{1,3}[ -]?[A-Z]{1,3}[ -]?\d{2,4}|\d{3}[ -]?[A-Z]{3}|[A-Z]{3}[ -]\d{2}[A-Z]"
                r"|[A-Z0-9]{3} [A-Z0-9]{3}|(?=[A-Z]*\d[A-Z0-9]*\d)(?=\d*[A-Z]\d*[A-Z])[A-Z0-9]{6,7}))(?![\w-])",
                Category.VEHICLE,
                0.88,
                ignore_case=False,
                accept=_is_no_model,
                anywhere=True,
            ),
            Rule(rf"{_PLATE_LABEL}{_SMALL_PLATE}", Category.VEHICLE, 0.89),
            Rule(
                r"\b(?=[A-HJ-NPR-Z0-9]*\d[A-HJ-NPR-Z0-9]*\d)(?=\d*[A-Z])[A-HJ-NPR-Z0-9]{17}\b",
                Category.VEHICLE,
                0.9,
                ignore_case=False,
            ),
        ),
    )
