"""One arm of the benchmark in a process of its own: `python -m clinical_sdft.bench.arm TASK ARM MODE RESULT`.

A process each, because peak memory is a property of a process. MODE is `time` (nothing looks on), `count` (torch's
counter adds up the floating-point operations) or `profile` (torch's profiler looks on); only `time` is reported as
speed.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from torch.utils.flop_counter import FlopCounterMode

from clinical_sdft.bench.task import ArmName, ArmRun, BenchTask, Mode, OperatorShare, no_adapter
from clinical_sdft.files import read_contracts, write_bytes
from clinical_sdft.models.generation import BatchGenerator, Sampling
from clinical_sdft.models.prompts import chat_prompt
from clinical_sdft.sdft.arms import Incumbent, Plan, train_arm
from clinical_sdft.sdft.cost import peak_memory_bytes
from clinical_sdft.sdft.trainer import StepReport
from clinical_sdft.versions import load_version
from data_contracts import Demonstration, PhaseCost, PreflightReport, TemplateTrial

TOP_OPERATORS = 12


@dataclass
class Watched:
    """What an arm reports of its training: steps, their seconds, demonstrations, and the phases."""

    demonstrations: int = 0
    seconds: list[float] = field(default_factory=list)
    phases: tuple[PhaseCost, ...] = ()


def run_arm(task: BenchTask, arm: ArmName, mode: Mode) -> ArmRun:
    """Train one arm once and return what it cost."""
    torch.set_num_threads(task.threads)
    incumbent = _load(task)
    demonstrations = read_contracts(Path(task.demonstrations), Demonstration)
    _warm_up(incumbent, task, demonstrations)
    before = peak_memory_bytes()
    train: Callable[[BenchTask, ArmName, Incumbent, tuple[Demonstration, ...]], Watched] = _train_ours
    if arm == "trl":
        from clinical_sdft.bench.trl_arm import train_with_trl

        train = train_with_trl
    with _looking_on(mode) as seen:
        watched = train(task, arm, incumbent, demonstrations)
    return ArmRun(
        arm=arm,
        demonstrations=watched.demonstrations,
        steps=len(watched.seconds),
        seconds=sum(watched.seconds),
        phases=watched.phases,
        peak_memory_bytes=peak_memory_bytes(),
        loaded_memory_bytes=before,
        counted_flops=seen.flops,
        operators=seen.operators,
    )


def _load(task: BenchTask) -> Incumbent:
    adapter = None if no_adapter(task) or task.adapter is None else Path(task.adapter)
    return load_version(Path(task.model), adapter, task.adapter_digest, None)


def _warm_up(incumbent: Incumbent, task: BenchTask, demonstrations: tuple[Demonstration, ...]) -> None:
    """Start the thread pool and let the libraries pick their kernels, for every arm alike."""
    loaded = incumbent.loaded
    prompts = [chat_prompt(loaded.tokenizer, item.question, task.system_prompt) for item in demonstrations[:2]]
    BatchGenerator(loaded.model, loaded.tokenizer.eos_token_id).generate(prompts, Sampling(2))


def _train_ours(
    task: BenchTask, arm: ArmName, incumbent: Incumbent, demonstrations: tuple[Demonstration, ...]
) -> Watched:
    """Train by this project's own door: SDFT (with or without the anchor), or plain SFT."""
    training = task.training
    if arm == "sdft-anchored":
        training = training.model_copy(update={"anchor_share": 1.0})
    seconds: list[float] = []

    def on_step(report: StepReport) -> None:
        seconds.append(report.seconds)

    plan = Plan(
        demonstrations=demonstrations,
        demonstrations_digest=task.adapter_digest,
        prior_prompts=task.prior_prompts,
        preflight=_passed(task),
        system_prompt=task.system_prompt,
        training=training,
        lora=task.lora,
    )
    with tempfile.TemporaryDirectory(prefix="clinical-sdft-bench-") as scratch:
        manifest = train_arm("sft" if arm == "sft" else "sdft", incumbent, plan, Path(scratch), on_step)
    return Watched(len(demonstrations) * training.passes, seconds, manifest.cost.phases)


def _passed(task: BenchTask) -> PreflightReport:
    """Return the pre-flight report that names the task's template; whether it helps is not what is measured here."""
    trial = TemplateTrial(template=task.template, beta=0, n=1, correct=1, accuracy=1, lower=0, upper=1)
    return PreflightReport(
        model=task.adapter_digest,
        demonstrations=task.adapter_digest,
        n=1,
        student_correct=0,
        student_accuracy=0,
        trials=(trial,),
        template=task.template,
        verdict="go",
        reason="fixed by the benchmark",
    )


@dataclass
class Seen:
    """What an onlooker saw."""

    flops: float | None = None
    operators: tuple[OperatorShare, ...] = ()


@contextmanager
def _looking_on(mode: Mode) -> Iterator[Seen]:
    seen = Seen()
    if mode == "time":
        yield seen
    elif mode == "count":
        with FlopCounterMode(display=False) as counter:
            yield seen
        seen.flops = float(counter.get_total_flops())
    else:
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profiler:
            yield seen
        seen.operators = _operators(profiler.key_averages())


def _operators(events: Any) -> tuple[OperatorShare, ...]:
    total = sum(event.self_cpu_time_total for event in events) or 1
    ranked = sorted(events, key=lambda event: -event.self_cpu_time_total)[:TOP_OPERATORS]
    return tuple(
        OperatorShare(name=event.key, share=event.self_cpu_time_total / total, calls=event.count) for event in ranked
    )


def main(task_file: str, arm: str, mode: str, result: str) -> None:
    """Read the task, run one arm, write what it measured."""
    task = BenchTask.from_bytes(Path(task_file).read_bytes())
    run = run_arm(task, cast(ArmName, arm), cast(Mode, mode))
    write_bytes(Path(result), run.canonical_bytes())


if __name__ == "__main__":
    main(*sys.argv[1:])
