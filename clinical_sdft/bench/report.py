"""The benchmark's report: medians, ratios, and how they are printed."""

from statistics import median

from clinical_sdft.bench.task import ArmName, ArmRun, OperatorShare
from data_contracts import Contract, PhaseCost

TITLES: dict[ArmName, str] = {
    "sdft": "this engine, SDFT",
    "sdft-anchored": "this engine, SDFT with anchor",
    "trl": "TRL SDFTTrainer",
    "sft": "this engine, plain SFT",
}


class PhaseFigures(Contract):
    """A phase of an arm: medians over the repetitions."""

    phase: str
    seconds: float
    share: float
    tokens: int
    tokens_per_second: float


class ArmFigures(Contract):
    """One arm: medians over the repetitions, and the raw runs."""

    arm: ArmName
    demonstrations_per_second: float
    seconds_per_demonstration: float
    peak_memory_bytes: int
    flops_per_demonstration: float | None
    phases: tuple[PhaseFigures, ...]
    operators: tuple[OperatorShare, ...] = ()
    runs: tuple[ArmRun, ...]


class BenchReport(Contract):
    """All that a benchmark measured. Ratios are medians of the repetitions' own ratios."""

    schema_version: int = 1
    task: dict[str, int | float | str | bool]
    machine: dict[str, int | str]
    repetitions: int
    arms: tuple[ArmFigures, ...]
    speedup_vs_trl: float | None
    memory_vs_trl: float | None
    wall_vs_sft: float | None
    flops_vs_sft: float | None
    anchored_wall_vs_sft: float | None = None
    anchored_flops_vs_sft: float | None = None

    def arm(self, name: ArmName) -> ArmFigures | None:
        """Return an arm; None where it did not run."""
        return next((arm for arm in self.arms if arm.arm == name), None)


def figures(arm: ArmName, timed: list[ArmRun], looked_on: list[ArmRun]) -> ArmFigures:
    """Return an arm's medians; FLOPs and operators come from the runs that were looked on."""
    counted = [run for run in looked_on if run.counted_flops is not None]
    profiled = [run for run in looked_on if run.operators]
    return ArmFigures(
        arm=arm,
        demonstrations_per_second=median(run.rate for run in timed),
        seconds_per_demonstration=median(1 / run.rate for run in timed),
        peak_memory_bytes=int(median(run.peak_memory_bytes for run in timed)),
        flops_per_demonstration=median((run.counted_flops or 0) / run.demonstrations for run in counted)
        if counted
        else None,
        phases=tuple(_phase(name, timed) for name in dict.fromkeys(p.phase for run in timed for p in run.phases)),
        operators=profiled[0].operators if profiled else (),
        runs=tuple(timed),
    )


def _phase(name: str, timed: list[ArmRun]) -> PhaseFigures:
    costs: list[tuple[PhaseCost, ArmRun]] = [(p, run) for run in timed for p in run.phases if p.phase == name]
    return PhaseFigures(
        phase=name,
        seconds=median(cost.seconds for cost, _ in costs),
        share=median(cost.seconds / run.seconds for cost, run in costs),
        tokens=int(median(cost.tokens for cost, _ in costs)),
        tokens_per_second=median(cost.tokens / cost.seconds if cost.seconds else 0.0 for cost, _ in costs),
    )


def paired_ratio(first: list[float], second: list[float]) -> float | None:
    """Return the median of the repetitions' ratios: what slows the machine for a while slows both of a pair."""
    if not first or not second:
        return None
    return median(a / b for a, b in zip(first, second, strict=True))


def lines(report: BenchReport) -> list[str]:
    """Return the report as lines for a person."""
    head = f"{'':31}{'demos/s':>9}{'peak GB':>9}{'GFLOP/demo':>12}"
    printed = [", ".join(f"{name} {value}" for name, value in report.task.items()), "", head]
    for arm in report.arms:
        flops = f"{arm.flops_per_demonstration / 1e9:12.1f}" if arm.flops_per_demonstration else f"{'':12}"
        memory = arm.peak_memory_bytes / 1e9
        printed.append(f"{TITLES[arm.arm]:31}{arm.demonstrations_per_second:9.2f}{memory:9.2f}{flops}")
        printed += [
            f"    {phase.phase:12}{phase.share:7.0%} of the time{phase.tokens_per_second:9.0f} tokens/s"
            for phase in arm.phases
        ]
        printed += [f"    {item.name:44}{item.share:7.1%}{item.calls:9} calls" for item in arm.operators]
    printed.append("")
    for name, ratio, wanted in (
        ("speed against TRL", report.speedup_vs_trl, "wanted 3 or more"),
        ("peak memory against TRL", report.memory_vs_trl, "wanted 0.6 or less"),
        ("wall time against SFT", report.wall_vs_sft, "wanted 1.5 or less"),
        ("FLOPs against SFT", report.flops_vs_sft, "wanted 1.6 or less"),
        ("wall time against SFT, anchored", report.anchored_wall_vs_sft, "no TRL counterpart"),
        ("FLOPs against SFT, anchored", report.anchored_flops_vs_sft, "no TRL counterpart"),
    ):
        if ratio is not None:
            printed.append(f"{name:34}{ratio:6.2f}   ({wanted})")
    return printed
