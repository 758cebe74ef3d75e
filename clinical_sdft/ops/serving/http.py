"""Ask a server over HTTP: a bounded number of times, never by way of a proxy, never following a redirect."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from clinical_sdft.errors import ServingError

ATTEMPTS = 3
_PAUSE_SECONDS = 0.5
_LONGEST_BODY = 16 << 20
_LONGEST_MESSAGE = 200
_COME_BACK = frozenset({429, 502, 503, 504})


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    text: str

    @property
    def ok(self) -> bool:
        """Whether it did what was asked."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Return the body as JSON; None when it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    @property
    def message(self) -> str:
        """The server's reason in one line, in any of the forms that vLLM's versions give it."""
        body = self.json()
        reason = body
        if isinstance(body, dict):
            reason = next((body[key] for key in ("error", "message", "detail") if body.get(key)), body)
        if isinstance(reason, dict):
            reason = reason.get("message", reason)
        line = " ".join(str(self.text if reason is None else reason).split())
        return line[:_LONGEST_MESSAGE] or "no reason given"


@dataclass(frozen=True)
class Connection:
    """One server, and how it is asked."""

    url: str
    timeout: float
    """Seconds until a silent server counts as gone."""
    key: str | None = field(default=None, repr=False)
    """Sent as a bearer token."""
    sleep: Callable[[float], None] = time.sleep

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        """Send a request; when nobody answers, or the server says that it is busy, try again a bounded number of times.

        Raises:
            ServingError: no attempt brought an answer.
        """
        for attempt in range(ATTEMPTS):
            if attempt:
                self.sleep(_PAUSE_SECONDS * 2**attempt)
            try:
                answer = self._once(method, path, body)
            except (OSError, HTTPException) as error:
                reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
                continue
            if answer.status not in _COME_BACK:
                return answer
            reason = f"{answer.status}, {answer.message}"
        raise ServingError(f"server {self.url}: no answer to {path} ({reason}); start it, or look at its log")

    def _once(self, method: str, path: str, body: dict[str, Any] | None) -> Answer:
        parts = urlsplit(self.url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self.timeout)
        headers = {"Accept": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            data = None if body is None else json.dumps(body).encode()
            connection.request(method, parts.path.rstrip("/") + path, data, headers)
            response = connection.getresponse()
            return Answer(response.status, response.read(_LONGEST_BODY).decode("utf-8", "replace"))
        finally:
            connection.close()
