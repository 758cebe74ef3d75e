"""The secret keys of pseudonyms and of the vault: each from the environment or from a private file of its own."""

import os
import secrets
import stat
from pathlib import Path

from clinical_sdft.deid.errors import DeidKeyError

ENVIRONMENT = "CLINICAL_SDFT_DEID_KEY"
VAULT_ENVIRONMENT = "CLINICAL_SDFT_VAULT_KEY"
KEY_BYTES = 32


def key_file(workspace: Path) -> Path:
    """Return where a workspace keeps its key."""
    return workspace / "keys" / "deid.key"


def load_key(workspace: Path, *, create: bool = False) -> bytes:
    """Return the key of pseudonyms and record digests: the environment wins over the workspace's file.

    Args:
        workspace: the folder that holds `keys/deid.key`.
        create: write a new random key (readable by its owner only) where there is none.

    Raises:
        DeidKeyError: there is no key, it is not hexadecimal, shorter than 32 bytes, or its file is open to others.
    """
    return _load(ENVIRONMENT, key_file(workspace), "de-identification", create)


def load_vault_key(workspace: Path, *, create: bool = False) -> bytes:
    """Return the key of the re-identification vault, `keys/vault.key`; else as `load_key`.

    Raises:
        DeidKeyError: as `load_key`.
    """
    return _load(VAULT_ENVIRONMENT, workspace / "keys" / "vault.key", "vault", create)


def _load(environment: str, path: Path, name: str, create: bool) -> bytes:
    given = os.environ.get(environment)
    if given is not None:
        return _parse(given, environment)
    if not path.exists():
        if not create:
            raise DeidKeyError(f"no {name} key: set {environment} or create {path}")
        _write_new(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise DeidKeyError(f"{path} can be read by other users: run chmod 600 on it")
    return _parse(path.read_text(encoding="ascii"), str(path))


def _write_new(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")


def _parse(text: str, source: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        raise DeidKeyError(f"{source} does not hold a hexadecimal key") from None
    if len(key) < KEY_BYTES:
        raise DeidKeyError(f"the key in {source} is shorter than {KEY_BYTES} bytes")
    return key
