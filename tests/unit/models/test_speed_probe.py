"""The measured type of weights: taken where clearly quicker, measured once, and training works with it."""

import json
import sys
from pathlib import Path

import pytest
import torch

sys.path.append(str(Path(__file__).parents[1] / "sdft"))

from test_training import TRAINING, a_plan

from clinical_sdft.models import probe
from clinical_sdft.models.adapters import FILE_NAME, read_adapter
from clinical_sdft.models.loading import load_base
from clinical_sdft.models.probe import fewest, measured, product_seconds, quicker, threads_seconds
from clinical_sdft.sdft.arms import Incumbent, train_arm
from data_contracts import NO_ADAPTER


def test_bfloat16_is_taken_only_where_it_is_clearly_quicker() -> None:
    assert quicker({"float32": 1.0, "bfloat16": 0.5}) == "bfloat16"
    assert quicker({"float32": 1.0, "bfloat16": 0.8}) == "float32"
    assert quicker({"float32": 1.0, "bfloat16": 8.0}) == "float32"


def test_auto_is_measured_once_and_kept(tmp_path, monkeypatch) -> None:
    cache = tmp_path / "measured.json"
    auto = TRAINING.model_copy(update={"dtype": "auto"})
    first = measured(auto, cache)
    assert first.dtype in ("float32", "bfloat16")
    assert json.loads(cache.read_text())["seconds_per_product"]["float32"] > 0
    monkeypatch.setattr(probe, "product_seconds", lambda dtype: pytest.fail("measured twice"))
    assert measured(auto, cache) == first
    assert measured(TRAINING, cache) is TRAINING


def test_the_fewest_threads_that_are_nearly_the_quickest_are_taken() -> None:
    assert fewest({4: 1.0, 2: 1.04, 1: 1.9}) == 2
    assert fewest({8: 1.3, 4: 1.0, 2: 1.2, 1: 2.0}) == 4


def test_threads_are_measured_once_for_each_type_and_kept_beside_it(tmp_path, monkeypatch) -> None:
    cache = tmp_path / "measured.json"
    auto = TRAINING.model_copy(update={"threads": "auto"})
    before = torch.get_num_threads()
    first = measured(auto, cache)
    assert first.threads in threads_seconds(torch.float32)
    assert torch.get_num_threads() == before
    monkeypatch.setattr(probe, "product_seconds", lambda dtype: pytest.fail("measured twice"))
    assert measured(auto, cache) == first


def test_training_computes_with_the_threads_that_are_set(tiny_model_folder, tmp_path, monkeypatch) -> None:
    seen = []
    monkeypatch.setattr("clinical_sdft.sdft.arms.train", lambda *_: seen.append(torch.get_num_threads()) or (0.5,))
    before = torch.get_num_threads()
    settings = TRAINING.model_copy(update={"threads": before + 1})
    train_arm("sft", Incumbent(load_base(tiny_model_folder), None, NO_ADAPTER), a_plan(settings), tmp_path)
    assert seen == [before + 1]
    assert torch.get_num_threads() == before


def test_a_product_is_timed() -> None:
    assert product_seconds(torch.float32, tokens=4, repetitions=2) > 0


def test_coarse_weights_train_nearly_what_fine_ones_train(tiny_model_folder, tmp_path) -> None:
    found = {}
    for dtype in ("float32", "bfloat16"):
        settings = TRAINING.model_copy(update={"dtype": dtype})
        incumbent = Incumbent(load_base(tiny_model_folder), None, NO_ADAPTER)
        manifest = train_arm("sft", incumbent, a_plan(settings), tmp_path / dtype)
        assert manifest.training.dtype == dtype
        factors = read_adapter(tmp_path / dtype / FILE_NAME).factors
        assert all(value.dtype is torch.float32 for value in factors.values())
        found[dtype] = manifest.losses
    assert found["bfloat16"] == pytest.approx(found["float32"], rel=0.02)
    assert found["bfloat16"] != found["float32"]


def test_sdft_runs_with_coarse_weights(tiny_model_folder, tmp_path) -> None:
    settings = TRAINING.model_copy(update={"dtype": "bfloat16"})
    incumbent = Incumbent(load_base(tiny_model_folder), None, NO_ADAPTER)
    manifest = train_arm("sdft", incumbent, a_plan(settings, beta=1.0), tmp_path)
    assert len(manifest.losses) == 6 and all(loss >= 0 for loss in manifest.losses)
