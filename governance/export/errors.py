"""What can go wrong with an export."""

from governance.errors import GovernanceError


class ExportError(GovernanceError, ValueError):
    """The export cannot be written as asked."""
