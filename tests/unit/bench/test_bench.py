"""The benchmark's arms train the same task, and its ratios are those of what was measured."""

import importlib.util
import subprocess

import pytest

from clinical_sdft.bench import run as bench_run
from clinical_sdft.bench.arm import run_arm
from clinical_sdft.bench.report import figures, lines, paired_ratio
from clinical_sdft.bench.run import check_trl, run_bench
from clinical_sdft.bench.task import BenchTask, Size, spread, training_of
from clinical_sdft.bench.trl_arm import trl_template
from clinical_sdft.errors import ClinicalSdftError, InputError
from clinical_sdft.files import write_contracts
from clinical_sdft.models.prompts import chat_prompt
from clinical_sdft.sdft.templates import TEMPLATES, teacher_prompts
from data_contracts import NO_ADAPTER, Demonstration, LoraSettings

DIGEST = "sha256:" + "0" * 64


def cases(count: int) -> tuple[Demonstration, ...]:
    return tuple(
        Demonstration(
            id=f"D{i}",
            question=f"Which diagnosis is most likely? Toe {i} is hot.",
            answer="Most likely: gout.",
            label="gout",
            quote="gout when a toe is hot",
            guideline=DIGEST,
            recommendation="R1",
        )
        for i in range(count)
    )


@pytest.fixture
def task(tiny_model_folder, tmp_path) -> BenchTask:
    write_contracts(tmp_path / "demonstrations.jsonl", cases(4))
    return BenchTask(
        model=str(tiny_model_folder),
        adapter=None,
        adapter_digest=NO_ADAPTER,
        demonstrations=str(tmp_path / "demonstrations.jsonl"),
        prior_prompts=("Why?", "Which knee is it?"),
        template="answer-after",
        system_prompt="",
        training=training_of(Size(4, 2, 4, 2)),
        lora=LoraSettings(rank=2, alpha=4),
        threads=1,
    )


def test_every_arm_of_ours_trains_all_passes_and_tells_its_phases(task) -> None:
    sdft, sft = run_arm(task, "sdft", "time"), run_arm(task, "sft", "time")
    assert sdft.demonstrations == sft.demonstrations == 8
    assert sdft.steps == sft.steps == 4
    assert {phase.phase for phase in sdft.phases} == {"rollout", "teacher", "student"}
    assert [phase.phase for phase in sft.phases] == ["student"]
    assert sdft.peak_memory_bytes >= sdft.loaded_memory_bytes > 0


def test_counted_operations_are_dearer_for_sdft_and_dearest_with_the_anchor(task) -> None:
    counted = [run_arm(task, arm, "count").counted_flops for arm in ("sft", "sdft", "sdft-anchored")]
    assert counted == sorted(counted) and counted[0] > 0


def test_the_profile_names_operators(task) -> None:
    operators = run_arm(task, "sft", "profile").operators
    assert any("mm" in operator.name for operator in operators)
    assert 0 < sum(operator.share for operator in operators) <= 1.0001


@pytest.mark.skipif(importlib.util.find_spec("trl") is None, reason="TRL (extra `bench`) is not installed")
def test_trl_trains_the_same_task(task, tiny) -> None:
    run = run_arm(task, "trl", "time")
    assert run.demonstrations == 4 and run.steps == 2
    tokens = {phase.phase: phase.tokens for phase in run.phases}
    asked = [chat_prompt(tiny.tokenizer, item.question, "") for item in cases(4)]
    shown = teacher_prompts(tiny.tokenizer, cases(4), "answer-after", 256, "")
    # The teacher reads every row once, the student too, and nobody reads for old log-probabilities.
    assert tokens["teacher"] - tokens["student"] == sum(map(len, shown)) - sum(map(len, asked))
    assert tokens["rollout"] == tokens["student"]


def test_ratios_pair_runs_of_one_repetition() -> None:
    assert paired_ratio([2.0, 4.0, 9.0], [1.0, 1.0, 3.0]) == 3.0
    assert paired_ratio([2.0], []) is None


def test_a_run_in_its_own_process_is_read_back_and_a_failed_one_is_one_line(task, tmp_path, monkeypatch) -> None:
    alone = run_arm(task, "sft", "count").counted_flops
    report = run_bench(task, ["sft"], 1, tmp_path / "work")
    arm = report.arm("sft")
    assert arm is not None and arm.flops_per_demonstration == alone / 8
    assert report.speedup_vs_trl is None and report.wall_vs_sft is None
    assert any("plain SFT" in line for line in lines(report))
    failed = subprocess.CompletedProcess([], 1, "", "Traceback\nValueError: Zelda Quartermain\n")
    monkeypatch.setattr(bench_run.subprocess, "run", lambda *a, **k: failed)
    with pytest.raises(ClinicalSdftError, match=r"arm sft ended with code 1: ValueError$"):
        run_bench(task, ["sft"], 1, tmp_path / "work")


def test_figures_are_medians(task) -> None:
    run = run_arm(task, "sft", "time")
    runs = [run.model_copy(update={"seconds": seconds, "peak_memory_bytes": int(seconds)}) for seconds in (1, 2, 10)]
    shown = figures("sft", runs, [])
    assert shown.demonstrations_per_second == 4.0
    assert shown.peak_memory_bytes == 2
    assert shown.flops_per_demonstration is None


def test_without_trl_one_line_says_how_to_get_it(monkeypatch) -> None:
    monkeypatch.setattr(bench_run.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"TRL is not installed.*pip install 'clinical-sdft\[bench\]'"):
        check_trl()


def test_templates_read_the_same_in_trls_spelling() -> None:
    question, answer = "Q?", "A."
    ours = TEMPLATES["answer-after"].format(question=question, answer=answer, quote="")
    assert trl_template("answer-after").format(prompt=question, privileged_context=answer) == ours


def test_cases_are_spread_over_the_guideline() -> None:
    assert [item.id for item in spread(cases(8), 4)] == ["D0", "D2", "D4", "D6"]
    with pytest.raises(InputError, match="the demo has 8"):
        spread(cases(8), 9)


def test_the_default_size_fits_the_demo_and_its_command() -> None:
    from inspect import signature

    from clinical_sdft.bench.task import demo_cases
    from clinical_sdft.commands.bench import bench_sdft

    size = Size()
    defaults = {name: parameter.default for name, parameter in signature(bench_sdft).parameters.items()}
    assert (defaults["demonstrations"], defaults["batch"]) == (size.demonstrations, size.batch)
    assert len(spread(demo_cases(), size.demonstrations)) == size.demonstrations
    assert size.demonstrations % size.batch == 0
