"""The key that seals second-factor secrets and marks nonces: from the environment, or a private file of its owner's.

The database and the log hold only what it sealed, so their owner learns no secret from them.
"""

import hashlib
import hmac
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from governance.approvals.errors import VaultError
from governance.store.secret_files import write_secret_once

ENVIRONMENT = "CLINICAL_SDFT_IDENTITY_KEY"
FILE = "identity.key"
_KEY_BYTES = 32
_NONCE_BYTES = 12


@dataclass(frozen=True)
class Vault:
    """Seals and marks with one key; each use has its own subkey."""

    key: bytes

    def seal(self, secret: bytes, owner: str) -> bytes:
        """Return a secret encrypted (AES-256-GCM), bound to its owner."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._subkey("seal")).encrypt(nonce, secret, owner.encode())

    def unseal(self, sealed: bytes, owner: str) -> bytes:
        """Return the secret.

        Raises:
            VaultError: it was sealed with another key or for another owner, or was altered.
        """
        try:
            return AESGCM(self._subkey("seal")).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], owner.encode())
        except (InvalidTag, ValueError):
            raise VaultError(
                f"second factor of {owner}: cannot be read with this key; restore keys/{FILE}, or reset the factor"
            ) from None

    def mark(self, *parts: str) -> str:
        """Return a mark that only the holder of the key can make for these parts."""
        message = b"".join(len(part).to_bytes(8, "big") + part.encode() for part in parts)
        return hmac.new(self._subkey("mark"), message, hashlib.sha256).hexdigest()

    def _subkey(self, purpose: str) -> bytes:
        return hmac.new(self.key, purpose.encode(), hashlib.sha256).digest()


def open_vault(folder: Path) -> Vault:
    """Return the vault of a workspace's key folder; the key is made at first need.

    Raises:
        VaultError: the key is not 32 bytes in hexadecimal, or others can read its file.
    """
    given = os.environ.get(ENVIRONMENT)
    if given is not None:
        return Vault(_parse(given, ENVIRONMENT))
    path = folder / FILE
    if not path.exists():
        write_secret_once(path, f"{secrets.token_hex(_KEY_BYTES)}\n".encode())
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise VaultError(f"{path}: can be read by other users; run `chmod 600` on it")
    return Vault(_parse(path.read_text("ascii"), str(path)))


def _parse(text: str, source: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise VaultError(f"{source}: give a key of {_KEY_BYTES} bytes in hexadecimal")
    return key
