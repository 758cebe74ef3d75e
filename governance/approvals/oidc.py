"""The hospital's identity provider: finds its keys, and verifies the ID tokens it signs (OpenID Connect Core 3.1.3.7).

Nothing is trusted that the token says of its own verification: algorithms are ours, keys come from the issuer over
https, and issuer, audience, times and nonce are compared here.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

from data_contracts import PersonRole
from governance.approvals.errors import ProviderError
from governance.rules import OidcRules

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
CLOCKS_DIFFER = timedelta(seconds=30)

_LONGEST_TOKEN = 1 << 16


class TokenFault(Exception):
    """An ID token does not hold; `slug` is for the log, the text for people."""

    def __init__(self, slug: str, words: str) -> None:
        """Say what does not hold."""
        super().__init__(words)
        self.slug = slug


@dataclass(frozen=True)
class Claims:
    """What a verified ID token says."""

    issuer: str
    subject: str
    nonce: str
    groups: frozenset[str]


@dataclass(frozen=True)
class Provider:
    """An identity provider, by what it publishes about itself."""

    rules: OidcRules

    def metadata(self) -> dict[str, Any]:
        """Return its discovery document.

        Raises:
            ProviderError: it cannot be reached, or names another issuer.
        """
        found = self._fetch(self.rules.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != self.rules.issuer:
            raise ProviderError(f"{self.rules.issuer}: calls itself another issuer; mend [governance.oidc] issuer")
        return found

    def verify(self, token: str, moment: datetime) -> Claims:
        """Return what an ID token says, when it was made by this provider, for us, now.

        Raises:
            TokenFault: it does not hold.
            ProviderError: the keys cannot be fetched.
        """
        if len(token) > _LONGEST_TOKEN:
            raise TokenFault("malformed", "it is too long to be one")
        claims = self._signed(token)
        check_times(claims, moment, timedelta(seconds=self.rules.max_age_seconds))
        if claims.get("iss") != self.rules.issuer:
            raise TokenFault("issuer", "it was made by another issuer")
        audience = claims.get("aud")
        listed = audience if isinstance(audience, list) else [audience]
        party = claims.get("azp")
        if self.rules.client_id not in listed or ((party or len(listed) > 1) and party != self.rules.client_id):
            raise TokenFault("audience", "it was made for another application")
        subject, nonce = claims.get("sub"), claims.get("nonce")
        if not isinstance(subject, str) or not subject or not isinstance(nonce, str):
            raise TokenFault("malformed", "it names no subject, or carries no nonce")
        return Claims(self.rules.issuer, subject, nonce, _groups(claims.get(self.rules.groups_claim)))

    def exchange(self, fields: Mapping[str, str], secret: str | None) -> str:
        """Return the ID token for an authorization code (RFC 6749, 4.1.3); a secret goes by Basic (2.3.1).

        Raises:
            ProviderError: it cannot be reached, or gives none.
        """
        endpoint, headers = str(self.metadata().get("token_endpoint", "")), {}
        if secret:
            pair = f"{quote_plus(self.rules.client_id)}:{quote_plus(secret)}"
            headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        token = self._fetch(endpoint, urlencode(fields).encode(), headers).get("id_token")
        if not isinstance(token, str):
            raise ProviderError(f"{self.rules.issuer}: gave no ID token; allow the scope openid for this client")
        return token

    def roles(self, groups: frozenset[str]) -> frozenset[PersonRole] | None:
        """Return the roles that groups allow; None where the rules map none."""
        if not self.rules.roles:
            return None
        return frozenset(role for group, role in self.rules.roles.items() if group in groups)

    def _signed(self, token: str) -> dict[str, Any]:
        """Return the claims after checking the signature with the issuer's keys."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        published = self._fetch(str(self.metadata().get("jwks_uri", "")))
        try:
            keys = KeySet.import_key_set(published)  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderError(f"{self.rules.issuer}: its keys cannot be read; ask whoever runs it") from error
        try:
            return jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError, TypeError) as error:
            raise TokenFault("signature", "it was not signed with a key of the issuer") from error

    def _fetch(self, url: str, data: bytes | None = None, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        from governance.approvals.provider_http import fetch_json

        return fetch_json(self.rules.issuer, url, data, headers)


def check_times(claims: Mapping[str, Any], moment: datetime, oldest: timedelta) -> None:
    """Check when a token was made, until when it holds, and how long ago the person signed in.

    Raises:
        TokenFault: it is expired, from the future, or the sign-in is too old or not told.
    """
    expires, issued, signed_in = (_time(claims, name) for name in ("exp", "iat", "auth_time"))
    if expires is None or moment >= expires:
        raise TokenFault("expired", "it has expired")
    if issued is None or issued > moment + CLOCKS_DIFFER:
        raise TokenFault("future", "it is dated in the future, or not at all")
    if signed_in is None or signed_in > moment + CLOCKS_DIFFER or moment - signed_in > oldest:
        seconds = int(oldest.total_seconds())
        raise TokenFault("stale", f"the sign-in behind it is not told, or older than {seconds} seconds")


def _time(claims: Mapping[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _groups(value: Any) -> frozenset[str]:
    listed = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return frozenset(group for group in listed if isinstance(group, str))
