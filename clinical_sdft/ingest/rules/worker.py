"""Evaluate conditions over rows of typed values; runs as a script in a process of its own, and knows nothing else.

A rule comes from outside, so nothing it does may harm the caller: this process has no input but its job, writes no
file, may use a bounded amount of memory, and is ended by the kernel when one evaluation takes too much processor time.
Which rule and row it was at stands in a shared page, which outlives it.

The job, one JSON value on standard input: `fields` (name → number, text or boolean), `rules` (language, condition,
reads), `rows` (name → value; what is missing is absent), `memory` (bytes) and `seconds` (processor time of one
evaluation). The answer, one JSON value on standard output: `results`, a string for each rule with T, F or M (a reading
is missing) for each row, or `error` with the rule's and the row's number and a message. A job with `paths` in place of
`fields` and `rules` finds FHIRPaths in resources: `results` then holds a list of values for each path and row.
"""

import json
import mmap
import os
import re
import resource
import signal
import struct
import sys
from collections.abc import Callable, Mapping
from typing import Any

Row = Mapping[str, Any]
Condition = Callable[[Row], bool | None]
"""True, false, or None where a reading is missing."""

PAGE = struct.Struct("<qq")
COMPILING = -1
_PLACE = re.compile(r"<input>:(\d+):(\d+): (.*)")
_UNPARSED = re.compile(r'input: "([^"]*)"')
_DIVISION = "divides by zero"
_HINTS = (
    ("'_/_'", "write divide(a, b), which notices a zero"),
    ("(double, int)", "write numbers with a decimal point: 130.0"),
    ("(int, double)", "write numbers with a decimal point: 130.0"),
    ("recursion limit", "it is nested too deeply; split the rule"),
)


class RuleFault(Exception):
    """What is wrong with a rule, for a person."""


class Cel:
    """Google's CEL, checked against the fields' types before anything is evaluated.

    Dividing doubles gives infinity in CEL, which would slip through a comparison; so `/` is taken away from them and
    `divide(a, b)` given in its place, which notices a zero.
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        """Declare the fields as variables."""
        from cel_expr_python import cel

        self._bool, self._error = cel.Type.BOOL, cel.Type.ERROR
        types = {"number": cel.Type.DOUBLE, "text": cel.Type.STRING, "boolean": cel.Type.BOOL}
        double = cel.Type.DOUBLE
        overload = cel.Overload("divide_checked", double, [double, double], False)
        without = "stdlib:\n  exclude_functions:\n    - name: _/_\n      overloads:\n        - id: divide_double\n"
        self._zero = False
        self._env = cel.NewEnv(
            config=cel.NewEnvConfigFromYaml(without),
            variables={name: types[kind] for name, kind in fields.items()},
            functions=[cel.FunctionDecl("divide", [overload])],
            function_impls={"divide_checked": self._divide},
        )

    def compile(self, condition: str, reads: list[str]) -> Condition:
        """Return the condition, ready for rows."""
        try:
            expression = self._env.compile(condition)
        except RuntimeError as error:
            raise RuleFault(_explain(str(error))) from error
        if expression.return_type() != self._bool:
            raise RuleFault(f"the condition gives {expression.return_type()}, not true or false")

        def holds(row: Row) -> bool | None:
            self._zero = False
            try:
                value = expression.eval(data=row)
            except RuntimeError as error:
                raise RuleFault(_explain(str(error))) from error
            if value.type() == self._bool:
                return bool(value.plain_value())
            if self._zero:
                raise RuleFault(_DIVISION)
            if any(name not in row for name in reads):
                return None
            raise RuleFault(_explain(str(value)))

        return holds

    def _divide(self, numerator: float, denominator: float) -> float:
        if denominator == 0:
            self._zero = True
            raise ZeroDivisionError(_DIVISION)
        return numerator / denominator


class FhirPath:
    """HL7's FHIRPath over the fields as elements; what is empty in FHIRPath is undecided here."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        """FHIRPath declares nothing."""
        from fhirpathrs import evaluate

        self._evaluate = evaluate

    def compile(self, condition: str, reads: list[str]) -> Condition:
        """Return the condition, ready for rows."""
        self.values(condition, {})  # what cannot be parsed shows on any input

        def holds(row: Row) -> bool | None:
            value = self.values(condition, row)
            if isinstance(value, bool):
                return value
            if value != []:
                raise RuleFault(f"the condition gives {type(value).__name__}, not true or false")
            if any(name not in row for name in reads):
                return None
            raise RuleFault("the condition comes to nothing: a division by zero, or an element that is not there")

        return holds

    def values(self, path: str, resource: Row) -> Any:
        """Return what a path finds: a value, or a list of values."""
        try:
            return self._evaluate(path, resource)
        except ValueError as error:
            found = _UNPARSED.search(str(error))
            where = f'at "{found[1][:40]}"' if found and found[1] else "at its end"
            raise RuleFault(f"no FHIRPath {where}") from error
        except OverflowError as error:
            raise RuleFault("the record holds a number that is too large to be read") from error
        except RuntimeError as error:
            raise RuleFault(_explain(str(error))) from error


