"""One writer at a time: a lock on a file, which the system lets go when its holder ends, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from clinical_sdft.errors import BusyError


@contextmanager
def held(file: Path, what: str, purpose: str) -> Iterator[None]:
    """Hold a lock file.

    Args:
        file: the lock file; its folder must be there.
        what: what is locked, for the message.
        purpose: what it is held for, for others' messages.

    Raises:
        BusyError: another process holds it; the message says which, since when and for what.
    """
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(handle, 500, 0).decode("utf-8", "replace").strip() or "another process"
            raise BusyError(f"{what}: in use by {holder}; try again when it is done") from error
        os.ftruncate(handle, 0)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        os.pwrite(handle, f"process {os.getpid()} since {now} for: {purpose}".encode(), 0)
        yield
    finally:
        os.close(handle)
