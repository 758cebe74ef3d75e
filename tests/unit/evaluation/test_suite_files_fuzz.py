"""Whatever a suite file holds: a suite, or one line; never a traceback, and soon."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinical_sdft.errors import InputError
from clinical_sdft.evaluation.suites import read_suite

MANY = int(os.environ.get("CLINICAL_SDFT_FUZZ", "10000"))
WHOLE = {
    "id": "s",
    "version": "1",
    "specialty": "x",
    "licence": "l",
    "source": "o",
    "labels": [["gout", "podagra"], ["chilblain"]],
    "items": [
        {"id": "a", "question": "A hot toe?", "answers": ["gout"], "specialty": "x", "scorer": {"kind": "label-set"}},
        {
            "id": "b",
            "question": "How much?",
            "answers": ["5 mmol/L"],
            "specialty": "x",
            "scorer": {"kind": "numeric", "value": 5, "unit": "mmol/L"},
        },
    ],
}
TEXT = json.dumps(WHOLE).encode()
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PLACES = st.sampled_from([(name,) for name in WHOLE] + [("items", n, key) for n in (0, 1) for key in WHOLE["items"][n]])
YAML = st.lists(
    st.sampled_from(
        ["items:", "id: s", "- ", "&a ", "*a", "!!python/object:os.system", "{", "}", "[", "\n", "  ", "---"]
    ),
    max_size=20,
).map(lambda parts: "".join(parts).encode())


def changed(place: tuple, value: object) -> bytes:
    """Return the whole suite with another value at one place."""
    made = json.loads(TEXT)
    part = made
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    return json.dumps(made).encode()


CUT = st.tuples(st.integers(0, len(TEXT)), st.binary(max_size=20), st.integers(0, len(TEXT))).map(
    lambda cut: TEXT[: cut[0]] + cut[1] + TEXT[cut[2] :]
)
FILES = st.binary(max_size=200) | YAML | CUT | st.builds(changed, PLACES, VALUES)


def check(folder: Path, examples: int) -> tuple[list[str], float]:
    """Read so many files as YAML or JSON; return how each ended, and the processor time of the longest."""
    ends: list[str] = []
    longest = 0.0

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(FILES, st.sampled_from([".yaml", ".json"]))
    def every(data: bytes, ending: str) -> None:
        nonlocal longest
        file = folder / f"suite{ending}"
        file.write_bytes(data)
        start = time.process_time()
        ends.append(_end(lambda: read_suite(file)))
        longest = max(longest, time.process_time() - start)

    every()
    return ends, longest


def _end(read: Callable[[], object]) -> str:
    try:
        read()
    except InputError as error:
        assert "\n" not in str(error) and "suite." in str(error)
        return "refused"
    return "read"


def test_some_suite_files(tmp_path: Path) -> None:
    ends, _ = check(tmp_path, 80)
    assert set(ends) <= {"read", "refused"}
    (tmp_path / "whole.json").write_bytes(TEXT)
    assert read_suite(tmp_path / "whole.json").id == "s"


@pytest.mark.slow
def test_ten_thousand_suite_files(tmp_path: Path) -> None:
    ends, longest = check(tmp_path, MANY)
    print(f"{len(ends)} files, {ends.count('read')} read, the longest {longest:.2f} s of processor time")
    assert len(ends) >= MANY and {"read", "refused"} == set(ends)
