"""Licence, certificate, passport, DEA and NPI numbers, and numbers that are only called an id."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.rules import LONG_CODE, TO_VALUE, Rule, RuleRecognizer

_LABEL = (
    r"\b(?:(?:driver'?s? |driving |medical |nursing |state )?licen[sc]e(?: of the [a-z]+)?"
    r"(?: \([^)\n]{3,40}\))?|lic|(?:birth |death )?certificate(?: of (?:live )?(?:birth|death))?|cert|dea|npi"
    r"|(?<!/)dl|passport"
    r"|permit|visa|badge|employee|student|staff|military|veteran|dod|registration)"
)


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "licence_certificate",
        (
            Rule(rf"{_LABEL}{TO_VALUE}{LONG_CODE}", Category.LICENCE, 0.88),
            Rule(
                r"\b(?:rn|lpn|np|md|do|pa|dea|npi)\b[ :#]{1,3}(?P<id>[A-Z]{0,3}-?\d{5,}(?:-?[A-Z0-9]+)*)\b",
                Category.LICENCE,
                0.82,
            ),
            Rule(r"\blic(?:ense|\.)?[ :#]{1,2}(?P<id>(?-i:\d{1,2}[A-Z] ?\d{4,6}))(?!\w)", Category.LICENCE, 0.87),
            Rule(
                r"\b(?:MD|DO|DDS|DMD|RN|NP|PA|PA-C|DPM|OD|PT|DPT|DVM|LPN|PharmD|RPh"
                r"|LCSW)[,.]? {1,3}(?P<id>[A-Z]{2} ?[A-Z]{0,2}-?\d{4,})(?!\w)",
                Category.LICENCE,
                0.86,
                ignore_case=False,
            ),
            Rule(r"(?<![\w.,/-])[A-Z] \d{3}(?:[ -]\d{3}){2,3}(?![\w/-])", Category.LICENCE, 0.9, ignore_case=False),
            Rule(r"\b[ABCDEFGHJKLMPRSTUX][A-Z9]\d{7}\b", Category.LICENCE, 0.75, ignore_case=False),
        ),
    )
