"""The study's tables (Markdown) and plots (matplotlib)."""

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean

from clinical_sdft.files import write_bytes
from clinical_sdft.study.arms import ARMS
from clinical_sdft.study.contracts import StageResult, SuiteKind
from clinical_sdft.study.figures import ChainFigures, answers, chain_figures, chains, difference

REFERENCE = "sdft-frozen"


def write_report(results: Sequence[StageResult], stages: dict[str, int], folder: Path) -> Path:
    """Write `study.md` and one plot a data set from all finished chains; returns the table's path.

    Args:
        results: whatever was run.
        stages: number of updates in each data set, to tell finished chains.
        folder: where the files go.
    """
    finished = {key: chain for key, chain in chains(results).items() if chain[-1].stage == stages.get(key[0])}
    parts = []
    for data in sorted({key[0] for key in finished}):
        mine = {key: chain for key, chain in finished.items() if key[0] == data}
        figures = [chain_figures(chain) for chain in mine.values()]
        parts += [f"## {data}", "", *_table(figures), "", *_differences(mine), "", *_suites(list(mine.values())), ""]
        _plot(list(mine.values()), folder / f"{data}.png", data)
    file = folder / "study.md"
    write_bytes(file, "\n".join(parts).encode())
    return file


def _table(figures: Sequence[ChainFigures]) -> list[str]:
    strata = any(item.flips is not None for item in figures)
    columns = ["arm", "seeds", "answers that flip" if strata else "new"]
    columns += ["answers that stay, before → after"] if strata else ["backward transfer"]
    columns += [
        "prior, before → after",
        "drop (worst 95% bound)",
        "KL, nats",
        "habits",
        "words",
        "training s",
        "FLOPs / SFT",
    ]
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    price = mean([item.flops for item in figures if item.arm == "sft"] or [0.0])
    for arm in (arm.name for arm in ARMS):
        rows = [item for item in figures if item.arm == arm]
        if rows:
            lines.append("| " + " | ".join(_cells(arm, rows, strata, price)) + " |")
    return lines


def _cells(arm: str, rows: Sequence[ChainFigures], strata: bool, price: float) -> list[str]:
    def over(read: Callable[[ChainFigures], float | None]) -> float:
        return mean(value for row in rows if (value := read(row)) is not None)

    middle = (
        f"{_percent(over(lambda row: row.stays_before))} → {_percent(over(lambda row: row.stays))}"
        if strata
        else f"{100 * over(lambda row: row.backward_transfer):+.1f}"
    )
    return [
        arm,
        ", ".join(str(row.seed) for row in rows),
        _spread([row.new for row in rows]),
        middle,
        f"{_percent(over(lambda row: row.prior_before))} → {_spread([row.prior_after for row in rows])}",
        f"{100 * over(lambda row: row.drop):.1f} ({100 * max(row.drop_upper for row in rows):.1f})",
        f"{over(lambda row: row.kl_nats):.3f}",
        f"{_percent(over(lambda row: row.habit_before))} → {_percent(over(lambda row: row.habit_after))}",
        f"{over(lambda row: row.reply_words):.1f}",
        f"{over(lambda row: row.seconds):.0f}",
        f"{over(lambda row: row.flops) / price:.2f}" if price else "–",
    ]


def _differences(finished: dict[tuple[str, str, int], list[StageResult]]) -> list[str]:
    """Compare each arm with the frozen teacher on the seeds that both have."""
    last = {(key[1], key[2]): chain[-1] for key, chain in finished.items()}
    lines = [
        f"Against {REFERENCE}, seed by seed, points with 95% bootstrap intervals over items:",
        "",
        "| arm | new | prior |",
        "|---|---|---|",
    ]
    for arm in (arm.name for arm in ARMS if arm.name != REFERENCE):
        seeds = sorted(seed for name, seed in last if name == arm and (REFERENCE, seed) in last)
        if seeds:
            mine, other = [last[arm, seed] for seed in seeds], [last[REFERENCE, seed] for seed in seeds]
            new: SuiteKind = "taught" if answers(mine[0], "taught") else "flips"
            lines.append(f"| {arm} | {_interval(mine, other, new)} | {_interval(mine, other, 'prior')} |")
    return lines if len(lines) > 4 else []


def _suites(finished: Sequence[Sequence[StageResult]]) -> list[str]:
    """Return the accuracy on every suite after every update, over the seeds; a dash before a suite's own update."""
    names = [suite.suite for suite in finished[0][0].suites]
    lines = ["| arm | updates | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for arm in (arm.name for arm in ARMS):
        mine = [chain for chain in finished if chain[0].arm == arm]
        for stage in range(len(mine[0])) if mine else ():
            found = [{suite.suite: suite.correct / suite.n for suite in chain[stage].suites} for chain in mine]
            cells = [_percent(mean(row[name] for row in found)) if name in found[0] else "–" for name in names]
            lines.append(f"| {arm} | {stage} | " + " | ".join(cells) + " |")
    return lines


def _interval(mine: Sequence[StageResult], other: Sequence[StageResult], kind: SuiteKind) -> str:
    middle, low, high = (100 * value for value in difference(mine, other, kind))
    return f"{middle:+.1f} ({low:+.1f} to {high:+.1f})"


def _percent(value: float) -> str:
    return f"{100 * value:.1f}%"


def _spread(values: Sequence[float]) -> str:
    text = _percent(mean(values))
    return text if len(values) == 1 else f"{text} ({100 * min(values):.1f}–{100 * max(values):.1f})"


def _plot(finished: Sequence[Sequence[StageResult]], file: Path, title: str) -> None:
    """Draw accuracy after every stage: what was known before, answers that must stay, and what was taught so far."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    strata = bool(answers(finished[0][-1], "stays"))
    panels: tuple[tuple[str, SuiteKind], ...] = (
        (("known before", "prior"), ("answers that stay", "stays"), ("answers that flip", "flips"))
        if strata
        else (("known before", "prior"), ("new", "taught"))
    )
    figure, axes = pyplot.subplots(1, len(panels), figsize=(5.5 * len(panels), 4.2), sharey=True)
    colours = pyplot.get_cmap("tab10")
    for number, arm in enumerate(arm.name for arm in ARMS):
        mine = [chain for chain in finished if chain[0].arm == arm]
        if not mine:
            continue
        steps = [result.stage for result in mine[0]]
        for axis, (_, kind) in zip(axes, panels, strict=True):
            values = [mean(mean(answers(chain[i], kind)) for chain in mine) for i in range(len(steps))]
            axis.plot(steps, [100 * value for value in values], marker="o", label=arm, color=colours(number))
    axes[0].set_ylabel("right answers, %")
    for axis, (name, _) in zip(axes, panels, strict=True):
        axis.set_title(name)
        axis.set_xlabel("updates")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.grid(alpha=0.3)
    axes[-1].legend(fontsize=8, loc="lower right" if strata else "best")
    figure.suptitle(title)
    figure.tight_layout()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=120)
    pyplot.close(figure)
