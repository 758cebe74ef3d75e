"""What every contract shares: it is frozen, versioned, and has one canonical byte form."""

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Self

import rfc8785
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
)

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

Digest = Annotated[str, StringConstraints(pattern=_DIGEST.pattern + "$")]
"""A content address: `sha256:` and 64 lower-case hexadecimal digits."""

Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
"""An identifier that is safe in a file name."""

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
"""Text that says something."""

Fraction = Annotated[float, AfterValidator(lambda value: _within(value, 0.0, 1.0))]
"""A number from 0 to 1."""


def _within(value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise ValueError(f"must be between {low:g} and {high:g}")
    return value


def _parse_instant(value: Any) -> Any:
    return datetime.fromisoformat(value.replace("Z", "+00:00")) if isinstance(value, str) else value


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return value.astimezone(UTC)


Instant = Annotated[
    datetime,
    BeforeValidator(_parse_instant),
    AfterValidator(_utc),
    PlainSerializer(lambda value: value.isoformat(timespec="microseconds").replace("+00:00", "Z")),
]
"""A moment in UTC, written with microseconds and a `Z`."""


class ContractError(ValueError):
    """Root of the errors that this package raises."""


def canonical_json(value: Any) -> bytes:
    """Return the RFC 8785 bytes of a JSON value.

    Raises:
        ContractError: the value holds something JSON has no canonical form for (NaN, a 64-bit integer).
    """
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise ContractError(f"no canonical JSON form: {error}") from error


def sha256_digest(data: bytes | Iterable[bytes]) -> Digest:
    """Return the digest of bytes, or of chunks of bytes in their order."""
    state = hashlib.sha256()
    for chunk in (data,) if isinstance(data, bytes) else data:
        state.update(chunk)
    return f"sha256:{state.hexdigest()}"


def short(digest: Digest, length: int = 12) -> str:
    """Return the first hexadecimal digits of a digest, for people and for folder names."""
    return digest.removeprefix("sha256:")[:length]


class Contract(BaseModel):
    """A frozen message between rooms; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def canonical_bytes(self) -> bytes:
        """Return the RFC 8785 bytes of this contract, the form that is hashed and signed."""
        return canonical_json(self.model_dump(mode="json"))

    @property
    def digest(self) -> Digest:
        """The sha256 of the canonical bytes: the identity of this contract."""
        return sha256_digest(self.canonical_bytes())

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a contract from its JSON bytes.

        Raises:
            pydantic.ValidationError: the bytes are not this contract.
        """
        return cls.model_validate_json(data)
