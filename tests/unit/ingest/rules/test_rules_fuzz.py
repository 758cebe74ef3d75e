"""Whatever a mapping, a table, a bundle or a condition holds: cases or one line, never a traceback."""

import json
import os
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import made
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from one_worker import MEMORY, OneWorker

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.rules import check_rules, sandbox
from clinical_sdft.ingest.rules.mapping import Mapping, read_mapping
from clinical_sdft.ingest.rules.records import read_cases
from data_contracts import sha256_digest

GUIDELINE = made({"a": ("sbp > 1.0", "x")})
CSV = Mapping.model_validate(
    {"format": "csv", "fields": {name: {"column": name, "unit": "mm[Hg]"} for name in ("sbp", "dbp")}}
)
FHIR = Mapping.model_validate(
    {"format": "fhir", "each": "entry.resource", "fields": {"sbp": {"path": "valueQuantity"}}}
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["resourceType", "entry", "resource", "id", "valueQuantity", "value", "code", "format", "fields"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
_TOKENS = """sbp dbp pulse >= < && || and or ! ( ) [ ] { } . , / + - 1.0 130 0 'a' " ' divide( where( repeat( $this true
? : \\ é today() matches( 9999999999999999999 1e999 size( .all( .exists()"""
_ATOMS = st.sampled_from(
    ["sbp", "dbp", "1.0", "130.0", "0.0", "true", "'a'", "sbp>1.0", "dbp<sbp", "divide(sbp,dbp)", "sbp.exists()"]
)
_OPERATORS = st.sampled_from([">", ">=", "<", "==", "=", "&&", "||", "and", "or", "+", "-", "*", "/", "|"])
_FORMED = st.recursive(
    _ATOMS, lambda inner: st.tuples(inner, _OPERATORS, inner).map(lambda parts: f"({' '.join(parts)})"), max_leaves=6
)
_LOOSE = st.lists(st.sampled_from([*_TOKENS.split(), "\n"]), min_size=1, max_size=14).map(" ".join)
WORDS = (_FORMED | _LOOSE).filter(str.strip)
LIMITED = ("not finished after", "too much memory")
OUR_FAULT = ("the reader broke on it", "reading took more than", "of memory", "failed with code")
QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck)}


def one_line(error: InputError) -> None:
    text = str(error)
    assert text and "\n" not in text.strip() and len(text) < 1000
    assert not any(words in text for words in OUR_FAULT), text


def outcome(run: Callable[[], object]) -> str:
    """Return `read`; where the refusal is one line `refused`, or `stopped` if the limits of the sandbox ended it."""
    try:
        run()
    except InputError as error:
        one_line(error)
        return "stopped" if any(words in str(error) for words in LIMITED) else "refused"
    return "read"


def in_file(data: bytes, ending: str, run: Callable[[Path], object]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"file{ending}"
        file.write_bytes(data)
        return outcome(lambda: run(file))


def table(data: bytes) -> str:
    return in_file(data, ".csv", lambda file: read_cases(file, CSV, GUIDELINE, sha256_digest))


def mapping(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return in_file(text.encode(errors="replace"), ".yaml", lambda file: read_mapping(file, GUIDELINE))


def bundle(value: object) -> str:
    whole = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "id": "p"}}, value]}
    return in_file(json.dumps(whole).encode(), ".json", lambda file: read_cases(file, FHIR, GUIDELINE, sha256_digest))


def condition(text: str, language: str) -> str:
    """Check a condition that reads a field whatever the text says, so that the text always reaches the language."""
    whole = f"sbp > 1.0 && {text}" if language == "cel" else f"sbp > 1.0 and {text}"
    return outcome(lambda: check_rules(made({"a": (whole, "x")}, language=language), "g.yaml"))


CELLS = st.lists(st.text(max_size=6) | st.floats().map(str), max_size=4).map(",".join)
ROWS = st.lists(CELLS, max_size=6).map("\n".join)
TABLES = st.binary(max_size=200) | ROWS.map(lambda text: f"sbp,dbp\n{text}".encode(errors="replace"))


