"""Health plan beneficiary numbers: labelled, behind a payer's name, or a Medicare identifier."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.rules import LONG_CODE, TO_VALUE, Rule, RuleRecognizer

_LABEL = (
    r"\b(?:health ?plan|plan|hp(?:id)?|hpbn|member(?:ship)?|policy|subscriber|insur(?:ance|ed|er)"
    r"|beneficiary|medicare"
    r"|medicaid|group|grp|gp|rxgrp|payer|mbi|hicn?|coverage|hmo|ppo)(?:[ /-](?:beneficiary|member|policy|plan"
    r"|insurance|group"
    r"|subscriber|card|coverage))*"
)
_PAYER = (
    r"\b(?:aetna|bcbs|blue ?cross(?: blue shield)?|blue shield|cigna|humana|kaiser"
    r"|united ?health(?:care)?|uhc|anthem"
    r"|tricare|molina|centene|wellcare|oscar|medicare|medicaid)"
)


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "health_plan",
        (
            Rule(rf"{_LABEL}{TO_VALUE}{LONG_CODE}", Category.HEALTH_PLAN, 0.9),
            Rule(rf"{_PAYER}{TO_VALUE}{LONG_CODE}", Category.HEALTH_PLAN, 0.9),
            Rule(
                r"\b[1-9][AC-HJ-KM-NP-RT-Y][AC-HJ-KM-NP-RT-Y0-9]\d-?[AC-HJ-KM-NP-RT-Y][AC-HJ-KM-NP-RT-Y0-9]\d-?"
                r"[AC-HJ-KM-NP-RT-Y]{2}\d\d\b",
                Category.HEALTH_PLAN,
                0.85,
                ignore_case=False,
            ),
        ),
    )
