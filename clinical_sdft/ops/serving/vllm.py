"""A vLLM server, through the API that it shares with OpenAI's and its run-time LoRA endpoints.

Paths, status codes and bodies follow vLLM's source (entrypoints/serve/lora, entrypoints/openai/models): errors come as
`{"error": {"message", "type", "code"}}`, in older versions as `{"message", "type", "code"}`; the endpoints are absent
(404, `{"detail": "Not Found"}`) unless the server was started with VLLM_ALLOW_RUNTIME_LORA_UPDATING=True.
"""

import re
from dataclasses import dataclass

from clinical_sdft.errors import ServingError
from clinical_sdft.ops.serving.http import Answer, Connection
from governance.services.views import CanaryQuestion

RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""What vLLM takes as --max-lora-rank; without the flag it is 16."""

_SAMPLE = re.compile(r"^(?P<name>vllm:\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Card:
    """A model that a server offers."""

    root: str
    parent: str | None
    """None for a base model."""


def needed_rank(rank: int) -> int:
    """Return the smallest --max-lora-rank that takes an adapter of this rank (vLLM's largest where none does)."""
    return next((limit for limit in RANKS if limit >= rank), RANKS[-1])


@dataclass(frozen=True)
class VllmServer:
    """One server process. All its methods ask it anew; nothing is remembered here."""

    connection: Connection

    @property
    def url(self) -> str:
        """Where it is."""
        return self.connection.url

    def models(self) -> dict[str, Card]:
        """Return what the server offers, by the name to ask for.

        Raises:
            ServingError: it gives no answer, or another one than a list of models.
        """
        answer = self.connection.ask("GET", "/v1/models")
        if answer.status == 401:
            raise ServingError(f"server {self.url}: refuses the key; set CLINICAL_SDFT_VLLM_API_KEY to the server's")
        try:
            cards = answer.json()["data"]
            return {card["id"]: Card(str(card.get("root")), card.get("parent")) for card in cards}
        except (KeyError, TypeError, AttributeError):
            what = f"{answer.status}, {answer.message}"
            raise ServingError(f"server {self.url}: does not list its models ({what}); check the URL") from None

    def load(self, name: str, path: str, rank: int) -> bool:
        """Let the server load an adapter; return whether this call did, or it was there already.

        Raises:
            ServingError: it refuses, or has other weights under this name.
        """
        if self._has(name, path):
            return False
        answer = self.connection.ask("POST", "/v1/load_lora_adapter", {"lora_name": name, "lora_path": path})
        # An attempt may have been heard though its answer was lost; the next is then told that the name is taken.
        if answer.ok or self._has(name, path):
            return True
        raise ServingError(f"server {self.url}: does not load {name}: {self._load_problem(answer, path, rank)}")

    def unload(self, name: str) -> bool:
        """Let the server forget an adapter; return False when it had none of this name.

        Raises:
            ServingError: it does not.
        """
        answer = self.connection.ask("POST", "/v1/unload_lora_adapter", {"lora_name": name})
        if answer.status == 404 and name not in self.models():
            return False
        if not answer.ok:
            raise ServingError(f"server {self.url}: does not unload {name}: {answer.status}, {answer.message}")
        return True

    def reply(self, name: str, question: CanaryQuestion) -> str:
        """Return the greedy reply of a model to a question, asked as in the evaluation.

        Raises:
            ServingError: there is no reply, or it is another model's.
        """
        before = [turn.model_dump() for turn in question.turns]
        if question.system_prompt and not (before and before[0]["role"] == "system"):
            before.insert(0, {"role": "system", "content": question.system_prompt})
        body = {
            "model": name,
            "messages": [*before, {"role": "user", "content": question.question}],
            "max_tokens": question.max_new_tokens,
            "temperature": 0,
            # Greedy must not be bent by what the model's generation_config.json says.
            "repetition_penalty": 1.0,
            "stream": False,
        }
        answer = self.connection.ask("POST", "/v1/chat/completions", body)
        if not answer.ok:
            raise ServingError(f"server {self.url}: {name} does not reply: {answer.status}, {answer.message}")
        said = answer.json()
        try:
            text, model = said["choices"][0]["message"]["content"], said["model"]
        except (KeyError, IndexError, TypeError):
            raise ServingError(f"server {self.url}: its reply is not vLLM's; check the URL") from None
        if model != name:
            raise ServingError(f"server {self.url}: asked for {name}, answered as {model}; check what stands before it")
        return str(text or "").strip()

    def in_flight(self, names: frozenset[str]) -> bool | None:
        """Say whether requests to these adapters run or wait; None when the server's metrics do not tell.

        Every combination of adapters has its own sample of `vllm:lora_requests_info`, whose value is the moment at
        which it was true; the newest counts. A server on which nothing runs or waits is idle whatever that says.

        Raises:
            ServingError: it gives no answer.
        """
        answer = self.connection.ask("GET", "/metrics")
        samples = [
            (match["name"], dict(_LABEL.findall(match["labels"] or "")), float(match["value"]))
            for match in _SAMPLE.finditer(answer.text if answer.ok else "")
        ]
        loads = [value for name, _, value in samples if name in _LOADS]
        if loads and sum(loads) == 0:
            return False
        seen = [(value, labels) for name, labels, value in samples if name == "vllm:lora_requests_info"]
        if not seen:
            return None
        newest = max(seen, key=lambda sample: sample[0])[1]
        busy = f"{newest.get('running_lora_adapters', '')},{newest.get('waiting_lora_adapters', '')}"
        return not names.isdisjoint(busy.split(","))

    def _has(self, name: str, path: str) -> bool:
        card = self.models().get(name)
        if card is not None and card.root.rstrip("/") != path.rstrip("/"):
            raise ServingError(
                f"server {self.url}: has {name} from {card.root}, not from {path}; unload it there or set adapters_path"
            )
        return card is not None

    def _load_problem(self, answer: Answer, path: str, rank: int) -> str:
        reason = f"{answer.status}, {answer.message}"
        if answer.status == 404 and answer.message == "Not Found":
            return f"{reason}; start it with VLLM_ALLOW_RUNTIME_LORA_UPDATING=True and --enable-lora"
        if answer.status == 404:
            return f"{reason}; let it see serving/adapters, or set adapters_path (it looked for {path})"
        if "max_lora_rank" in answer.message:
            return f"{reason}; start it with --max-lora-rank {needed_rank(rank)}, or set max_rank of [lora]"
        return f"{reason}; its log says more"


_LOADS = frozenset({"vllm:num_requests_running", "vllm:num_requests_waiting"})
