"""A port for a model that judges replies. Nothing here calls one, and no suite can ask for one.

What a judge says can be reported beside a decision; it is never part of one. The gate reads sealed suites, whose
scorers (`data_contracts.scorers`) are rules that anybody can apply again.
"""

from typing import Any, Protocol

import evaluate
from datasets import Features, Value


class Judge(Protocol):
    """Anything that grades a reply against the right answer."""

    def grade(self, question: str, gold: str, reply: str) -> float:
        """Return a grade from 0 to 1."""
        ...


class JudgedShare(evaluate.Metric):  # type: ignore[misc]
    """Mean grade of replies by a judge. Predictions are replies, references the right answers, both in order."""

    def __init__(self, judge: Judge, questions: list[str], **kwargs: Any) -> None:
        """`judge` grades; `questions` stand in the order of the predictions."""
        super().__init__(keep_in_memory=True, **kwargs)
        self._judge = judge
        self._questions = questions

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="Mean grade by a judge; for reports, never for the gate.",
            citation="",
            inputs_description="",
            features=Features({"predictions": Value("string"), "references": Value("string")}),
            format="python",
        )

    def _compute(self, predictions: list[str], references: list[str]) -> dict[str, Any]:
        rows = zip(self._questions, references, predictions, strict=True)
        grades = [self._judge.grade(question, gold, reply) for question, gold, reply in rows]
        return {"grade": sum(grades) / len(grades), "grades": grades}
