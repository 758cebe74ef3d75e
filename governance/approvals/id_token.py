"""An ID token as the proof for one signature: its nonce says who signs what, and is used once.

The nonce is made here before the person is sent to the identity provider, and marked with the vault's key. It binds
the sign-in to the person, the update, the bundle that was shown, and the decision; nothing needs to be remembered
until it is used.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal

from sqlalchemy import Connection

from data_contracts import Digest, canonical_json, sha256_digest
from governance.approvals import credentials
from governance.approvals.oidc import CLOCKS_DIFFER, Claims, Provider, TokenFault
from governance.approvals.people import Account
from governance.approvals.proving import Finding, Settle
from governance.approvals.vault import Vault
from governance.audit.log import Clock


@dataclass(frozen=True)
class Act:
    """What is signed."""

    username: str
    update_id: str
    bundle: Digest
    decision: Literal["approve", "reject"]

    @property
    def digest(self) -> Digest:
        """What the nonce is bound to; letter case of the username does not matter."""
        return sha256_digest(canonical_json(vars(self) | {"username": self.username.casefold()}))


def new_nonce(vault: Vault, act: Act, moment: datetime) -> str:
    """Return a nonce for one signature."""
    issued, random = str(int(moment.timestamp())), secrets.token_hex(16)
    return f"{issued}.{random}.{vault.mark('nonce', issued, random, act.digest)}"


def check_nonce(vault: Vault, nonce: str, act: Act, moment: datetime, oldest: timedelta) -> None:
    """Check that a nonce was made here, for this act, a short while ago.

    Raises:
        TokenFault: it was not.
    """
    issued, _, rest = nonce.partition(".")
    random, _, mark = rest.partition(".")
    if not hmac.compare_digest(mark.encode(), vault.mark("nonce", issued, random, act.digest).encode()):
        raise TokenFault("nonce", "the sign-in was for something else than what is signed here")
    made = datetime.fromtimestamp(int(issued), UTC)
    if made > moment + CLOCKS_DIFFER or moment - made > oldest:
        raise TokenFault("nonce-old", "the sign-in was asked for too long ago")


def link(issuer: str, subject: str) -> bytes:
    """Return the credential that says which subject of an issuer a person is."""
    return canonical_json({"issuer": issuer, "subject": subject})


@dataclass(frozen=True)
class IdTokenProof:
    """An ID token, and what it was fetched for."""

    token: str
    act: Act
    provider: Provider
    vault: Vault
    clock: Clock

    @property
    def refusal(self) -> str:
        """The line before the reason, which the log has."""
        return "sign-in at the identity provider: does not hold for this person and this update; sign in there again"

    def examine(self, account: Account | None) -> Settle:
        """Fetch the issuer's keys and verify the token."""
        moment = self.clock()
        try:
            claims = self.provider.verify(self.token, moment)
            oldest = timedelta(seconds=self.provider.rules.max_age_seconds)
            check_nonce(self.vault, claims.nonce, self.act, moment, oldest)
        except TokenFault as fault:
            slug = fault.slug
            return lambda connection, moment: Finding(slug)
        return lambda connection, moment: self._settle(connection, account, claims)

    def _settle(self, connection: Connection, account: Account | None, claims: Claims) -> Finding:
        if account is None:
            return Finding("subject")
        username = account.person.username
        if credentials.latest(connection, username, "oidc") != link(claims.issuer, claims.subject):
            return Finding("subject")
        proof = f"oidc:{sha256(claims.nonce.encode()).hexdigest()}"
        if not credentials.use(connection, username, proof):
            return Finding("replayed")
        return Finding(None, "identity provider", proof, self.provider.roles(claims.groups))
