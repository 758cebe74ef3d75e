"""Words in other scripts than the Latin one: in an English note they are names, places or whole sentences unread."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.rules import Rule, RuleRecognizer

_FOREIGN = r"[\p{L}--[\p{Latin}\p{Common}]]"


def recognizer() -> RuleRecognizer:
    """Return the recognizer; single letters such as the alpha of `α-blocker` stay."""
    return RuleRecognizer(
        "other_script",
        (
            Rule(
                (
                    rf"(?V1){_FOREIGN}[\p{{M}}'∆.-]?(?:{_FOREIGN}[\p{{M}}'∆.-]*)+"
                    rf"(?<![.'-])"
                ),
                Category.NAME,
                0.7,
                ignore_case=False,
            ),
        ),
    )
