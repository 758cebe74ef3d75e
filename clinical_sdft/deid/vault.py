"""The re-identification vault: off unless a hospital turns it on; what was taken out, encrypted, a file a record.

Its key is its own: who holds the key of the pseudonyms alone reads nothing here.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from clinical_sdft.deid.deidentify import Removed
from clinical_sdft.deid.errors import VaultError
from clinical_sdft.deid.keys import load_key, load_vault_key
from clinical_sdft.files import write_bytes
from data_contracts.base import Digest, short

FOLDER = "vault"
_NONCE_BYTES = 12


@dataclass(frozen=True, repr=False)
class Vault:
    """Seals what was taken out of records, and opens it again; each file is bound to its record."""

    folder: Path
    key: bytes

    def keep(self, record: Digest, removed: tuple[Removed, ...]) -> None:
        """Seal what was taken out of a record (AES-256-GCM), in place of what was sealed of it before."""
        rows = sorted({(item.category, item.original, item.surrogate) for item in removed})
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self.key).encrypt(nonce, json.dumps(rows).encode(), record.encode())
        write_bytes(self._file(record), nonce + sealed)

    def open(self, name: str) -> tuple[Digest, list[tuple[str, str, str]]]:
        """Return a record's digest and what was taken out of it: category, identifier and surrogate.

        Args:
            name: the digest of the record, or its first digits.

        Raises:
            VaultError: there is no such record, several begin so, the key is another one, or the file was altered.
        """
        digits = name.removeprefix("sha256:")
        files = sorted(self.folder.glob("*.sealed")) if digits.isalnum() else []
        files = [file for file in files if file.name.startswith(digits)]
        if len(files) != 1:
            what = f"{len(files)} records begin so; give more digits" if files else "the vault holds no such record"
            raise VaultError(f"{name[:80]}: {what}")
        record = f"sha256:{files[0].stem}"
        sealed = files[0].read_bytes()
        try:
            plain = AESGCM(self.key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], record.encode())
        except (InvalidTag, ValueError):
            raise VaultError(f"{files[0]}: sealed with another key, or altered; restore both from one backup") from None
        return record, [(category, original, surrogate) for category, original, surrogate in json.loads(plain)]

    def _file(self, record: Digest) -> Path:
        return self.folder / f"{short(record, 64)}.sealed"


def sealed_before(workspace: Path, moment: datetime) -> tuple[Digest, ...]:
    """Return the records of a vault that no run has sealed since a moment, by the times of their files."""
    files = sorted((workspace / FOLDER).glob("*.sealed"))
    return tuple(f"sha256:{file.stem}" for file in files if file.stat().st_mtime < moment.timestamp())


def remove(workspace: Path, record: Digest) -> None:
    """Delete what was sealed of a record."""
    (workspace / FOLDER / f"{short(record, 64)}.sealed").unlink(missing_ok=True)


def open_vault(workspace: Path, *, create: bool = False) -> Vault:
    """Return the vault of a workspace.

    Args:
        workspace: its folder.
        create: make the key where there is none.

    Raises:
        DeidKeyError: there is no key, or it cannot be used.
        VaultError: it is the key of the pseudonyms.
    """
    key = load_vault_key(workspace, create=create)
    if key == load_key(workspace):
        raise VaultError("the vault's key is the key of the pseudonyms; give it one of its own")
    return Vault(workspace / FOLDER, key)
