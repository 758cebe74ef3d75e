"""What can go wrong with the files and the database."""

from governance.errors import GovernanceError


class StoreError(GovernanceError, RuntimeError):
    """The database cannot be opened or is not ours."""


class MissingObjectError(GovernanceError, LookupError):
    """No object has this digest."""


class IntegrityError(GovernanceError, ValueError):
    """Stored bytes are not what their digest says."""
