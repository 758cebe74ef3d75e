"""Write files so that a reader sees the whole of one or nothing."""

import os
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, overload

from clinical_sdft.errors import InputError
from data_contracts import Contract

T = TypeVar("T", bound=Contract)


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a scratch path; when the block ends well it is flushed to disk and renamed to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
    os.close(handle)
    scratch = Path(name)
    try:
        yield scratch
        with scratch.open("rb") as stream:
            os.fsync(stream.fileno())
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes atomically."""
    with atomic_write(path) as scratch:
        scratch.write_bytes(data)


def write_contracts(path: Path, rows: Iterable[Contract]) -> None:
    """Write contracts as canonical JSON lines, atomically."""
    with atomic_write(path) as scratch, scratch.open("wb") as stream:
        for row in rows:
            stream.write(row.canonical_bytes() + b"\n")


def read_contracts(path: Path, kind: type[T]) -> tuple[T, ...]:
    """Read what `write_contracts` wrote."""
    with path.open("rb") as stream:
        return tuple(kind.from_bytes(line) for line in stream if line.strip())


class ContractFile(Sequence[T]):
    """The rows that `write_contracts` wrote, read from disk one at a time; 8 bytes of memory a row."""

    def __init__(self, path: Path, kind: type[T]) -> None:
        """Read the file once for where its rows begin; it must not change afterwards."""
        self._path = path
        self._kind = kind
        self._starts = array("Q")
        start = 0
        with path.open("rb") as stream:
            for line in stream:
                if line.strip():
                    self._starts.append(start)
                start += len(line)

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        with self._path.open("rb") as stream:
            stream.seek(self._starts[index])
            return self._kind.from_bytes(stream.readline())

    def __iter__(self) -> Iterator[T]:
        with self._path.open("rb") as stream:
            for line in stream:
                if line.strip():
                    yield self._kind.from_bytes(line)


def read_text(path: Path) -> str:
    """Read a UTF-8 text file.

    Raises:
        InputError: the file is missing or its bytes are not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
