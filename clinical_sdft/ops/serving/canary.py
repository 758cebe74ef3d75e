"""A few questions before patients' questions: does this server, asked for this adapter, answer as evaluated?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from clinical_sdft.errors import BlockedError
from governance.services.views import CanaryQuestion


class Answering(Protocol):
    """A server that replies."""

    @property
    def url(self) -> str:
        """Where it is."""
        ...

    def reply(self, name: str, question: CanaryQuestion) -> str:
        """Return the greedy reply of a model to a question."""
        ...


@dataclass(frozen=True)
class CanaryResult:
    """What came of the questions to one server."""

    asked: int
    recorded: int
    """Questions whose reply the evaluation recorded."""
    equal: int
    """How many of those got the same reply."""


def try_out(server: Answering, name: str, questions: Sequence[CanaryQuestion], agreement: float) -> CanaryResult:
    """Ask a server all questions; the message of a failure names items, never their text.

    Args:
        server: the server.
        name: what to ask it for.
        questions: the questions.
        agreement: least share of recorded replies that must come back word for word.

    Raises:
        BlockedError: a reply is empty, or too many are not those of the evaluation.
        ServingError: the server does not reply.
    """
    replies = [server.reply(name, question) for question in questions]
    pairs = list(zip(questions, replies, strict=True))
    where = f"server {server.url}: canary of {name}"
    if silent := [f"{q.suite_id}/{q.item_id}" for q, reply in pairs if not reply and q.reply != ""]:
        raise BlockedError(f"{where}: empty reply to {', '.join(silent)}; check the model and its chat template there")
    known = [(q, reply == q.reply.strip()) for q, reply in pairs if q.reply is not None]
    equal = sum(same for _, same in known)
    if known and equal < agreement * len(known):
        other = ", ".join(f"{q.suite_id}/{q.item_id}" for q, same in known if not same)
        raise BlockedError(
            f"{where}: {equal} of {len(known)} replies are those of the evaluation, {agreement:.0%} must be; other "
            f"replies to {other}; check base model, chat template and dtype there"
        )
    return CanaryResult(len(questions), len(known), equal)
