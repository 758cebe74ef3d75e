"""Run a reader in a child process that may use so much time and memory and no more.

A file of a guideline or of records comes from outside the house: a reader that loops or swells on it must end in one
line, not take the machine along. The child hands its result back as JSON.
"""

import json
import math
import os
import resource
import select
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.reading import Extracted, SourceFile

MEMORY = 1 << 30
"""Bytes a reader may take beside what the process holds already."""
_SECONDS, _SECONDS_PER_MIB, _MOST_SECONDS = 10.0, 30.0, 120.0
_WALL = 5.0
"""Wall time for each second of processor time: a busy machine is no fault of the file."""


def allowance(size: int) -> float:
    """Return how many seconds of processor time the reading of so many bytes may take."""
    return _SECONDS + _SECONDS_PER_MIB * size / 2**20


def seconds_for(files: Sequence[SourceFile]) -> float:
    """Return how many seconds of processor time the reading of a guideline's files may take."""
    return min(allowance(sum(len(file.data) for file in files)), _MOST_SECONDS)


def bounded(
    read: Callable[[tuple[SourceFile, ...]], tuple[Extracted, ...]], files: tuple[SourceFile, ...]
) -> tuple[Extracted, ...]:
    """Return what `read` returns of the files, within the bounds.

    Raises:
        InputError: as `read` does; or it took too long, too much memory, or broke.
    """
    name = files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more"
    value = in_child(lambda: [entry.model_dump(mode="json") for entry in read(files)], name, seconds_for(files))
    return tuple(Extracted.model_validate(entry) for entry in value)


def in_child(work: Callable[[], list[Any]], name: str, seconds: float) -> list[Any]:
    """Return what `work` returns, a list that JSON can hold, from a child that may take so much time and no more.

    Args:
        work: runs in a forked child; what it changes in memory is gone with it.
        name: what is read, for messages.
        seconds: of processor time; address space is bounded by `MEMORY`.

    Raises:
        InputError: as `work` does; or it took too long, too much memory, or broke.
    """
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receiver)
        _work(work, sender, seconds)
    os.close(sender)
    try:
        answer = _receive(receiver, child, seconds * _WALL + 5)
    finally:
        os.close(receiver)
        _, status = os.waitpid(child, 0)
    if answer is None or os.WIFSIGNALED(status):
        raise InputError(f"{name}: reading took more than {seconds:.0f} s; split the file, or save it anew")
    if not answer:
        raise InputError(f"{name}: the reader broke on it; save the file anew in another program")
    value: list[Any] | str = json.loads(answer)
    if isinstance(value, str):
        raise InputError(value.replace("\0", name))
    return value


def _receive(receiver: int, child: int, seconds: float) -> bytes | None:
    """Return all that the child writes; None, and the child's end, when it takes too long."""
    end = time.monotonic() + seconds
    chunks: list[bytes] = []
    while True:
        ready, _, _ = select.select([receiver], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            os.kill(child, signal.SIGKILL)
            return None
        chunk = os.read(receiver, 1 << 20)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)


def _work(work: Callable[[], list[Any]], sender: int, seconds: float) -> None:
    """Work in the child, and end it without running anything of the parent's."""
    code = 1
    try:
        _limit(seconds)
        code = _answer(work, sender)
    finally:
        os._exit(code)


def _answer(work: Callable[[], list[Any]], sender: int) -> int:
    try:
        said = json.dumps(work())
    except InputError as error:
        said = json.dumps(" ".join(str(error).split()))
    except MemoryError:
        said = json.dumps(f"\0: reading takes more than {MEMORY // 2**20} MiB of memory; split the file")
    with os.fdopen(sender, "wb") as stream:
        stream.write(said.encode())
    return 0


def _limit(seconds: float) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    whole = math.ceil(seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))
    status = Path("/proc/self/statm")
    if status.is_file():  # elsewhere only time is bounded
        held = int(status.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, held + MEMORY))
