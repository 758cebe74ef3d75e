"""What can go wrong with the log."""

from typing import Literal

from governance.errors import GovernanceError


class KeyFileError(GovernanceError, FileNotFoundError):
    """The log's key is not there."""


class WitnessError(GovernanceError, OSError):
    """The witness file cannot be written."""


class EventError(GovernanceError, ValueError):
    """An event may not be written as asked."""


class TimeStampError(GovernanceError, RuntimeError):
    """A time-stamp authority gave no token that holds; `reason` is a word for the log."""

    def __init__(self, reason: Literal["unreachable", "refused", "wrong-imprint", "untrusted"], message: str) -> None:
        super().__init__(message)
        self.reason = reason
