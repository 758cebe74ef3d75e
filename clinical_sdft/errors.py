"""The errors of the update engine. Each is one line for a person and carries the exit code of the command line."""


class ClinicalSdftError(Exception):
    """Root of the errors that this package raises."""

    exit_code = 1


class InputError(ClinicalSdftError, ValueError):
    """The user's input cannot be used; the message says what, where and how to mend it."""

    exit_code = 2


class BlockedError(ClinicalSdftError):
    """A measured result forbids going on (pre-flight refusal, gate)."""

    exit_code = 3


class AcceptanceNeededError(BlockedError):
    """Drafted demonstrations wait for a clinician."""


class QuarantineError(ClinicalSdftError):
    """Too much of the input sits in quarantine to go on."""

    exit_code = 4


class DigestMismatchError(ClinicalSdftError):
    """Something is not what its digest says it is."""

    exit_code = 5


class BusyError(ClinicalSdftError):
    """Another process holds the lock."""

    exit_code = 1


class ServingError(ClinicalSdftError):
    """A server does not do what was asked of it, or cannot be reached."""

    exit_code = 1
