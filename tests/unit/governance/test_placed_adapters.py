"""Adapter folders for servers: hashed, whole, and with the configuration that follows from their weights."""

import json
import os
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest

from data_contracts import NO_ADAPTER, sha256_digest
from governance.registry.adapters import CONFIG, WEIGHTS, adapter_name, peft_config, place_adapter
from governance.registry.errors import AdapterError
from governance.store.errors import IntegrityError, MissingObjectError
from governance.store.objects import ObjectStore

Q = "base_model.model.model.layers.0.self_attn.q_proj"


def weights(shapes=None, metadata=None) -> bytes:
    shapes = shapes or {f"{Q}.lora_A.weight": [4, 8], f"{Q}.lora_B.weight": [8, 4]}
    tensors, end = {}, 0
    for name, shape in shapes.items():
        size = 4 * shape[0] * shape[1]
        tensors[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    header = json.dumps({"__metadata__": {"scale": "2.0"} if metadata is None else metadata, **tensors}).encode()
    return struct.pack("<Q", len(header)) + header + b"\1" * end


@pytest.fixture
def store(tmp_path):
    return ObjectStore(tmp_path / "objects")


def place(store, tmp_path, data=None):
    return place_adapter(store, tmp_path / "serving", store.put(weights() if data is None else data))


def test_the_folder_is_named_by_digest_and_has_pefts_layout(store, tmp_path):
    placed = place(store, tmp_path)
    assert placed.name == placed.folder.name == adapter_name(sha256_digest(weights()))
    assert (placed.folder / WEIGHTS).read_bytes() == weights()
    config = json.loads((placed.folder / CONFIG).read_bytes())
    found = {name: config[name] for name in ("peft_type", "task_type", "r", "lora_alpha", "target_modules", "bias")}
    assert found == {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": 4,
        "lora_alpha": 8,
        "target_modules": ["q_proj"],
        "bias": "none",
    }
    assert sorted(path.name for path in (tmp_path / "serving" / "adapters").iterdir()) == [placed.name]
    assert placed.folder.stat().st_mode & 0o777 == 0o755  # a server runs as somebody else


def test_placing_again_verifies_and_changes_nothing(store, tmp_path):
    placed = place(store, tmp_path)
    before = os.stat(placed.folder / WEIGHTS).st_mtime_ns
    assert place(store, tmp_path) == placed
    assert os.stat(placed.folder / WEIGHTS).st_mtime_ns == before


def test_placing_at_the_same_time_gives_one_folder(store, tmp_path):
    store.put(weights())
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: place(store, tmp_path), range(16)))
    assert len(found) == 1 and len(list((tmp_path / "serving" / "adapters").iterdir())) == 1


def test_the_base_alone_has_no_folder(store, tmp_path):
    assert place_adapter(store, tmp_path, NO_ADAPTER) is None


@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        (WEIGHTS, lambda data: data[:-1] + b"\2", f"{WEIGHTS} was altered"),
        (WEIGHTS, lambda data: data[:-1], f"{WEIGHTS} was altered"),
        (CONFIG, lambda data: data.replace(b'"lora_alpha":8', b'"lora_alpha":9'), f"{CONFIG} was altered"),
        (CONFIG, lambda data: b"", f"{CONFIG} was altered"),
        ("adapter_model.bin", lambda data: b"pickle", "other files"),
        ("chat_template.jinja", lambda data: b"{{ evil }}", "other files"),
    ],
)
def test_an_altered_folder_is_refused(store, tmp_path, file, change, words):
    folder = place(store, tmp_path).folder
    path = folder / file
    path.write_bytes(change(path.read_bytes() if path.exists() else b""))
    with pytest.raises(IntegrityError, match=words):
        place(store, tmp_path)


def test_a_missing_file_is_refused(store, tmp_path):
    (place(store, tmp_path).folder / CONFIG).unlink()
    with pytest.raises(IntegrityError, match="other files"):
        place(store, tmp_path)


def test_an_object_that_is_gone_or_altered_leaves_no_folder(store, tmp_path):
    digest = store.put(weights())
    store.path(digest).write_bytes(weights()[:-1] + b"\2")
    with pytest.raises(IntegrityError, match="restore"):
        place_adapter(store, tmp_path / "serving", digest)
    with pytest.raises(MissingObjectError):
        place_adapter(store, tmp_path / "serving", sha256_digest(b"never stored"))
    assert list((tmp_path / "serving" / "adapters").iterdir()) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff" * 64, "not a safetensors file"),
        (struct.pack("<Q", 4) + b"[[]]", "not a safetensors file"),
        (struct.pack("<Q", 2) + b"{}", "pairs of LoRA factors"),
        (struct.pack("<Q", 1 << 62) + b"{}", "not a safetensors file"),
        (weights()[:40], "not a safetensors file"),
        (weights({f"{Q}.lora_A.weight": [4, 8]}), "pairs of LoRA factors"),
        (weights({f"{Q}.lora_A.weight": [4, 8], f"{Q}.lora_B.weight": [8, 5]}), "pairs of LoRA factors"),
        (weights({"lm_head.weight": [4, 8]}), "pairs of LoRA factors"),
        (weights({"q.lora_A.weight": [4, 8], "q.lora_B.weight": [8, 4]}), "pairs of LoRA factors"),
        (weights(metadata={}), "names no scale"),
        (weights(metadata={"scale": "two"}), "names no scale"),
    ],
)
def test_what_is_no_adapter_is_refused(store, tmp_path, data, words):
    with pytest.raises(AdapterError, match=words):
        place(store, tmp_path, data)
    assert list((tmp_path / "serving" / "adapters").iterdir()) == []


def test_a_scale_that_is_no_whole_alpha_is_kept_exactly(tmp_path):
    file = tmp_path / WEIGHTS
    file.write_bytes(weights(metadata={"scale": "0.3"}))
    config = peft_config(file)
    assert config["lora_alpha"] / config["r"] == 0.3
