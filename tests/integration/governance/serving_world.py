"""What the serving tests add to the small hospital: real adapter files, and servers that answer with them."""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from governance_world import World, digest, manifest, suite
from vllm_stand_in import BASE, VllmStandIn

from clinical_sdft.ops.serving.hand_off import HandOff, hand_off
from clinical_sdft.ops.serving.http import Connection
from clinical_sdft.ops.serving.settings import ServingSettings
from clinical_sdft.ops.serving.vllm import VllmServer
from data_contracts import Decoding, UpdateBundle, sha256_digest
from governance.registry.adapters import adapter_name
from governance.services import queries


def lora_file(seed: str, rank: int = 4, scale: float = 2.0) -> bytes:
    """A small safetensors file of LoRA factors in peft's layout, as training writes it."""
    tensors, data = {}, b""
    for module in ("model.layers.0.self_attn.q_proj", "model.layers.0.mlp.up_proj"):
        for factor, shape in (("A", [rank, 8]), ("B", [8, rank])):
            block = (sha256_digest(f"{seed}{module}{factor}".encode()).encode() * 64)[: 4 * shape[0] * shape[1]]
            offsets = [len(data), len(data) + len(block)]
            entry = {"dtype": "F32", "shape": shape, "data_offsets": offsets}
            tensors[f"base_model.model.{module}.lora_{factor}.weight"] = entry
            data += block
    header = json.dumps({"__metadata__": {"scale": repr(scale)}, **tensors}).encode()
    return struct.pack("<Q", len(header)) + header + data


@dataclass
class ServingWorld:
    """The small hospital with adapters that exist, and a clock for waiting."""

    world: World
    brains: dict[str, dict[str, str]] = field(default_factory=dict)
    servers: list[VllmStandIn] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def promoted(self, name: str, rank: int = 4) -> UpdateBundle:
        """Promote an update whose adapter exists, on top of what is in force; servers know what it replies."""
        world, objects = self.world, self.world.gov.objects
        adapter = objects.put(lora_file(name, rank))
        changes = {"adapter": adapter, "manifest": objects.put_contract(manifest(adapter))}
        priors = queries.prior_suites(world.gov)
        bundle = world.promoted(name, priors=priors, **changes)
        self.brains[adapter] = self.replies(bundle)
        world.model = bundle.candidate
        return bundle

    def replies(self, bundle: UpdateBundle) -> dict[str, str]:
        """What the evaluated candidate replied, by question."""
        changes = queries.item_changes(self.world.gov, bundle.update_id)
        return {change.question: change.candidate_reply for change in changes}

    def server(self, **options) -> VllmStandIn:
        server = VllmStandIn(self.brains, **options).start()
        self.servers.append(server)
        return server

    def hand_off(self, *servers: VllmStandIn, key: str | None = None, sleep=None, **settings) -> HandOff:
        """Hand off as the command line does, without really waiting."""
        ends = [VllmServer(Connection(server.url, 5.0, key, lambda seconds: None)) for server in servers]
        return hand_off(
            self.world.gov,
            ServingSettings(**settings),
            ends,
            actor="rita",
            decoding=Decoding(),
            say=self.lines.append,
            sleep=sleep or self.waited.append,
        )

    def route(self) -> dict[str, str]:
        return json.loads((self.world.gov.serving / "route.json").read_bytes())

    def events(self, action: str) -> list[dict]:
        return [event.details for event in reversed(queries.events(self.world.gov, action=action))]

    def close(self) -> None:
        for server in self.servers:
            server.stop()


def ask(server, name, question="What is known 0?"):
    """Ask as a client does; returns the status and the reply."""
    body = {"model": name, "messages": [{"role": "user", "content": question}]}
    request = Request(
        f"{server.url}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urlopen(request) as answer:
            return answer.status, json.load(answer)["choices"][0]["message"]["content"]
    except HTTPError as error:
        return error.code, ""


def serving(world: World) -> Iterator[ServingWorld]:
    made = ServingWorld(world)
    first = suite("known")
    made.brains[BASE] = {item.question: "a cold" for item in first.items}
    yield made
    made.close()


def name_of(bundle: UpdateBundle) -> str:
    return adapter_name(bundle.adapter)


__all__ = ["BASE", "ServingWorld", "ask", "digest", "lora_file", "name_of", "serving"]
