"""Files that hold a secret of this workspace."""

import os
from pathlib import Path


def write_secret_once(path: Path, secret: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all; one that another process just made stays."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)  # unlike rename, never replaces
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
