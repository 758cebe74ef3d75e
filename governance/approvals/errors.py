"""What can go wrong with people, their proofs of identity, and signatures."""

from governance.errors import GovernanceError


class PersonError(GovernanceError, ValueError):
    """A person, or a person's second factor, cannot be added this way."""


class SignInError(GovernanceError, PermissionError):
    """The username and the proof of identity do not belong together."""


class AccountWaitsError(SignInError):
    """Too many failures: the account waits, whatever the proof."""


class ProviderError(GovernanceError, ConnectionError):
    """The hospital's identity provider cannot be reached, or is not set up."""


class RoleError(GovernanceError, PermissionError):
    """This person's roles do not allow this."""


class SignatureError(GovernanceError, PermissionError):
    """This person may not sign this, or not now."""


class AcceptanceError(GovernanceError, ValueError):
    """A drafted demonstration cannot be decided this way, or not any more."""


class VaultError(GovernanceError, ValueError):
    """The key that seals second-factor secrets cannot be used."""
