"""Let vLLM servers write the student's rollouts: the candidate's adapter goes there under the name of its digest.

A `Generator` like the one on transformers (models/generation.py). Before every batch the candidate's factors as they
stand, one adapter relative to the base model, are written to a folder the server sees, loaded, asked, unloaded and
removed; so a server never answers with weights of another step. Prompts and completions travel as token ids: no text
is tokenized twice. The server must be started with the workspace's base model, `--enable-lora`,
VLLM_ALLOW_RUNTIME_LORA_UPDATING=True, and a version that knows `return_token_ids` (0.10.2 or newer).

Server and trainer compute in different ways, so a run with a server is not reproducible to the bit.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import torch

from clinical_sdft.errors import ServingError
from clinical_sdft.models.adapters import Adapter, save_adapter
from clinical_sdft.models.generation import Sampling, TokenIds
from clinical_sdft.ops.serving.vllm import VllmServer

NO_TOKEN_IDS = "gives no token ids; rollouts need vLLM 0.10.2 or newer (`return_token_ids`)"


@dataclass(frozen=True)
class ServerGenerator:
    """Writes completions on a vLLM server with the adapter that `current` returns at that moment."""

    server: VllmServer
    current: Callable[[], Adapter]
    folder: Path
    """Where adapters are written for the server."""
    seen_as: str
    """The same folder as the server sees it; empty: the same path."""
    end_token: int

    def generate(
        self, prompts: Sequence[TokenIds], sampling: Sampling, rng: torch.Generator | None = None
    ) -> list[list[int]]:
        """Return the completion of each prompt, the end token included when it was reached.

        Raises:
            ServingError: the server does not load the adapter, does not answer, or answers something else.
        """
        adapter = self.current()
        scratch = self.folder / "being-written"
        digest = save_adapter(adapter, scratch)
        name = digest.replace(":", "-")
        placed = self.folder / name
        shutil.rmtree(placed, ignore_errors=True)
        scratch.rename(placed)
        seen = str(PurePosixPath(self.seen_as) / name) if self.seen_as else str(placed.resolve())
        try:
            self.server.load(name, seen, adapter.rank)
            try:
                return self._ask(name, prompts, sampling, rng)
            finally:
                self.server.unload(name)
        finally:
            shutil.rmtree(placed, ignore_errors=True)

    def _ask(
        self, name: str, prompts: Sequence[TokenIds], sampling: Sampling, rng: torch.Generator | None
    ) -> list[list[int]]:
        body: dict[str, Any] = {
            "model": name,
            "prompt": [list(prompt) for prompt in prompts],
            "max_tokens": sampling.max_new_tokens,
            "temperature": sampling.temperature,
            # What the model's generation_config.json says must not bend the student's own distribution.
            "top_p": 1.0,
            "top_k": 0,
            "min_p": 0.0,
            "repetition_penalty": 1.0,
            "stop_token_ids": [self.end_token],
            "return_token_ids": True,
            "stream": False,
        }
        if rng is not None:
            body["seed"] = int(torch.randint(2**31 - 1, (1,), generator=rng))
        answer = self.server.connection.ask("POST", "/v1/completions", body)
        if not answer.ok:
            raise ServingError(
                f"server {self.server.url}: writes no rollouts with {name}: {answer.status}, {answer.message}"
            )
        return self._read(answer.json(), len(prompts), sampling.max_new_tokens)

    def _read(self, said: Any, count: int, longest: int) -> list[list[int]]:
        """Return the completions in the order of the prompts; every one must be there, and none may be too long."""
        try:
            rows = {int(choice["index"]): choice["token_ids"] for choice in said["choices"]}
        except (KeyError, TypeError, ValueError):
            raise ServingError(f"server {self.server.url}: {NO_TOKEN_IDS}") from None
        if any(not isinstance(row, list) for row in rows.values()):
            raise ServingError(f"server {self.server.url}: {NO_TOKEN_IDS}")
        if sorted(rows) != list(range(count)) or not all(0 < len(row) <= longest for row in rows.values()):
            raise ServingError(f"server {self.server.url}: asked for {count} completions, its answer is not those")
        return [[int(token) for token in rows[index]] for index in range(count)]
