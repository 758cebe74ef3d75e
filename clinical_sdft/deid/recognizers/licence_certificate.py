"""Licence, certificate, passport, DEA and NPI numbers, and numbers that are only called an id."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.rules import LONG_CODE, TO_VALUE, Rule, RuleRecognizer

_LABEL = (
    r"\b(?:(?:driver'?s? |driving |medical |nursing |state )?licen[sc]e|lic|certificate|cert|dea|npi"
    r"|(?<!/)dl|passport"
    r"|permit|visa|badge|employee|student|staff|military|veteran|dod|registration)"
)


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "licence_certificate",
        (
            Rule(rf"{_LABEL}{TO_VALUE}{LONG_CODE}", Category.LICENCE, 0.88),
            Rule(r"\b[ABCDEFGHJKLMPRSTUX][A-Z9]\d{7}\b", Category.LICENCE, 0.75, ignore_case=False),
        ),
    )
