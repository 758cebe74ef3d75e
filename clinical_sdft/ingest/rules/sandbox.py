"""Run the worker on a job, in a process that can be ended at any moment, and say in one line what stopped it."""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.rules import worker
from data_contracts import Rule, RuleField
from data_contracts.rules import Value

MOST_ROWS = 20_000
"""Rows of one job: what a process holds at once."""


@dataclass(frozen=True)
class Limits:
    """What an evaluation may take."""

    seconds: float = 2.0
    """Processor time of one condition on one record."""
    memory: int = 1 << 30
    """Address space of the worker, bytes."""
    patience: float = 600.0
    """Time on the clock of one job, whatever it waits for, seconds."""


LIMITS = Limits()


def evaluate(
    place: str,
    fields: Sequence[RuleField],
    rules: Sequence[tuple[Rule, Sequence[str]]],
    rows: Sequence[Mapping[str, Value]],
    limits: Limits = LIMITS,
) -> list[str]:
    """Return for each rule a string with T, F or M (a reading is missing) for each row.

    Args:
        place: file of the rules, for messages.
        fields: what conditions may read.
        rules: each with the names it reads.
        rows: a mapping from a field's name to its value; what is missing is absent.
        limits: what an evaluation may take.

    Raises:
        InputError: a condition cannot be compiled or evaluated, or went beyond its limits; names file, rule and place.
    """
    job = {
        "fields": {field.name: field.type for field in fields},
        "rules": [
            {"language": rule.language, "condition": rule.condition, "reads": list(reads)} for rule, reads in rules
        ],
    }
    names = [rule.id for rule, _ in rules]
    results = ["" for _ in rules]
    for start in range(0, max(len(rows), 1), MOST_ROWS):
        part_of = {"rows": [dict(row) for row in rows[start : start + MOST_ROWS]]}
        part = _run(place, "rule", names, job | part_of, start, limits)
        results = [before + more for before, more in zip(results, part, strict=True)]
    return results


def self_test() -> bool:
    """Say whether rules can be evaluated here, in every language.

    Raises:
        InputError: they cannot; says why.
    """
    fields = [RuleField(name="x", type="number", unit="1")]
    conditions = {"cel": "x > 1.0", "fhirpath": "x > 1"}
    rules = [
        Rule.model_validate(
            {
                "id": language,
                "recommendation": "r",
                "language": language,
                "condition": text,
                "answer": "a",
                "quote": "q",
            }
        )
        for language, text in conditions.items()
    ]
    rows: list[dict[str, Value]] = [{"x": 2.0}, {"x": 0.0}, {}]
    return evaluate("self-test", fields, [(rule, ["x"]) for rule in rules], rows) == ["TFM", "TFM"]


def find(
    place: str, paths: Mapping[str, str], resources: Sequence[Mapping[str, Any]], limits: Limits = LIMITS
) -> list[dict[str, list[Any]]]:
    """Return for each FHIR resource what each named FHIRPath finds in it.

    Raises:
        InputError: a path cannot be used, or went beyond its limits; names file, path and resource.
    """
    job = {"paths": list(paths.values()), "rows": list(resources)}
    columns = _run(place, "path", list(paths), job, 0, limits)
    return [dict(zip(paths, row, strict=True)) for row in zip(*columns, strict=True)]


def _run(place: str, kind: str, names: Sequence[str], job: dict[str, Any], start: int, limits: Limits) -> list[Any]:
    job |= {"memory": limits.memory, "seconds": limits.seconds}
    with tempfile.TemporaryDirectory(prefix="rules-") as folder:
        page = Path(folder) / "page"
        page.write_bytes(worker.PAGE.pack(0, worker.COMPILING))
        answer = _answer(job, page, limits)
    if "error" in answer:
        error = answer["error"]
        where = "" if error["row"] == worker.COMPILING else f" on record {start + error['row'] + 1}"
        raise InputError(f"{place}: {kind} {names[error['rule']]}{where}: {error['message']}")
    results: list[Any] = answer["results"]
    return results


def _answer(job: dict[str, Any], page: Path, limits: Limits) -> dict[str, Any]:
    """Return what the worker says, or which step it was at when it was ended."""
    line = [sys.executable, "-I", worker.__file__, str(page)]  # isolated: no variable, no folder reaches it
    with subprocess.Popen(
        line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/"
    ) as process:
        try:
            said, _ = process.communicate(json.dumps(job).encode(), timeout=limits.patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return _ended(page, f"not finished after {limits.patience:g} s; an endless loop?")
    if process.returncode == 0:
        value: dict[str, Any] = json.loads(said)
        return value
    return after_its_end(process.returncode, page, limits)


def after_its_end(code: int, page: Path, limits: Limits) -> dict[str, Any]:
    """Return the answer for a worker that ended without one: what it was at, and why it ended."""
    if code == -signal.SIGPROF:
        return _ended(page, f"not finished after {limits.seconds:g} s of processor time; an endless loop?")
    if code < 0:
        return _ended(page, "ended the process that evaluates it: too much memory")
    return _ended(page, f"the process that evaluates rules failed with code {code}; run `doctor`")


def _ended(page: Path, message: str) -> dict[str, Any]:
    rule, row = worker.PAGE.unpack(page.read_bytes())
    return {"error": {"rule": rule, "row": row, "message": message}}
