"""Device identifiers and serial numbers, network card addresses."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.rules import CODE, LONG_CODE, TO_VALUE, Rule, RuleRecognizer

_LABEL = (
    r"\b(?:serial|s/n|sn|device|udi|model|lot|imei|implant|pacemaker|defibrillator|icd|pump|monitor"
    r"|asset|equipment"
    r"|prosthesis|lead|stent|mac|remote monitoring,? unit|gateway|sensor|transmitter)(?: (?:serial|device|model|lot))?"
)


def _has_three_digits(text: str, start: int, end: int) -> bool:
    return sum(character.isdigit() for character in text[start:end]) > 2


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "device_serial",
        (
            Rule(rf"{_LABEL}{TO_VALUE}{LONG_CODE}", Category.DEVICE, 0.87),
            Rule(
                rf"\b(?:serial|s/n|sn|lot|imei|asset|equipment|transmitter|controller)\b(?: (?:no|number|tag"
                rf"|#)\b\.?)?{TO_VALUE}{CODE}",
                Category.DEVICE,
                0.87,
                accept=_has_three_digits,
            ),
            Rule(r"(?<!\w)\+[A-Z]\d{3}[A-Z0-9]{4,}(?:/\$*\+?[A-Z0-9$]+)*", Category.DEVICE, 0.95),
            Rule(r"\(01\)\d{14}(?:\(\d\d\)[A-Z0-9]+)*", Category.DEVICE, 0.95),
            Rule(r"\b[0-9A-F]{2}(?:[:-][0-9A-F]{2}){5}\b", Category.DEVICE, 0.94),
        ),
    )
