"""Time-based one-time codes (RFC 6238): six digits, SHA-1, 30 seconds, as every authenticator app knows them."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from governance.approvals.errors import PersonError

if TYPE_CHECKING:
    from pyotp import TOTP

ISSUER = "clinical-sdft"
STEPS_ASIDE = 1
"""A code of the step before or after counts too: clocks differ, and people type slowly."""

_SECRET = re.compile(r"[A-Z2-7]{32,}")  # base32, 160 bits or more


@dataclass(frozen=True)
class NewTotp:
    """A secret before it is enrolled; shown once, to its owner."""

    secret: str
    uri: str
    """`otpauth://…`, which authenticator apps take."""


def new(username: str) -> NewTotp:
    """Return a fresh secret of 160 bits."""
    from pyotp import random_base32

    secret = random_base32(32)
    return NewTotp(secret, _totp(secret).provisioning_uri(name=username, issuer_name=ISSUER))


def step_of(secret: str, code: str, moment: datetime) -> int | None:
    """Return the time step whose code this is, now or one aside; None when it is of none of them."""
    from pyotp.exceptions import OTPVerificationError

    typed = re.sub(r"\s", "", code)
    try:
        return _totp(secret).verify_and_get_timecode(typed, for_time=moment, valid_window=STEPS_ASIDE)
    except OTPVerificationError:
        return None


def check_secret(username: str, secret: str) -> None:
    """Check that a secret is long enough to be one.

    Raises:
        PersonError: it is shorter than 160 bits, or not base32.
    """
    if not _SECRET.fullmatch(secret):
        raise PersonError(
            f"person {username}: a TOTP secret is base32 of 160 bits or more; take the one you were shown"
        )


def _totp(secret: str) -> "TOTP":
    from pyotp import TOTP

    return TOTP(secret)
