"""The one presidio recognizer that all pattern recognizers of this package are instances of."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.presidio import EntityRecognizer, RecognizerResult
from clinical_sdft.deid.text import fold, matches

GUESS = "guess"
"""Key of a result's metadata: the result must pass the safe list."""


@dataclass(frozen=True)
class Rule:
    """A pattern and what it finds.

    The identifier is the group `id` where the pattern has one, else the whole match, so that a label such as
    `MRN:` stays in the text.
    """

    pattern: str
    category: Category
    score: float
    ignore_case: bool = True
    guess: bool = False
    accept: Callable[[str, int, int], bool] | None = None
    anywhere: bool = False
    """Whether a match may begin inside another: where `accept` refuses a long one, a shorter one may hold."""


class RuleRecognizer(EntityRecognizer):  # type: ignore[misc]
    """Finds identifiers by rules; a rule that runs out of time is an error, never a silent miss."""

    def __init__(self, name: str, rules: Iterable[Rule]) -> None:
        """Keep the rules; categories become presidio's entity names."""
        self.rules = tuple(rules)
        super().__init__(supported_entities=sorted({str(rule.category) for rule in self.rules}), name=name)

    def load(self) -> None:
        """Nothing has to be loaded."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
        """Return presidio results.

        Raises:
            PatternTimeoutError: a rule took too long.
        """
        folded = fold(text)
        return [
            result(rule.category, start, end, rule.score, rule.guess)
            for rule in self.rules
            for match in matches(rule.pattern, folded, ignore_case=rule.ignore_case, overlapped=rule.anywhere)
            for start, end in [match.span("id") if "id" in match.re.groupindex else match.span()]
            if end > start and (rule.accept is None or rule.accept(folded, start, end))
        ]


def result(category: Category, start: int, end: int, score: float, guess: bool = False) -> Any:
    """Return a presidio result that says whether it must pass the safe list.

    A guess has an entity type of its own, since presidio drops a result inside another one of its type: a guess that
    the safe list refuses later must not have taken a sure result with it.
    """
    return RecognizerResult(
        entity_type=f"{category}:{GUESS}" if guess else str(category),
        start=start,
        end=end,
        score=score,
        recognition_metadata={GUESS: guess},
    )


_BODY = r"[A-Z0-9]+(?:[./-][A-Z0-9]+)*(?: \d{3,}(?![\d/]))*)"

CODE = r"(?<!\w)(?P<id>(?=(?:[A-Z0-9./-]*?\d){2})" + _BODY
"""A code of letters and digits with at least two digits; groups of three and more digits may follow."""

LONG_CODE = (
    r"(?<!\w)(?P<id>(?:(?-i:(?!(?:AT|ON|IN|BY|TO|OF|IS|NO|ID)\b)[A-Z]{1,4}) )?"
    r"(?=(?:[A-Z0-9./-]*?\d){4}|\d{1,3}(?: \d{3,}){1,3}(?![\d/]))" + _BODY
)
"""A code with at least four digits, or of groups of digits; upper-case letters may stand before it."""

TO_VALUE = (
    r"\.? *(?:(?:ids?|no|nos|num|number|identifier|code)\b\.?)? *(?:\([A-Z]{2,6}\))? *(?:is|was|of)?"
    r" *[:#=.|-]* *#?"
)
"""What may stand between a label and its value."""
