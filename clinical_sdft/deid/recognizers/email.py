"""E-mail addresses. Any domain counts: no list of suffixes is consulted, so nothing reaches for the network."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.rules import Rule, RuleRecognizer


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "email",
        (
            Rule(
                r"(?<![\w.+-])[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@"
                r"[\w](?:[\w-]*\w)?(?:\.[\w](?:[\w-]*\w)?)*",
                Category.EMAIL,
                0.97,
            ),
        ),
    )
