"""A stand-in for vLLM's server: real HTTP on loopback, with the API, status codes and bodies of vLLM's source.

After entrypoints/serve/lora/api_router.py, entrypoints/openai/models/serving.py and v1/metrics/loggers.py of vLLM.
It "loads" an adapter by hashing the weights in the folder it is given, and replies as that hash is known to reply: what
it says depends on what it really read.
"""

import hashlib
import io
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BASE = "hospital-base"


@dataclass
class Lora:
    path: str
    weights: str


@dataclass
class VllmStandIn:
    brains: dict[str, dict[str, str]]
    """Replies to questions, by the digest of the weights that reply; under BASE those of the base model."""
    write: Callable[[Path, list[list[int]], dict], list[list[int]]] | None = None
    """Completes token prompts with the adapter in a folder, for /v1/completions."""
    token_ids: bool = True
    """Whether it knows `return_token_ids`, as from 0.10.2 on."""
    runtime_updating: bool = True
    max_lora_rank: int = 16
    api_key: str | None = None
    flat_errors: bool = False
    """Error bodies as in older versions: not wrapped in `error`."""
    metrics: bool = True
    port: int = 0
    loras: dict[str, Lora] = field(default_factory=dict)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    held: dict[str, threading.Event] = field(default_factory=dict)
    """Requests to these models wait for the event."""
    busy: Counter = field(default_factory=Counter)
    samples: dict[tuple[str, str], float] = field(default_factory=dict)
    faults: list[tuple[str, int]] = field(default_factory=list)
    """(path, status) to answer with, once each; status 0 closes the connection without an answer, -1 after the work."""

    def start(self) -> "VllmStandIn":
        """Listen; after a restart nothing is loaded, as in vLLM."""
        self.loras.clear()
        self.http = ThreadingHTTPServer(("127.0.0.1", self.port), type("Bound", (_Handler,), {"vllm": self}))
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asked(self, path: str) -> list[str]:
        """Return the models or adapters that were named in calls of a path."""
        return [name for _, called, name in self.calls if called == path]

    def note_load(self) -> None:
        running = ",".join(sorted(name for name, count in self.busy.items() if count > 0 and name != BASE))
        self.samples[running, ""] = time.time()


