"""What can go wrong here; no message ever carries text of a record."""

from clinical_sdft.errors import ClinicalSdftError


class DeidError(ClinicalSdftError):
    """Root of the errors that this room raises: the user's input, unless a subclass says otherwise."""

    exit_code = 2


class NerModelError(DeidError, RuntimeError):
    """The name recognition model is missing or is not the pinned one, so nothing may be released."""

    exit_code = 5


class DeidKeyError(DeidError, ValueError):
    """The pseudonym key is missing, too short, or open to other users."""


class PolicyError(DeidError, ValueError):
    """No policy has that name."""


class RecordSourceError(DeidError, FileNotFoundError):
    """There is no file or folder of records at that place."""


class PatternTimeoutError(DeidError, TimeoutError):
    """A pattern needed longer than its time limit, so the text counts as unread."""


class GoldError(DeidError, ValueError):
    """A gold set is missing or is not of its format."""


class BenchError(DeidError, RuntimeError):
    """A process of the benchmark ended before its time."""

    exit_code = 1
