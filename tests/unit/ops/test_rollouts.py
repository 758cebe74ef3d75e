"""Rollouts by a server: what a stand-in with vLLM's API writes with the adapter it read is what is written here."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.append(str(Path(__file__).parents[2] / "integration" / "governance"))
sys.path.append(str(Path(__file__).parents[1] / "sdft"))

from test_training import TRAINING, a_plan
from vllm_stand_in import VllmStandIn

from clinical_sdft.errors import InputError, ServingError
from clinical_sdft.models.adapters import FILE_NAME, Adapter, RoleModel, merge, read_adapter
from clinical_sdft.models.generation import BatchGenerator, Sampling
from clinical_sdft.models.loading import load_base
from clinical_sdft.ops.rollouts import ServerGenerator
from clinical_sdft.ops.serving.http import Connection
from clinical_sdft.ops.serving.vllm import VllmServer
from clinical_sdft.sdft.arms import Incumbent, train_arm
from clinical_sdft.workspace import Workspace
from data_contracts import NO_ADAPTER, LoraSettings

PROMPTS = [[5, 6, 7], [5, 6, 8, 9], [10, 11]]


@pytest.fixture
def server(tiny_model_folder):
    def write(folder: Path, prompts: list[list[int]], body: dict) -> list[list[int]]:
        loaded = load_base(tiny_model_folder)
        merge(loaded, read_adapter(folder / FILE_NAME))
        sampling = Sampling(body["max_tokens"], body["temperature"])
        rng = torch.Generator().manual_seed(body["seed"]) if "seed" in body else None
        return BatchGenerator(loaded.model, body["stop_token_ids"][0]).generate(prompts, sampling, rng)

    stand_in = VllmStandIn(brains={}, write=write, max_lora_rank=64).start()
    yield stand_in
    stand_in.stop()


def writer(server: VllmStandIn, folder: Path):
    client = VllmServer(Connection(server.url, 20.0, sleep=lambda seconds: None))

    def make(current, end_token: int) -> ServerGenerator:
        return ServerGenerator(client, current, folder, "", end_token)

    return make


def trained(tiny) -> tuple[RoleModel, Adapter]:
    roles = RoleModel(tiny, LoraSettings(rank=4, alpha=8))
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in roles.parameters().values():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
    return roles, roles.candidate_adapter()


def test_the_server_writes_the_candidates_own_tokens(tiny, server, tmp_path) -> None:
    plain = BatchGenerator(tiny.model, tiny.tokenizer.eos_token_id).generate(PROMPTS, Sampling(6))
    roles, adapter = trained(tiny)
    here = BatchGenerator(roles.model, tiny.tokenizer.eos_token_id).generate(PROMPTS, Sampling(6))
    there = writer(server, tmp_path)(lambda: adapter, tiny.tokenizer.eos_token_id).generate(PROMPTS, Sampling(6))
    assert there == here != plain
    assert server.loras == {} and list(tmp_path.iterdir()) == []


def test_training_with_a_server_loads_each_steps_weights_under_their_digest(
    tiny_model_folder, server, tmp_path
) -> None:
    from dataclasses import replace

    plan = replace(a_plan(TRAINING), writer=writer(server, tmp_path / "adapters"))
    incumbent = Incumbent(load_base(tiny_model_folder), None, NO_ADAPTER)
    manifest = train_arm("sdft", incumbent, plan, tmp_path / "run")
    loaded = server.asked("/v1/load_lora_adapter")
    # Six demonstrations, two a step, one rollout for two passes: three rollouts, each by other weights.
    assert len(loaded) == len(set(loaded)) == 3
    assert all(name.startswith("sha256-") and len(name) == 71 for name in loaded)
    assert server.asked("/v1/unload_lora_adapter") == loaded and server.loras == {}
    assert len(manifest.losses) == 6


def test_a_server_without_token_ids_or_adapters_is_one_line_and_leaves_nothing(tiny, server, tmp_path) -> None:
    adapter = trained(tiny)[1]
    generator = writer(server, tmp_path)(lambda: adapter, 1)
    server.token_ids = False
    with pytest.raises(ServingError, match="return_token_ids"):
        generator.generate(PROMPTS, Sampling(2))
    assert server.loras == {} and list(tmp_path.iterdir()) == []
    server.runtime_updating = False
    with pytest.raises(ServingError, match="VLLM_ALLOW_RUNTIME_LORA_UPDATING"):
        generator.generate(PROMPTS, Sampling(2))
    assert list(tmp_path.iterdir()) == []


def test_an_answer_of_other_completions_is_refused(tiny, server, tmp_path) -> None:
    adapter = trained(tiny)[1]
    generator = writer(server, tmp_path)(lambda: adapter, 1)
    for wrong in ([[1]], [[1], [2], [1, 2, 3]]):
        server.write = lambda folder, prompts, body, wrong=wrong: wrong
        with pytest.raises(ServingError, match="asked for 3 completions"):
            generator.generate(PROMPTS, Sampling(2))


def test_a_wrong_url_is_refused_when_the_settings_are_read(tmp_path) -> None:
    with pytest.raises(InputError, match=r"rollout_server.*http://host:8000"):
        Workspace.create(tmp_path, {"rollout_server": "gpu1:8000"})
