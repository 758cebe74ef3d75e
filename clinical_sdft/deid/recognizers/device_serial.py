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


def _has_a_digit_inside(text: str, start: int, end: int) -> bool:
    """Tell `DPF50G` from a word in capitals or a number with its unit."""
    value = text[start:end]
    return any(character.isdigit() for character in value[1:]) and value[-2:] not in ("MG", "ML", "CC")


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
            Rule(
                r"\b(?:device|unit|pump|monitor|serial|lot/?ser|ser|kit lot)\.? ?(?:no|number|num"
                r"|#)\.?[ :#]{1,2}(?P<id>[A-Z0-9]*\d[A-Z0-9.-]{2,}[A-Z0-9])(?!\w)",
                Category.DEVICE,
                0.87,
            ),
            Rule(r"(?<![\w.-])[A-Z]{1,3}\d{3,}(?:\.\w{1,4}){2,}(?:-\w+)*(?!\w)", Category.DEVICE, 0.86),
            Rule(r"(?<![\w.,/-])0\d{2,4}-\d{2,4}-[A-Z](?![\w-])", Category.DEVICE, 0.86, ignore_case=False),
            Rule(
                r"\b(?:unit|generator|aids?|pump|monitor|programmer|stimulator|recorder|transmitter|cpap|bipap"
                r"|concentrator|cup|vac"
                r"|serial|device)[ :,#]{1,2}(?P<id>\d{4}\.\d{4,6})(?![\w/-]|[.,]\d)",
                Category.DEVICE,
                0.87,
            ),
            Rule(r"(?<!\w)\+[A-Z]\d{3}[A-Z0-9]{4,}(?:/\$*\+?[A-Z0-9$]+)*", Category.DEVICE, 0.95),
            Rule(r"\(01\)\s?\d{12,14}(?:\s?\(\d\d\)\s?[A-Z0-9-]+)*", Category.DEVICE, 0.95),
            Rule(r"(?<!\w)01\s\d{14}(?:\s(?:10|11|17|21|30)\s[A-Z0-9]+)+", Category.DEVICE, 0.95),
            Rule(
                r"\b(?:pump|generator|lot|lead|stimulator|concentrator|recorder|home box|reader|processor"
                r"|aids?:? [rl])[ :]{1,2}"
                r"(?P<id>(?-i:(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[A-Z0-9]{6,8}))(?!\w)",
                Category.DEVICE,
                0.87,
                accept=_has_a_digit_inside,
            ),
            Rule(r"(?<!\w)[=&]/?[A-Z]\d{3,4}[A-Z0-9=,>%<&]{6,}", Category.DEVICE, 0.95),
            Rule(r"\b[0-9A-F]{2}(?:[:-][0-9A-F]{2}){5}\b", Category.DEVICE, 0.94),
        ),
    )
