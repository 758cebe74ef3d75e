"""Content-addressed files: an object's name is the sha256 of its bytes, so it can never be edited in place."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from data_contracts import Contract, Digest, sha256_digest
from governance.store.errors import IntegrityError, MissingObjectError

_CHUNK = 1 << 20


@dataclass(frozen=True)
class ObjectStore:
    """Objects under `root`, as `ab/cdef…` (two and 62 hexadecimal digits)."""

    root: Path

    def path(self, digest: Digest) -> Path:
        """Return where an object lies, whether or not it is there."""
        name = digest.removeprefix("sha256:")
        return self.root / name[:2] / name[2:]

    def has(self, digest: Digest) -> bool:
        """Say whether an object is there (its bytes are checked by `get`)."""
        return self.path(digest).is_file()

    def put(self, data: bytes) -> Digest:
        """Store bytes and return their digest; storing the same bytes again changes nothing."""
        digest = sha256_digest(data)
        if not self.has(digest):
            with write_atomically(self.path(digest)) as file:
                file.write(data)
        return digest

    def put_contract(self, contract: Contract) -> Digest:
        """Store a contract's canonical bytes and return its digest."""
        return self.put(contract.canonical_bytes())

    def put_file(self, path: Path) -> Digest:
        """Store a copy of a file in chunks of 1 MiB, and return its digest.

        Raises:
            IntegrityError: the file changed while it was copied.
        """
        digest = file_digest(path)
        if self.has(digest):
            return digest
        with write_atomically(self.path(digest)) as file, path.open("rb") as source:
            shutil.copyfileobj(source, file, _CHUNK)
            file.flush()
            if file_digest(Path(file.name)) != digest:
                raise IntegrityError(f"{path}: changed while it was stored; store it again when it is complete")
        return digest

    def get(self, digest: Digest) -> bytes:
        """Return an object's bytes after checking them against their digest.

        Raises:
            MissingObjectError: there is no such object.
            IntegrityError: the file under this digest holds other bytes.
        """
        try:
            data = self.path(digest).read_bytes()
        except FileNotFoundError:
            raise MissingObjectError(f"objects: {digest} is missing; store it, or restore it from a backup") from None
        if sha256_digest(data) != digest:
            raise IntegrityError(f"objects: {digest} was altered; restore {self.path(digest)} from a backup")
        return data

    def delete(self, digest: Digest) -> None:
        """Take an object away for good; only retention does, after its event is written."""
        self.path(digest).unlink(missing_ok=True)

    def altered(self) -> Iterator[Digest]:
        """Yield the digest of each object whose file holds other bytes than its name says."""
        for path in sorted(self.root.glob("[0-9a-f][0-9a-f]/" + "[0-9a-f]" * 62)):
            digest = f"sha256:{path.parent.name}{path.name}"
            if file_digest(path) != digest:
                yield digest


def file_digest(path: Path) -> Digest:
    """Return the digest of a file's bytes, read in chunks."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


@contextmanager
def write_atomically(path: Path) -> Iterator[BinaryIO]:
    """Write a file so that readers see the old one or the whole new one, also after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    os.close(handle)
    try:
        with open(name, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
        sync_folder(path.parent)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
