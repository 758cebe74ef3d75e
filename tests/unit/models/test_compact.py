"""Compacting keeps the nearest delta of the rank, and says what was lost."""

import pytest
import torch

from clinical_sdft.models.adapters import Adapter
from clinical_sdft.models.compact import compacted


def adapter(rank: int, true_rank: int, wide: int = 12, tall: int = 20, scale: float = 2.0) -> Adapter:
    draw = torch.Generator().manual_seed(rank)
    a = torch.randn(rank, true_rank, generator=draw) @ torch.randn(true_rank, wide, generator=draw)
    return Adapter({"m.lora_A.weight": a, "m.lora_B.weight": torch.randn(tall, rank, generator=draw)}, scale)


def delta(one: Adapter) -> torch.Tensor:
    a, b = one.pair("m")
    return one.scale * (b.double() @ a.double())


def test_nothing_is_lost_where_the_delta_has_no_higher_rank():
    grown = adapter(rank=8, true_rank=3)
    small, lost = compacted(grown, 3)
    assert small.rank == 3
    assert lost == pytest.approx(0.0, abs=1e-10)
    assert torch.allclose(delta(small), delta(grown), atol=1e-4)


def test_what_is_kept_is_the_nearest_of_its_rank_and_the_loss_is_told():
    grown = adapter(rank=8, true_rank=8)
    small, lost = compacted(grown, 4)
    u, values, v = torch.linalg.svd(delta(grown), full_matrices=False)
    assert torch.allclose(delta(small), u[:, :4] * values[:4] @ v[:4], atol=1e-4)
    assert lost == pytest.approx(float(values[4:].square().sum() / values.square().sum()))


def test_a_module_narrower_than_the_rank_keeps_all():
    grown = adapter(rank=16, true_rank=4, wide=6)
    small, lost = compacted(grown, 8)
    assert small.rank == 8
    assert lost == pytest.approx(0.0, abs=1e-10)
    assert torch.allclose(delta(small), delta(grown), atol=1e-4)


@pytest.mark.parametrize("most", [None, 8, 9])
def test_a_small_adapter_is_left_as_it_is(most):
    grown = adapter(rank=8, true_rank=8)
    assert compacted(grown, most) == (grown, 0.0)


def test_an_adapter_of_nothing_loses_nothing():
    empty = Adapter({"m.lora_A.weight": torch.zeros(4, 6), "m.lora_B.weight": torch.zeros(5, 4)}, 2.0)
    assert compacted(empty, 2)[1] == 0.0
