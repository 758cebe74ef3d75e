"""The root of this package's errors."""


class GovernanceError(Exception):
    """Root of the errors that this package raises."""
