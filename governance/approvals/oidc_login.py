"""The way to an ID token: authorization code with PKCE (RFC 6749, 7636), with a fresh sign-in asked for."""

import base64
import hashlib
import os
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from governance.approvals.errors import ProviderError
from governance.approvals.oidc import Provider
from governance.rules import safe_url

SECRET = "CLINICAL_SDFT_OIDC_CLIENT_SECRET"
"""Names the environment variable of the client's secret; a public client has none."""


@dataclass(frozen=True)
class Login:
    """A sign-in under way at the identity provider."""

    url: str
    """Where the person signs in, in a browser."""
    state: str
    """Comes back with the code; anything else that comes back is not ours."""
    verifier: str
    redirect_uri: str


def begin(provider: Provider, nonce: str, username: str, redirect_uri: str) -> Login:
    """Return a sign-in to send a person to; the provider must ask for the credentials again.

    Raises:
        ProviderError: it cannot be reached.
    """
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "response_type": "code",
        "client_id": provider.rules.client_id,
        "redirect_uri": redirect_uri,
        "scope": "openid profile",
        "state": state,
        "nonce": nonce,
        "prompt": "login",
        "max_age": "0",
        "login_hint": username,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    endpoint = str(provider.metadata().get("authorization_endpoint", ""))
    try:
        safe_url(endpoint)
    except ValueError as error:
        raise ProviderError(f"{provider.rules.issuer}: its sign-in page is not https; ask whoever runs it") from error
    return Login(f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}", state, verifier, redirect_uri)


def redeem(provider: Provider, login: Login, code: str) -> str:
    """Return the ID token for the code that came back.

    Raises:
        ProviderError: the provider refuses, or cannot be reached.
    """
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": login.redirect_uri,
        "client_id": provider.rules.client_id,
        "code_verifier": login.verifier,
    }
    return provider.exchange(fields, os.environ.get(SECRET))
