"""Damaged and random files: every parser ends in one line, soon, and within its memory.

Each input is read as an ingest reads it: in a child that is bounded in time and memory. A reader that breaks on an
input (a traceback inside the child) fails the test, and so does one that needs more than its bounds.
"""

import io
import json
import os
import random
import resource
import signal
import zipfile
from typing import Any

import pytest
from guideline_files import every_format, file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.bounded import bounded
from clinical_sdft.ingest.readers import READERS

NAMES = sorted([*every_format(), "gout.yaml"])
MANY = int(os.environ.get("CLINICAL_SDFT_FUZZ", "10000"))
YAML = b"""\
id: gout
title: Gout
issuer: a society
version: "1"
date: 2026-01-01
licence: CC0-1.0
document: Suspect gout in a hot toe.
recommendations:
  - {id: R1, answer: gout, statement: s, quote: Suspect gout, source: {title: t, publisher: p, url: u}}
cases:
  - {id: C1, recommendation: R1, question: A hot toe., answer: gout}
"""
OUR_FAULT = ("the reader broke on it", "reading took more than", "of memory")


def mutated(data: bytes, seed: int, most: int = 12) -> bytes:
    """Return the bytes with some places changed, cut out, doubled, or exchanged for what parsers stumble over."""
    rng = random.Random(seed)
    made = bytearray(data)
    for _ in range(rng.randint(1, most)):
        at = rng.randrange(len(made) + 1)
        kind = rng.randrange(6)
        if kind == 0 and made:
            made[at % len(made)] = rng.randrange(256)
        elif kind == 1:
            del made[at : at + rng.randint(1, 60)]
        elif kind == 2:
            made[at:at] = rng.choice(AWKWARD)
        elif kind == 3:
            piece = made[at : at + rng.randint(1, 200)]
            made[at:at] = piece * rng.randint(1, 20)
        elif kind == 4:
            made[at:at] = rng.randbytes(rng.randint(1, 40))
        else:
            del made[at:]
    return bytes(made)


def restructured(name: str, seed: int) -> bytes:
    """Return a file that is still JSON, or still a zip, with other contents; of other files with one or two changes."""
    rng = random.Random(seed)
    whole = valid(name)
    if name.endswith(".json"):
        rate = rng.choice([1.0, 0.02])  # much goes wrong, or in a large document some one thing
        return json.dumps(_other_value(json.loads(whole), rng, rate)).encode()
    if name.endswith(".jsonl"):
        return b"".join(json.dumps(_other_value(json.loads(whole), rng)).encode() + b"\n" for _ in range(3))
    if name.endswith(".docx"):
        stream = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(whole)) as before, zipfile.ZipFile(stream, "w") as after:
            for part in before.namelist():
                after.writestr(part, mutated(before.read(part), seed, most=2))
        return stream.getvalue()
    return mutated(whole, seed, most=2)


def _other_value(value: Any, rng: random.Random, rate: float = 1.0) -> Any:
    """Return a JSON value with some parts exchanged, nested into themselves, or gone, at so much of the usual rate."""
    if rng.random() < 0.08 * rate:
        return rng.choice([None, 0, -1, 1e308, "", "x" * 3000, [], {}, [[]], True, [value, value], {"action": [value]}])
    if isinstance(value, dict):
        return {key: _other_value(inner, rng, rate) for key, inner in value.items() if rng.random() > 0.05 * rate}
    if isinstance(value, list):
        times = [1, 1, 1, 0, 3]
        counts = [rng.choice(times) if rng.random() < rate else 1 for _ in value]
        return [
            _other_value(inner, rng, rate) for inner, count in zip(value, counts, strict=True) for _ in range(count)
        ]
    return value


AWKWARD = [
    b"\x00", b"\xff\xfe", b"{" * 400, b"[" * 4000, b"]]]", b'"', b"<" * 500, b"<!--", b"<![CDATA[", b"&#x0;",
    b"\\ud800", b"99999999999999999999", b"-1", b"1e999", b"null", b"NaN", b"*a", b"&a [*a]", b"%PDF-", b"endobj",
    b"!!python/object:os.system", b"stream\r\n", b"xref", b"trailer", b"/Length 99999999", b"0 0 R", b"PK\x05\x06",
    b"\n\n---\n", b"'''", b"=cmd()", b",,,,", b"```", b"|--|", b"](", "é漢".encode(), b"\r", b"\t",
]  # fmt: skip


def readable(name: str, data: bytes) -> str:
    """Read as an ingest does; return how it ended."""
    source = file(name, data)
    reader = next((reader for reader in READERS if reader.reads(source)), None)
    if reader is None:
        return "no reader"
    try:
        bounded(reader.read, (source,))
    except InputError as error:
        message = str(error)
        assert message.startswith(name) and "\n" not in message and "Traceback" not in message
        assert not any(words in message for words in OUR_FAULT), message
        return "refused"
    return "read"


def valid(name: str) -> bytes:
    return YAML if name == "gout.yaml" else every_format()[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_few_damaged_files_of_each_format(name: str) -> None:
    whole = valid(name)
    ends = {readable(name, mutated(whole, seed)) for seed in range(20)} | {readable(name, whole)}
    ends |= {readable(name, restructured(name, seed)) for seed in range(20)}
    assert "read" in ends and "refused" in ends


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=10, deadline=None, database=None, derandomize=True)
@given(data=st.binary(max_size=300))
def test_a_few_random_files_of_each_format(name: str, data: bytes) -> None:
    assert readable(name, data) in ("read", "refused", "no reader")


def directly(name: str, data: bytes) -> str:
    """Read in this process, where a traceback fails the test and two seconds of processor time end the reading."""
    source = file(name, data)
    signal.setitimer(signal.ITIMER_PROF, 2.0)
    try:
        reader = next((reader for reader in READERS if reader.reads(source)), None)
        if reader is None:
            return "no reader"
        reader.read((source,))
    except InputError as error:
        assert str(error).startswith(name) and "\n" not in str(error)
        return "refused"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
    return "read"


def too_long(number: int, frame: object) -> None:
    raise TimeoutError("more than 2 s of processor time on one input")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_many_damaged_files_of_each_format(name: str) -> None:
    """A third are mutations of a valid file, a third keep the form, a third are hypothesis' bytes around pieces."""
    whole, before = valid(name), resource.getrusage(resource.RUSAGE_SELF)
    signal.signal(signal.SIGPROF, too_long)
    ends = [directly(name, mutated(whole, seed)) for seed in range(MANY // 3)]
    ends += [directly(name, restructured(name, seed)) for seed in range(MANY // 3)]

    @settings(
        max_examples=MANY - 2 * (MANY // 3), deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.binary(max_size=200), st.integers(0, len(whole)), st.integers(0, len(whole)), st.binary(max_size=200))
    def around(head: bytes, start: int, end: int, tail: bytes) -> None:
        ends.append(directly(name, head + whole[min(start, end) : max(start, end)] + tail))

    around()
    after = resource.getrusage(resource.RUSAGE_SELF)
    grown = (after.ru_maxrss - before.ru_maxrss) / 1024
    print(f"{name}: {len(ends)} inputs, {ends.count('read')} read, {ends.count('refused')} refused, "
          f"{after.ru_utime - before.ru_utime:.0f} s of processor time, {grown:.0f} MiB more at the most")  # fmt: skip
    assert len(ends) >= MANY and grown < 1024
