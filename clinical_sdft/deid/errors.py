"""What can go wrong here; no message ever carries text of a record."""


class DeidError(Exception):
    """Root of the errors that this package raises."""


class NerModelError(DeidError, RuntimeError):
    """The name recognition model is missing or is not the pinned one, so nothing may be released."""


class DeidKeyError(DeidError, ValueError):
    """The pseudonym key is missing, too short, or open to other users."""


class PolicyError(DeidError, ValueError):
    """No policy has that name."""


class RecordSourceError(DeidError, FileNotFoundError):
    """There is no file or folder of records at that place."""


class PatternTimeoutError(DeidError, TimeoutError):
    """A pattern needed longer than its time limit, so the text counts as unread."""
