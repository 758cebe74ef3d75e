"""A sign-in at the identity provider from the command line: a browser on this machine, and a loopback listener.

RFC 8252, section 7.3: the provider sends the browser back to a port of this machine that listens only now.
"""

import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs, urlsplit

from clinical_sdft.commands.common import err
from clinical_sdft.errors import InputError

if TYPE_CHECKING:
    from governance.services.handle import Governance

PATH = "/signed-in"
PATIENCE_SECONDS = 300.0


def fetch_id_token(
    governance: "Governance", username: str, update_id: str, bundle: str, decision: Literal["approve", "reject"]
) -> str:
    """Send the person to the identity provider, and return the ID token that is good for this one signature.

    Raises:
        InputError: nobody signed in within five minutes, or the provider sent back a refusal.
        ProviderError: the provider cannot be reached.
    """
    from governance.services import commands

    with _Listener(("127.0.0.1", 0), _Answer) as listener:
        login = commands.begin_login(
            governance,
            username=username,
            update_id=update_id,
            bundle=bundle,
            decision=decision,
            redirect_uri=f"http://127.0.0.1:{listener.server_port}{PATH}",
        )
        err.print(f"Sign in as {username}, in a browser on this machine:\n{login.url}", highlight=False, soft_wrap=True)
        back = listener.wait_for(login.state)
    if "code" not in back:
        reason = back.get("error", "nobody signed in within five minutes")
        raise InputError(f"identity provider: {reason}; nothing is signed, run the same command again")
    return commands.redeem_login(governance, login, back["code"])


class _Listener(HTTPServer):
    """Takes what the browser brings back, until it brings the state that was sent out."""

    timeout = 0.5
    brought: dict[str, str]

    def wait_for(self, state: str) -> dict[str, str]:
        """Return the parameters that came with this state; nothing when none came in time."""
        self.brought = {}
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            self.handle_request()
            if self.brought.get("state") == state:
                return self.brought
        return {}


class _Answer(BaseHTTPRequestHandler):
    server: _Listener

    def do_GET(self) -> None:
        """Take the parameters and tell the person to go back."""
        address = urlsplit(self.path)
        if address.path != PATH:
            self.send_error(404)
            return
        self.server.brought = {name: values[0] for name, values in parse_qs(address.query).items()}
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"Go back to the command line; this page can be closed.\n")

    def log_message(self, *_: object) -> None:
        """Say nothing: the address holds the code."""
