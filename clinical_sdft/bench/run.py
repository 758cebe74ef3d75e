"""Run the benchmark: every arm in its own process, arms alternating, as often as asked."""

import importlib.util
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from clinical_sdft.bench.report import BenchReport, figures, paired_ratio
from clinical_sdft.bench.task import ArmName, ArmRun, BenchTask, Mode
from clinical_sdft.errors import ClinicalSdftError, InputError
from clinical_sdft.files import write_bytes
from clinical_sdft.raised import reason

TRL_VERSION = "1.16"


def check_trl() -> None:
    """Check that the TRL this benchmark is written for is here.

    Raises:
        InputError: it is not, or it is another version.
    """
    try:
        found = version("trl") if importlib.util.find_spec("trl") else None
    except PackageNotFoundError:
        found = None
    if found is None or not found.startswith(f"{TRL_VERSION}."):
        have = f"TRL {found} is installed" if found else "TRL is not installed"
        raise InputError(
            f"bench sdft: {have}, {TRL_VERSION} is compared with; run `pip install 'clinical-sdft[bench]'`, "
            "or leave it out with --without-trl"
        )


def run_bench(
    task: BenchTask,
    arms: Sequence[ArmName],
    repetitions: int,
    folder: Path,
    *,
    profile: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> BenchReport:
    """Run all arms and return the report.

    Args:
        task: what every arm trains.
        arms: which arms; in every repetition each runs once, the order turned around every other time.
        repetitions: timed runs of each arm.
        folder: scratch folder for the task and the results.
        profile: look at the operators too, in a further run of each arm.
        say: hears one line a finished run.

    Raises:
        ClinicalSdftError: an arm's process failed.
    """
    write_bytes(folder / "task.json", task.canonical_bytes())
    timed: dict[ArmName, list[ArmRun]] = {arm: [] for arm in arms}
    looked_on: dict[ArmName, list[ArmRun]] = {arm: [] for arm in arms}
    for repetition in range(repetitions):
        for arm in arms if repetition % 2 == 0 else list(reversed(arms)):
            run = _one(folder, arm, "time", task.threads)
            timed[arm].append(run)
            say(f"{repetition + 1} of {repetitions}  {arm:14} {run.rate:.2f} demonstrations/s")
    modes: tuple[Mode, ...] = ("count", "profile") if profile else ("count",)
    for mode in modes:
        for arm in arms:
            looked_on[arm].append(_one(folder, arm, mode, task.threads))
            say(f"{mode:7} {arm:14} done")
    return _report(task, arms, timed, looked_on, repetitions)


def _one(folder: Path, arm: ArmName, mode: Mode, threads: int) -> ArmRun:
    result = folder / f"{arm}-{mode}.json"
    result.unlink(missing_ok=True)
    command = [sys.executable, "-m", "clinical_sdft.bench.arm", str(folder / "task.json"), arm, mode, str(result)]
    quiet = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "TOKENIZERS_PARALLELISM": "false"}
    quiet |= {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "OMP_NUM_THREADS": str(threads), "TRL_EXPERIMENTAL_SILENCE": "1"}
    done = subprocess.run(command, env={**os.environ, **quiet}, capture_output=True, text=True)
    if done.returncode or not result.is_file():
        raise ClinicalSdftError(f"bench sdft: arm {arm} ended with code {done.returncode}: {reason(done.stderr)}")
    return ArmRun.from_bytes(result.read_bytes())


def _report(
    task: BenchTask,
    arms: Sequence[ArmName],
    timed: dict[ArmName, list[ArmRun]],
    looked_on: dict[ArmName, list[ArmRun]],
    repetitions: int,
) -> BenchReport:
    found = {arm: figures(arm, timed[arm], looked_on[arm]) for arm in arms}

    def rate(arm: ArmName) -> list[float]:
        return [run.rate for run in timed.get(arm, [])]

    def memory(arm: ArmName) -> list[float]:
        return [float(run.peak_memory_bytes) for run in timed.get(arm, [])]

    def flops(arm: ArmName) -> list[float]:
        counted = found[arm].flops_per_demonstration if arm in found else None
        return [counted] if counted else []

    return BenchReport(
        task=_described(task, timed),
        machine=_machine(),
        repetitions=repetitions,
        arms=tuple(found[arm] for arm in arms),
        speedup_vs_trl=paired_ratio(rate("sdft"), rate("trl")),
        memory_vs_trl=paired_ratio(memory("sdft"), memory("trl")),
        wall_vs_sft=paired_ratio(rate("sft"), rate("sdft")),
        flops_vs_sft=paired_ratio(flops("sdft"), flops("sft")),
        anchored_wall_vs_sft=paired_ratio(rate("sft"), rate("sdft-anchored")) if "sdft-anchored" in timed else None,
        anchored_flops_vs_sft=paired_ratio(flops("sdft-anchored"), flops("sft")),
    )


def _described(task: BenchTask, timed: dict[ArmName, list[ArmRun]]) -> dict[str, int | float | str | bool]:
    first = next(iter(timed.values()))[0]
    return {
        "demonstrations": first.demonstrations // task.training.passes if first.arm != "trl" else first.demonstrations,
        "batch": task.training.batch_size,
        "passes a rollout": task.training.rollout_reuse,
        "dtype": task.training.dtype,
        "quick": task.training.quick,
        "rollout tokens": task.training.rollout_tokens,
        "rank": task.lora.rank,
        "threads": task.threads,
        "template": task.template,
        "TRL dtype": task.trl_dtype,
        "TRL gradient checkpointing": task.trl_checkpointing,
    }


def _machine() -> dict[str, int | str]:
    packages = {name: version(name) for name in ("torch", "transformers", "peft")}
    if importlib.util.find_spec("trl"):
        packages["trl"] = version("trl")
    return {
        "system": platform.platform(),
        "cores": os.cpu_count() or 1,
        "python": platform.python_version(),
        **packages,
    }
