"""What can go wrong with the log."""

from governance.errors import GovernanceError


class KeyFileError(GovernanceError, FileNotFoundError):
    """The log's key is not there."""


class WitnessError(GovernanceError, OSError):
    """The witness file cannot be written."""


class EventError(GovernanceError, ValueError):
    """An event may not be written as asked."""
