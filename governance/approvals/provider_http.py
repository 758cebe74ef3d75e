"""What is asked of an identity provider over https; loaded only where something is asked."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from governance.approvals.errors import ProviderError
from governance.rules import safe_url

_SECONDS = 10
_LARGEST_ANSWER = 1 << 20


def fetch_json(
    issuer: str, url: str, data: bytes | None = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the JSON object that an address of the issuer answers with.

    Raises:
        ProviderError: it cannot be reached, answers with an error, a redirect, or something else.
    """
    try:
        safe_url(url)
        request = urllib.request.Request(url, data, {"Accept": "application/json", **(headers or {})})
        with urllib.request.build_opener(_StayHere).open(request, timeout=_SECONDS) as answer:
            found = json.loads(answer.read(_LARGEST_ANSWER))
    except urllib.error.HTTPError as error:
        raise ProviderError(f"{issuer}: answered {error.code}; sign in again") from error
    except (OSError, ValueError) as error:
        raise ProviderError(f"{issuer}: cannot be reached over https; try again later") from error
    if not isinstance(found, dict):
        raise ProviderError(f"{issuer}: its answer cannot be read; ask whoever runs it")
    return found


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: what speaks for the issuer answers at the issuer's own addresses."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse."""
