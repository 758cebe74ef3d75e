"""Measure on this machine: `bench sdft`."""

from enum import StrEnum
from typing import Annotated, Literal

import typer

from clinical_sdft.commands.common import JsonOption, err, show


class Dtype(StrEnum):
    """What the weights are kept as."""

    auto = "auto"
    float32 = "float32"
    bfloat16 = "bfloat16"


bench = typer.Typer(help="Measure speed, memory and operations on this machine.", no_args_is_help=True)


def _given(dtype: Dtype) -> Literal["float32", "bfloat16"]:
    return "bfloat16" if dtype is Dtype.bfloat16 else "float32"


@bench.command("sdft")
def bench_sdft(
    demonstrations: Annotated[int, typer.Option(min=1, help="Written cases trained on; the demo has 24.")] = 16,
    batch: Annotated[int, typer.Option(min=1, help="Demonstrations per optimizer step.")] = 16,
    rollout_tokens: Annotated[int, typer.Option(min=4, help="Longest rollout, tokens.")] = 10,
    reuse: Annotated[int, typer.Option(min=1, help="Passes this engine trains on one rollout; TRL takes one.")] = 2,
    repetitions: Annotated[int, typer.Option(min=1, help="Timed runs of each arm; medians are reported.")] = 3,
    quick: Annotated[bool, typer.Option(help="This engine's setting training.quick.")] = True,
    dtype: Annotated[
        Dtype, typer.Option(help="Of this engine's weights in training; auto: what is quicker here.")
    ] = Dtype.auto,
    threads: Annotated[int, typer.Option(min=0, help="Threads of every arm; 0: as torch chooses.")] = 0,
    anchored: Annotated[bool, typer.Option(help="Also time SDFT with its anchor on prior prompts.")] = False,
    without_trl: Annotated[bool, typer.Option("--without-trl", help="Leave TRL out.")] = False,
    trl_checkpointing: Annotated[bool, typer.Option(help="TRL with gradient checkpointing, its default.")] = False,
    trl_dtype: Annotated[Dtype, typer.Option(help="Of TRL's weights; auto: what is quicker here.")] = Dtype.auto,
    profile: Annotated[bool, typer.Option("--profile", help="Show the operators that take the time.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Train the same task by this engine's SDFT, TRL's SDFTTrainer and plain SFT, and compare what each costs.

    Takes minutes; `--demonstrations 8 --batch 8` makes it a small one. Each arm runs in a process of its own, arms
    alternate, and the model is the embedded one. docs/bench.md says how TRL is set.
    """
    import tempfile
    from pathlib import Path

    import torch

    from clinical_sdft.bench.report import lines
    from clinical_sdft.bench.run import check_trl, run_bench
    from clinical_sdft.bench.task import ArmName, Size, demo_task
    from clinical_sdft.errors import InputError
    from clinical_sdft.models.probe import quicker_dtype

    if demonstrations % batch:
        raise InputError(f"--demonstrations {demonstrations}: must be a multiple of --batch {batch}")
    arms: list[ArmName] = ["sdft", "sft"]
    if not without_trl:
        check_trl()
        arms.insert(1, "trl")
    if anchored:
        arms.append("sdft-anchored")
    with tempfile.TemporaryDirectory(prefix="clinical-sdft-bench-") as scratch:
        folder = Path(scratch)
        chosen = quicker_dtype() if dtype is Dtype.auto else _given(dtype)
        size = Size(demonstrations, batch, rollout_tokens, reuse, quick, chosen)
        count = threads or torch.get_num_threads()
        task = demo_task(
            size,
            folder,
            threads=count,
            trl_checkpointing=trl_checkpointing,
            trl_dtype=quicker_dtype() if trl_dtype is Dtype.auto else _given(trl_dtype),
        )

        def say(line: str) -> None:
            err.print(line, highlight=False, markup=False)

        report = run_bench(task, arms, repetitions, folder, profile=profile, say=say)
    show(report.model_dump(mode="json"), as_json, "\n".join(lines(report)))
