"""The gate's errors. Each message is one line: what is wrong, where, and how to mend it."""

from governance.errors import GovernanceError


class GateError(GovernanceError, ValueError):
    """The gate was asked something that has no answer."""