LANGUAGES: dict[str, Callable[[Mapping[str, str]], Cel | FhirPath]] = {"cel": Cel, "fhirpath": FhirPath}


def work(job: dict[str, Any], at: Callable[[int, int], None]) -> dict[str, Any]:
    """Return the job's answer; `at` hears where the work is, before each step."""
    if "paths" in job:
        return find(job["paths"], job["rows"], at)
    engines: dict[str, Cel | FhirPath] = {}
    conditions: list[Condition] = []
    rule, row = 0, COMPILING
    try:
        for rule, entry in enumerate(job["rules"]):
            at(rule, COMPILING)
            language = entry["language"]
            engine = engines[language] = engines.get(language) or LANGUAGES[language](job["fields"])
            conditions.append(engine.compile(entry["condition"], entry["reads"]))
        results = []
        for rule, condition in enumerate(conditions):
            letters = []
            for row, values in enumerate(job["rows"]):
                at(rule, row)
                holds = condition(values)
                letters.append("M" if holds is None else "T" if holds else "F")
            results.append("".join(letters))
    except RuleFault as fault:
        return {"error": {"rule": rule, "row": row, "message": str(fault)}}
    except MemoryError:
        return {"error": {"rule": rule, "row": row, "message": "needs too much memory"}}
    return {"results": results}


def find(paths: list[str], resources: list[Row], at: Callable[[int, int], None]) -> dict[str, Any]:
    """Return what each FHIRPath finds in each resource, as lists; an error names path and resource by number."""
    engine = FhirPath({})
    path, row = 0, COMPILING
    try:
        results = []
        for path, expression in enumerate(paths):
            found = []
            for row, resource in enumerate(resources):
                at(path, row)
                value = engine.values(expression, resource)
                found.append(value if isinstance(value, list) else [value])
            results.append(found)
    except RuleFault as fault:
        return {"error": {"rule": path, "row": row, "message": str(fault)}}
    return {"results": results}


def confine(page: str, memory: int, seconds: float) -> Callable[[int, int], None]:
    """Confine this process; return what hears where the work is, before each step, and bounds the step's time.

    Args:
        page: file that keeps the place; it outlives this process.
        memory: most address space, bytes.
        seconds: most processor time of a step; when it runs out, the kernel ends this process.
    """
    with open(page, "r+b") as stream:
        shared = mmap.mmap(stream.fileno(), PAGE.size)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def at(rule: int, row: int) -> None:
        PAGE.pack_into(shared, 0, rule, row)
        signal.setitimer(signal.ITIMER_PROF, seconds)

    return at


def main(page: str) -> None:
    """Confine this process, do the job, answer."""
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # a library that prints does not speak in the answer's place
    job = json.loads(sys.stdin.buffer.read())
    for language in {rule["language"] for rule in job.get("rules", [])} | ({"fhirpath"} if "paths" in job else set()):
        LANGUAGES[language](job.get("fields", {}))  # libraries load before the limits hold
    result = work(job, confine(page, job["memory"], job["seconds"]))
    signal.setitimer(signal.ITIMER_PROF, 0)
    json.dump(result, answer)
    answer.flush()


def _explain(message: str) -> str:
    """Return a library's message as one line: where in the condition, what, and a hint where one is known."""
    found = _PLACE.search(message)
    line = f"line {found[1]}, column {found[2]}: {found[3]}" if found else message.splitlines()[0]
    hint = next((f"; {words}" for sign, words in _HINTS if sign in message), "")
    return line[:300] + hint


if __name__ == "__main__":
    main(sys.argv[1])
