"""Guidelines with rules, made in a line."""

import json
from collections.abc import Callable

import pytest

from data_contracts import Guideline

SOURCE = {"title": "t", "publisher": "p", "url": "https://example.org"}


def made(
    rules: dict[str, tuple[str, str]], fields: list[dict[str, object]] | None = None, language: str = "cel", **changes
) -> Guideline:
    """Return a guideline whose rules are given as id → (condition, answer)."""
    numbers = [{"name": name, "type": "number", "unit": "mm[Hg]"} for name in ("sbp", "dbp")]
    answers = list(dict.fromkeys(answer for _, answer in rules.values()))
    document = " ".join(f"The answer is {answer}." for answer in answers)
    raw = {
        "id": "tiny",
        "title": "t",
        "issuer": "i",
        "version": "1",
        "date": "2026-01-01",
        "licence": "CC0-1.0",
        "document": document,
        "recommendations": [
            {
                "id": f"R{number}",
                "answer": answer,
                "statement": "s",
                "quote": f"The answer is {answer}.",
                "source": SOURCE,
            }
            for number, answer in enumerate(answers)
        ],
        "fields": fields or numbers,
        "rules": [
            {
                "id": name,
                "recommendation": f"R{answers.index(answer)}",
                "language": language,
                "condition": condition,
                "answer": answer,
                "quote": f"The answer is {answer}.",
            }
            for name, (condition, answer) in rules.items()
        ],
    }
    return Guideline.model_validate_json(json.dumps(raw | changes))


@pytest.fixture
def guideline() -> Callable[..., Guideline]:
    return made
