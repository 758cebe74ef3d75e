"""What can go wrong in the registry."""

from governance.errors import GovernanceError


class NotFoundError(GovernanceError, LookupError):
    """There is no such update, suite or model."""


class PromotionError(GovernanceError, ValueError):
    """A model may not be put in force this way."""


class ConflictError(GovernanceError, RuntimeError):
    """Somebody else was faster: the incumbent is no longer the model in force."""


class SubmissionError(GovernanceError, ValueError):
    """A bundle does not hang together."""


class SuiteError(GovernanceError, ValueError):
    """A suite may not be used this way."""


class HoldError(GovernanceError, ValueError):
    """A legal hold cannot be set or released this way."""


class RetentionError(GovernanceError, ValueError):
    """Something may not be deleted, or was deleted when its time was over."""


class AdapterError(GovernanceError, ValueError):
    """Stored weights are not those of an adapter that can be served."""
