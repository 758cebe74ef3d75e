"""Suites and scores for the gate's tests."""

from collections.abc import Iterable

from data_contracts import Decoding, GatePolicy, ItemScore, Suite, SuiteItem, SuiteScores, sha256_digest

INCUMBENT, CANDIDATE = sha256_digest(b"incumbent"), sha256_digest(b"candidate")
NEW = "sepsis-2024"


def policy(**changes) -> GatePolicy:
    return GatePolicy(**{"id": "plan", "version": "1", "pooled": False, **changes})


def suite(name: str, n: int, must_pass: Iterable[int] = ()) -> Suite:
    never = set(must_pass)
    items = tuple(
        SuiteItem(id=f"{name}-{i}", question=f"Q{i}?", answers=("a",), specialty="s", must_pass=i in never)
        for i in range(n)
    )
    return Suite(id=name, version="1", specialty="s", licence="CC0-1.0", source="written here", items=items)


def scored(of: Suite, wrong: Iterable[int] = (), model=CANDIDATE, **changes) -> SuiteScores:
    lost = set(wrong)
    scores = tuple(
        ItemScore(item=item.id, reply="a", score=0.0 if i in lost else 1.0) for i, item in enumerate(of.items)
    )
    fields = {
        "suite_id": of.id,
        "suite": of.digest,
        "model": model,
        "decoding": Decoding(),
        "scores": scores,
    }
    return SuiteScores(**{**fields, **changes})


def graded(of: Suite, score: float, model=CANDIDATE) -> SuiteScores:
    scores = tuple(ItemScore(item=item.id, reply="a", score=score) for item in of.items)
    return scored(of, model=model, scores=scores)