class _Handler(BaseHTTPRequestHandler):
    vllm: VllmStandIn

    def log_message(self, *_args):
        pass

    def do_GET(self):
        self._serve({"/v1/models": self._models, "/metrics": self._metrics}, {})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        routes = {"/v1/chat/completions": self._chat, "/v1/completions": self._complete}
        if self.vllm.runtime_updating:
            routes |= {"/v1/load_lora_adapter": self._load, "/v1/unload_lora_adapter": self._unload}
        self._serve(routes, body)

    def _serve(self, routes, body):
        vllm = self.vllm
        vllm.calls.append((self.command, self.path, body.get("lora_name") or body.get("model") or ""))
        fault = next((fault for fault in vllm.faults if fault[0] == self.path), None)
        if fault:
            vllm.faults.remove(fault)
            if fault[1] > 0:
                return self._error(fault[1], "the engine is overloaded", "ServiceUnavailable")
            if fault[1] == 0:
                return self.connection.close()
        if vllm.api_key and self.path.startswith("/v1") and self.headers["Authorization"] != f"Bearer {vllm.api_key}":
            return self._json(401, {"error": "Unauthorized"})
        if self.path not in routes:
            return self._json(404, {"detail": "Not Found"})
        if fault:
            self.wfile = io.BytesIO()  # does the work, and the answer is lost
        routes[self.path](body)
        if fault:
            self.connection.close()

    def _models(self, _body):
        base = {"id": BASE, "object": "model", "owned_by": "vllm", "root": "/models/base", "parent": None}
        cards = [
            {"id": name, "object": "model", "owned_by": "vllm", "root": lora.path, "parent": BASE}
            for name, lora in self.vllm.loras.items()
        ]
        self._json(200, {"object": "list", "data": [base, *cards]})

    def _load(self, body):
        name, folder = body["lora_name"], Path(body["lora_path"])
        if name in self.vllm.loras:
            what = f"The lora adapter '{name}' has already been loaded. If you want to load the adapter in place, set "
            return self._error(400, f"{what}'load_inplace' to True.", "InvalidUserInput")
        weights = folder / "adapter_model.safetensors"
        if not weights.is_file():
            return self._error(404, f"Loading lora {name} failed: No adapter found for {folder}", "NotFoundError")
        rank = json.loads((folder / "adapter_config.json").read_text())["r"]
        if rank > self.vllm.max_lora_rank:
            what = f"LoRA rank {rank} is greater than max_lora_rank {self.vllm.max_lora_rank}."
            return self._error(500, what, "InternalServerError")
        digest = "sha256:" + hashlib.sha256(weights.read_bytes()).hexdigest()
        self.vllm.loras[name] = Lora(str(folder), digest)
        self._text(f"Success: LoRA adapter '{name}' added successfully.")

    def _unload(self, body):
        name = body["lora_name"]
        if name not in self.vllm.loras:
            return self._error(404, f"The lora adapter '{name}' cannot be found.", "NotFoundError")
        del self.vllm.loras[name]
        self._text(f"Success: LoRA adapter '{name}' removed successfully.")

    def _chat(self, body):
        vllm, name = self.vllm, body["model"]
        if name != BASE and name not in vllm.loras:
            return self._error(404, f"The model `{name}` does not exist.", "NotFoundError")
        brain = vllm.brains[BASE if name == BASE else vllm.loras[name].weights]
        vllm.busy[name] += 1
        vllm.note_load()
        if name in vllm.held:
            vllm.held[name].wait(20)
        vllm.busy[name] -= 1
        vllm.note_load()
        text = brain.get(body["messages"][-1]["content"], "")
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        self._json(200, {"id": "chatcmpl-1", "object": "chat.completion", "model": name, "choices": [choice]})

    def _complete(self, body):
        vllm, name = self.vllm, body["model"]
        if name not in vllm.loras:
            return self._error(404, f"The model `{name}` does not exist.", "NotFoundError")
        rows = vllm.write(Path(vllm.loras[name].path), body["prompt"], body)
        end = body["stop_token_ids"]
        choices = [
            {"index": i, "text": "", "finish_reason": "stop" if row[-1] in end else "length", "token_ids": row}
            for i, row in enumerate(rows)
        ]
        if not (self.vllm.token_ids and body.get("return_token_ids")):
            choices = [{**choice, "token_ids": None} for choice in choices]
        # Requests of a batch end in any order; the index says which prompt a choice belongs to.
        self._json(200, {"id": "cmpl-1", "object": "text_completion", "model": name, "choices": choices[::-1]})

    def _metrics(self, _body):
        if not self.vllm.metrics:
            return self._json(404, {"detail": "Not Found"})
        running = sum(self.vllm.busy.values())
        lines = [
            "# HELP vllm:num_requests_running Number of requests in model execution batches.",
            "# TYPE vllm:num_requests_running gauge",
            f'vllm:num_requests_running{{engine="0",model_name="{BASE}"}} {float(running)}',
            f'vllm:num_requests_waiting{{engine="0",model_name="{BASE}"}} 0.0',
        ]
        lines += [
            f'vllm:lora_requests_info{{max_lora="2",running_lora_adapters="{on}",waiting_lora_adapters="{off}"}} {at}'
            for (on, off), at in self.vllm.samples.items()
        ]
        self._text("\n".join(lines) + "\n")

    def _error(self, status, message, kind):
        error = {"message": message, "type": kind, "param": None, "code": status}
        self._json(status, {"object": "error", **error} if self.vllm.flat_errors else {"error": error})

    def _json(self, status, value):
        self._send(status, "application/json", json.dumps(value))

    def _text(self, text):
        self._send(200, "text/plain", text)

    def _send(self, status, kind, text):
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
