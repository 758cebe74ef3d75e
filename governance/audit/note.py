"""Writes C2SP signed notes and the DSSE envelope, and keeps the key that signs both.

Formats: https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint, https://github.com/secure-systems-lab/dsse.
The two never sign the same bytes: an envelope's begin with `DSSEv1 `, a checkpoint's with the log's origin.
"""

import base64
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from governance.audit.errors import KeyFileError
from governance.export.verify import (
    PAYLOAD_TYPE,
    Head,
    checkpoint_body,
    compact_json,
    fingerprint,
    key_id,
    pre_authentication,
)
from governance.store.secret_files import write_secret_once

_PRIVATE, PUBLIC, _VKEY = "log_key.pem", "log_key.pub.pem", "log_key.vkey"


@dataclass(frozen=True)
class LogKey:
    """The key that signs a log's heads and exports."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> Ed25519PublicKey:
        """The key that checks the signatures."""
        return self.private.public_key()

    @property
    def public_pem(self) -> bytes:
        """The public key as PEM."""
        return self.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def origin(self) -> str:
        """The log's name in its checkpoints; it follows from the key, so two logs never share one."""
        return f"clinical-sdft/log-{fingerprint(self.public)[:12]}"

    @property
    def vkey(self) -> str:
        """The public key in the notation of C2SP tools."""
        raw = b"\x01" + self.public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"{self.origin}+{key_id(self.origin, self.public).hex()}+{base64.b64encode(raw).decode()}"

    def sign_checkpoint(self, size: int, root: bytes) -> str:
        """Return the signed note of a tree head."""
        body = checkpoint_body(Head(self.origin, size, root))
        blob = key_id(self.origin, self.public) + self.private.sign(body.encode())
        return f"{body}\n— {self.origin} {base64.b64encode(blob).decode()}\n"

    def sign_envelope(self, payload: bytes) -> bytes:
        """Return the DSSE envelope of an in-toto statement, as compact JSON."""
        signature = base64.b64encode(self.private.sign(pre_authentication(payload))).decode()
        envelope = {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": fingerprint(self.public), "sig": signature}],
        }
        return compact_json(envelope)


def create_key(folder: Path) -> LogKey:
    """Make the log's key in a folder, readable by its owner only, unless there is one; return it."""
    path = folder / _PRIVATE
    if not path.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_secret_once(path, pem)
    key = load_key(folder)
    (folder / PUBLIC).write_bytes(key.public_pem)
    (folder / _VKEY).write_text(key.vkey + "\n", "utf-8")
    return key


def load_key(folder: Path) -> LogKey:
    """Read the log's key.

    Raises:
        KeyFileError: there is none, or it is of another kind.
    """
    path = folder / _PRIVATE
    try:
        private = load_pem_private_key(path.read_bytes(), None)
    except (FileNotFoundError, ValueError):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyFileError(f"{path}: no Ed25519 key; restore the log's key from its backup")
    return LogKey(private)
