from typing import Any

import pytest

from clinical_sdft.deid.errors import BenchError
from clinical_sdft.deid.quality import bench
from clinical_sdft.deid.quality.bench_worker import peak_bytes, records
from clinical_sdft.deid.quality.choices import Engine


def test_notes_have_the_promised_length_and_a_record() -> None:
    made = records(3)
    assert [len(record.narrative) for record in made] == [bench.CHARACTERS] * 3
    assert all(record.patient["mrn"] for record in made)


def test_peak_memory_is_that_of_this_process() -> None:
    assert 10e6 < peak_bytes() < 20e9


def test_engines_take_turns_and_medians_leave_the_first_round_out(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    seconds = {"own": iter([9.0, 1.0, 4.0, 2.0]), "stock-presidio": iter([9.0, 8.0, 4.0, 5.0])}

    class Runner:
        def __init__(self, engine: Engine, notes: int) -> None:
            self.name = str(engine)

        def round(self) -> dict[str, Any]:
            asked.append(self.name)
            took = next(seconds[self.name])
            return {"seconds": 2 * took, "cpu_seconds": took, "peak_bytes": 3e8}

        def close(self) -> None:
            asked.append("closed")

    monkeypatch.setattr(bench, "_Runner", Runner)
    result = bench.bench(10, 3)
    assert asked == ["own", "stock-presidio"] * 4 + ["closed"] * 2
    assert result["engines"]["own"]["notes_per_cpu_second"] == 5.0
    assert result["engines"]["own"]["notes_per_second"] == 2.5
    assert result["own_to_stock"] == 2.5


def test_a_process_that_ends_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.sys, "executable", "/bin/false")
    with pytest.raises(BenchError, match="ended before its time"):
        bench.bench(1, 3)
