"""Metrics as `evaluate.Metric`: they compose with `evaluate.combine` and need no hub."""

from typing import Any, Literal

import datasets
import evaluate
from datasets import Features, Sequence, Value

from clinical_sdft.evaluation.scorers.choice import Likelihood, chosen
from clinical_sdft.evaluation.scoring import score_reply
from data_contracts import ChoiceScorer, Suite, SuiteItem


class ReplyAccuracy(evaluate.Metric):  # type: ignore[misc]
    """Share of replies that are right by the suite's scoring rule.

    Predictions are replies, references are item ids of the suite.
    """

    def __init__(self, suite: Suite, **kwargs: Any) -> None:
        """`suite` holds the gold; everything stays in memory."""
        super().__init__(keep_in_memory=True, **kwargs)
        self._items: dict[str, SuiteItem] = {item.id: item for item in suite.items}
        self._suite = suite

    def _info(self) -> evaluate.MetricInfo:
        return _info(
            "Accuracy of generated replies by accepted phrases.",
            Features({"predictions": Value("string"), "references": Value("string")}),
        )

    def _compute(self, predictions: list[str], references: list[str]) -> dict[str, Any]:
        scores = [
            score_reply(self._suite, self._items[item], reply)
            for reply, item in zip(predictions, references, strict=True)
        ]
        return {"accuracy": sum(scores) / len(scores), "scores": scores}


class ChoiceAccuracy(evaluate.Metric):  # type: ignore[misc]
    """Share of choice items whose gold is the likeliest option.

    Predictions are log-likelihoods, one list a question in the order of its options; references are item ids.
    """

    def __init__(self, suite: Suite, **kwargs: Any) -> None:
        """`suite` holds options and gold; everything stays in memory."""
        super().__init__(keep_in_memory=True, **kwargs)
        self._items: dict[str, SuiteItem] = {item.id: item for item in suite.items}

    def _info(self) -> evaluate.MetricInfo:
        return _info(
            "Accuracy of choices by log-likelihood, raw and divided by the characters of an option.",
            Features({"predictions": Sequence(Value("float64")), "references": Value("string")}),
            form=None,
        )

    def _compute(self, predictions: list[list[float]], references: list[str]) -> dict[str, Any]:
        rows = [(self._items[item], totals) for totals, item in zip(predictions, references, strict=True)]
        raw = [_picks_gold(item, totals, "raw") for item, totals in rows]
        by_length = [_picks_gold(item, totals, "characters") for item, totals in rows]
        return {"acc": sum(raw) / len(raw), "acc_norm": sum(by_length) / len(by_length)}


class PairedDrop(evaluate.Metric):  # type: ignore[misc]
    """What changed between two models on the same items.

    Predictions are the candidate's item scores, references the incumbent's, in the same order.
    """

    def __init__(self, **kwargs: Any) -> None:
        """Everything stays in memory."""
        super().__init__(keep_in_memory=True, **kwargs)

    def _info(self) -> evaluate.MetricInfo:
        return _info(
            "Paired accuracy drop: incumbent minus candidate.",
            Features({"predictions": Value("float64"), "references": Value("float64")}),
        )

    def _compute(self, predictions: list[float], references: list[float]) -> dict[str, Any]:
        pairs = list(zip(predictions, references, strict=True))
        return {
            "n": len(pairs),
            "broken": sum(candidate < incumbent for candidate, incumbent in pairs),
            "fixed": sum(candidate > incumbent for candidate, incumbent in pairs),
            "drop": sum(incumbent - candidate for candidate, incumbent in pairs) / len(pairs),
        }


def _picks_gold(item: SuiteItem, totals: list[float], length: Literal["raw", "characters"]) -> bool:
    assert isinstance(item.scorer, ChoiceScorer)
    scorer = item.scorer.model_copy(update={"length": length})
    return scorer.options[chosen(scorer, [Likelihood(total, 1) for total in totals])] == item.answers[0]


def _info(description: str, features: datasets.Features, form: str | None = "python") -> evaluate.MetricInfo:
    return evaluate.MetricInfo(
        description=description, citation="", inputs_description="", features=features, format=form
    )
