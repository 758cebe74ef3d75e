"""Choice by likelihood: the option that the model itself finds likeliest after the question."""

from collections.abc import Sequence
from dataclasses import dataclass

from data_contracts import ChoiceScorer, Suite, SuiteItem


@dataclass(frozen=True)
class Likelihood:
    """What a model makes of one option: the sum of its tokens' log-probabilities, and how many tokens it has."""

    total: float
    tokens: int


def chosen(scorer: ChoiceScorer, likelihoods: Sequence[Likelihood]) -> int:
    """Return the position of the likeliest option; of equals the first, as the usual harness does.

    `raw` compares sums (acc of lm-evaluation-harness), `characters` divides each by the length of its option's text
    (acc_norm), `tokens` by its number of tokens.
    """
    values = [one.total / _length(scorer, option, one) for option, one in zip(scorer.options, likelihoods, strict=True)]
    return values.index(max(values))


def choice_score(suite: Suite, item: SuiteItem, reply: str) -> float:
    """Return 1.0 when the option that was chosen is the item's gold, else 0.0."""
    return 1.0 if reply == item.answers[0] else 0.0


def _length(scorer: ChoiceScorer, option: str, one: Likelihood) -> int:
    return {"raw": 1, "characters": len(option), "tokens": one.tokens}[scorer.length]
