"""RFC 3161 time stamps on checkpoints: asked of an authority, kept as files beside the witness, checked offline.

A token says that an authority outside the hospital saw the sha256 of a signed note at a certain moment: from then on
nobody can back-date the events below it, not even who holds the log's key. The cryptography is that of
`rfc3161-client`, which loads, as all that speaks HTTP, only where a token is asked for or checked.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from data_contracts import AuditEvent, Digest, sha256_digest, short
from governance.audit.errors import TimeStampError
from governance.store.errors import IntegrityError
from governance.store.objects import write_atomically

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

STAMPED, FAILED = "checkpoint-time-stamped", "time-stamp-failed"
FOLDER = "time-stamps"

_LARGEST_ANSWER = 1 << 20
_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


@dataclass(frozen=True)
class TimeStampAuthority:
    """Who stamps checkpoints.

    Attributes:
        url: where it answers RFC 3161 requests over HTTP.
        roots: PEM file of the certificates that its tokens must chain to.
        patience: seconds to wait for an answer.
    """

    url: str
    roots: Path
    patience: float = 10.0

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise TimeStampError("unreachable", f"time stamp: {self.url} is no http:// or https:// address; mend it")


@dataclass(frozen=True)
class StoredToken:
    """A token with the checkpoint it stamps."""

    tree_size: int
    data: bytes

    @property
    def name(self) -> str:
        """Its file name: the size of the tree, and the beginning of its own digest."""
        return token_name(self.tree_size, sha256_digest(self.data))


@dataclass(frozen=True)
class TimeStamps:
    """The folder of tokens of a workspace, and the authority that gives new ones, if any."""

    folder: Path
    authority: TimeStampAuthority | None = None

    def path(self, tree_size: int, digest: Digest) -> Path:
        """Return where a token lies."""
        return self.folder / token_name(tree_size, digest)

    def keep(self, token: StoredToken) -> None:
        """Write a token's file."""
        with write_atomically(self.folder / token.name) as file:
            file.write(token.data)

    def roots_pem(self) -> bytes | None:
        """Return the certificates that tokens must chain to; None without an authority."""
        return self.authority.roots.read_bytes() if self.authority and self.authority.roots.is_file() else None

    def stored(self, events: Iterable[AuditEvent]) -> tuple[StoredToken, ...]:
        """Return the tokens that the log names.

        Raises:
            IntegrityError: one is gone or altered.
        """
        return tuple(self._read(size, digest) for size, digest in named_in(events))

    def _read(self, size: int, digest: Digest) -> StoredToken:
        path = self.path(size, digest)
        data = path.read_bytes() if path.is_file() else b""
        if sha256_digest(data) != digest:
            what = "was altered" if data else "is missing"
            raise IntegrityError(f"time stamp {path}: {what}; restore it from a backup of the witness")
        return StoredToken(size, data)


def token_name(tree_size: int, digest: Digest) -> str:
    """Return a token's file name."""
    return f"{tree_size:012d}-{short(digest)}.tsr"


def named_in(events: Iterable[AuditEvent]) -> list[tuple[int, Digest]]:
    """Return tree size and digest of each token that the log names."""
    sizes = [(event.details.get("tree_size"), str(event.subject)) for event in events if event.action == STAMPED]
    return [(size if isinstance(size, int) else 0, digest) for size, digest in sizes]  # an altered log may lack one


def ask(authority: TimeStampAuthority, note: str) -> bytes:
    """Ask for a token over the sha256 of a signed note; return the response, checked against the request.

    Raises:
        TimeStampError: the authority cannot be reached, refuses, or answers with a token that does not hold.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    roots = read_roots(authority.roots)
    query = TimestampRequestBuilder().data(note.encode()).hash_algorithm(HashAlgorithm.SHA256).build()
    answer = _post(authority, query.as_bytes())
    check(answer, note, roots, nonce=query.nonce)
    return answer


def check(token: bytes, note: str, roots: Sequence["Certificate"], nonce: int | None = None) -> datetime:
    """Check a token over a signed note and return the moment it states, in UTC.

    The certificates must have been valid at that moment, not today.

    Raises:
        TimeStampError: it is not granted, is over another note, or does not chain to the roots.
    """
    from rfc3161_client import VerificationError, VerifierBuilder

    response = _decode(token)
    if response.tst_info.message_imprint.message != bytes.fromhex(sha256_digest(note.encode())[7:]):
        raise TimeStampError("wrong-imprint", "time stamp: the token is over something else than this checkpoint")
    verifier = VerifierBuilder(roots=list(roots), nonce=nonce).build()
    try:
        verifier.verify_message(response, note.encode())
    except (VerificationError, ValueError) as error:
        line = " ".join(str(error).split())
        raise TimeStampError("untrusted", f"time stamp: the token does not hold ({line}); check the roots") from error
    return response.tst_info.gen_time.astimezone(UTC)


def read_roots(pem: Path | bytes) -> tuple["Certificate", ...]:
    """Read certificates from PEM.

    Raises:
        TimeStampError: there are none.
    """
    from cryptography.x509 import load_pem_x509_certificates

    data = b""
    with suppress(OSError):
        data = pem if isinstance(pem, bytes) else pem.read_bytes()
    try:
        return tuple(load_pem_x509_certificates(data))
    except ValueError as error:
        name = "roots.pem" if isinstance(pem, bytes) else str(pem)
        raise TimeStampError("untrusted", f"{name}: no certificates; save the authority's root as PEM there") from error


def _decode(token: bytes) -> "TimeStampResponse":
    from rfc3161_client import PKIStatus, decode_timestamp_response

    try:
        response = decode_timestamp_response(token)
        status = PKIStatus(response.status)
    except ValueError as error:
        raise TimeStampError("refused", "time stamp: the answer is no RFC 3161 response; check the URL") from error
    if status is not PKIStatus.GRANTED:
        raise TimeStampError("refused", f"time stamp: the authority answered {status.name}; ask it why")
    return response


def _post(authority: TimeStampAuthority, query: bytes) -> bytes:
    import http.client
    import urllib.error
    import urllib.request

    host = urlsplit(authority.url).hostname
    request = urllib.request.Request(authority.url, query, _HEADERS)
    try:
        with urllib.request.urlopen(request, timeout=authority.patience) as answer:
            data: bytes = answer.read(_LARGEST_ANSWER)
            return data
    except urllib.error.HTTPError as error:
        raise TimeStampError("refused", f"time stamp: {host} answered HTTP {error.code}; check the URL") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise TimeStampError(
            "unreachable", f"time stamp: {host} cannot be reached; it is asked again next time"
        ) from error
