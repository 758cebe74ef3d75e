"""Whatever a mapping, a table, a bundle or a condition holds: cases or one line, never a traceback."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import made
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.rules import check_rules
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
QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck)}


def one_line(error: InputError) -> None:
    text = str(error)
    assert text and "\n" not in text.strip() and len(text) < 1000


def outcome(run: Callable[[], object]) -> str:
    """Return `read`, or `refused` where the refusal is one line."""
    try:
        run()
    except InputError as error:
        one_line(error)
        return "refused"
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


@settings(max_examples=60, **QUIET)
@given(TABLES)
def test_any_table(data: bytes) -> None:
    assert table(data) in ("read", "refused")


@settings(max_examples=60, **QUIET)
@given(JSON | st.text(max_size=60))
def test_any_mapping(value: object) -> None:
    assert mapping(value) in ("read", "refused")


@settings(max_examples=6, **QUIET)
@given(JSON)
def test_any_bundle(value: object) -> None:
    assert bundle(value) in ("read", "refused")


@settings(max_examples=6, **QUIET)
@given(WORDS, st.sampled_from(["cel", "fhirpath"]))
def test_any_condition(text: str, language: str) -> None:
    assert condition(text, language) in ("read", "refused")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("examples", "strategy", "run"),
    [
        (10_000, TABLES, table),
        (10_000, JSON | st.text(max_size=60), mapping),
        (1_000, JSON, bundle),
        (1_000, WORDS.map(lambda text: (text, "cel")), lambda pair: condition(*pair)),
        (1_000, WORDS.map(lambda text: (text, "fhirpath")), lambda pair: condition(*pair)),
    ],
    ids=["table", "mapping", "bundle", "cel", "fhirpath"],
)
def test_thousands(examples: int, strategy, run) -> None:
    outcomes: list[str] = []

    @settings(max_examples=examples, **QUIET)
    @given(strategy)
    def every(value) -> None:
        outcomes.append(run(value))

    every()
    assert len(outcomes) >= examples // 2 and "refused" in outcomes