_SOURCE = st.fixed_dictionaries(
    {},
    optional={
        "column": st.sampled_from(["sbp", "x"]),
        "path": st.sampled_from(["value", "("]),
        "unit": st.sampled_from(["mm[Hg]", "kPa", "kg", "?"]) | JSON,
        "words": JSON,
    },
)
MAPPINGS = (
    JSON
    | st.text(max_size=60)
    | st.fixed_dictionaries(
        {
            "format": st.sampled_from(["csv", "fhir"]),
            "fields": st.dictionaries(st.sampled_from(["sbp", "dbp", "hr"]), _SOURCE),
        },
        optional={"patient": JSON, "each": JSON, "only": JSON, "published": JSON},
    )
)
_QUANTITY = st.fixed_dictionaries(
    {"value": st.floats() | st.integers() | JSON}, optional={"code": st.sampled_from(["mm[Hg]", "kPa", "kg"]) | JSON}
)
ENTRIES = JSON | (_QUANTITY | JSON).map(
    lambda found: {"resource": {"resourceType": "Observation", "valueQuantity": found}}
)


@settings(max_examples=60, **QUIET)
@given(TABLES)
def test_any_table(data: bytes) -> None:
    assert table(data) in ("read", "refused")


@settings(max_examples=60, **QUIET)
@given(MAPPINGS)
def test_any_mapping(value: object) -> None:
    assert mapping(value) in ("read", "refused")


@settings(max_examples=6, **QUIET)
@given(ENTRIES)
def test_any_bundle(value: object) -> None:
    assert bundle(value) in ("read", "refused")


@settings(max_examples=6, **QUIET)
@given(WORDS, st.sampled_from(["cel", "fhirpath"]))
def test_any_condition(text: str, language: str) -> None:
    assert condition(text, language) in ("read", "refused", "stopped")


MANY = int(os.environ.get("CLINICAL_SDFT_FUZZ", "10000"))


@contextmanager
def one_worker(folder: Path, monkeypatch: pytest.MonkeyPatch, seconds: float) -> Iterator[OneWorker]:
    page = folder / "page"
    page.write_bytes(sandbox.worker.PAGE.pack(0, sandbox.worker.COMPILING))
    one = OneWorker(page, seconds)
    monkeypatch.setattr(sandbox, "_answer", one.answer)
    yield one
    one.close()


def test_one_worker_for_many_jobs_says_what_one_for_each_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with one_worker(tmp_path, monkeypatch, 0.2) as one:
        assert condition("true", "cel") == condition("true", "fhirpath") == "read"
        assert condition(">", "cel") == "refused" and one.ended == []
        assert condition("(1 | 2).repeat($this + 1).exists()", "fhirpath") == "stopped"
        assert len(one.ended) == 2, "both made-up records end it"
        assert condition("true", "cel") == "read", "another one took its place"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("strategy", "run"),
    [
        (TABLES, table),
        (MAPPINGS, mapping),
        (ENTRIES, bundle),
        (WORDS.map(lambda text: (text, "cel")), lambda pair: condition(*pair)),
        (WORDS.map(lambda text: (text, "fhirpath")), lambda pair: condition(*pair)),
    ],
    ids=["table", "mapping", "bundle", "cel", "fhirpath"],
)
def test_thousands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strategy, run) -> None:
    """No reader and no worker breaks, and nothing goes on beyond the limits, which are those of every day."""
    outcomes: list[str] = []
    longest = 0.0

    @settings(max_examples=MANY, database=None, **QUIET)
    @given(strategy)
    def every(value) -> None:
        nonlocal longest
        one.ready()
        start = time.process_time()
        outcomes.append(run(value))
        longest = max(longest, time.process_time() - start)

    with one_worker(tmp_path, monkeypatch, sandbox.LIMITS.seconds) as one:
        every()
    assert (sandbox.LIMITS.memory, sandbox.LIMITS.seconds) == (MEMORY, 2.0)
    counts = ", ".join(f"{number} {how}" for how, number in Counter(outcomes).items())
    print(f"{len(outcomes)} inputs: {counts}; {len(one.ended)} steps were ended; processor time of the longest: "
          f"{longest:.2f} s here, {one.longest:.2f} s in the worker; workers held at most {one.most / 1024:.0f} MiB, "
          f"children {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB")  # fmt: skip
    assert len(outcomes) >= MANY and "refused" in outcomes
