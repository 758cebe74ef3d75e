"""Account, encounter, claim and card numbers."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.rules import LONG_CODE, TO_VALUE, Rule, RuleRecognizer

_LABEL = (
    r"\b(?:account|acct|a/c|billing|bill|invoice|encounter|visit|fin|csn|claim|bank|iban|credit card"
    r"|card|statement"
    r"|receipt|order|accession|specimen|confirmation|authorization|auth|transaction|routing)"
)


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "account",
        (
            Rule(rf"{_LABEL}{TO_VALUE}(?:ending (?:in )?)?{LONG_CODE}", Category.ACCOUNT, 0.88),
            Rule(r"(?<![\d-])\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?![\d-])", Category.ACCOUNT, 0.85),
            Rule(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}\b", Category.ACCOUNT, 0.8, ignore_case=False),
        ),
    )
