"""What can go wrong with people and signatures."""

from governance.errors import GovernanceError


class PersonError(GovernanceError, ValueError):
    """A person cannot be added this way."""


class SignInError(GovernanceError, PermissionError):
    """The username and the password do not belong together."""


class AccountWaitsError(SignInError):
    """Too many failures: the account waits, whatever the password."""


class SignatureError(GovernanceError, PermissionError):
    """This person may not sign this, or not now."""
