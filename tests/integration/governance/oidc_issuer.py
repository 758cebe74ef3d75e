"""An identity provider on loopback: real keys, real HTTP, and tokens as a test wants them."""

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey


@dataclass
class Issuer:
    """What it publishes and how it signs."""

    url: str
    keys: dict[str, object] = field(
        default_factory=lambda: {
            "RS256": RSAKey.generate_key(2048, {"kid": "rsa"}),
            "ES256": ECKey.generate_key("P-256", {"kid": "ec"}),
        }
    )
    metadata: dict[str, object] = field(default_factory=dict)

    def token(self, claims, alg="RS256", key=None, **header):
        signer = key or self.keys[alg]
        return jwt.encode({"alg": alg, "kid": signer.kid, **header}, claims, signer, algorithms=[alg])

    def page(self, path):
        if path == "/.well-known/openid-configuration":
            published = {
                name: f"{self.url}/{name}" for name in ("jwks_uri", "token_endpoint", "authorization_endpoint")
            }
            return {"issuer": self.url, **published, **self.metadata}
        if path == "/jwks_uri":
            return KeySet(list(self.keys.values())).as_dict()
        return None


@contextmanager
def issuer():
    """Run an issuer until the context ends."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            found = here.page(self.path)
            self.send_response(404 if found is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    here = Issuer(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def sign_in(url: str, subject: str) -> str:
    """Do in a browser's place what a person does at the provider: sign in, and be sent back. Return that address."""
    from urllib.error import HTTPError

    try:
        build_opener(_Stay).open(Request(url, urlencode({"sub": subject}).encode()), timeout=10)
    except HTTPError as answer:
        return answer.headers["Location"]
    raise AssertionError("not sent back")


def brought_back(address: str) -> dict[str, str]:
    """Return the parameters of the address that the provider sends a browser to."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
