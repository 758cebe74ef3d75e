"""Stage six: versions answer every suite."""

import time
from pathlib import Path

from clinical_sdft.evaluation.run import evaluate_suites, read_scores
from clinical_sdft.files import write_bytes
from clinical_sdft.sdft.cost import Ledger
from clinical_sdft.stages.update import Update, load, version_digest
from data_contracts import CostLedger, Digest, SuiteScores


def evaluate(update: Update, name: str, adapter: Digest) -> tuple[SuiteScores, ...]:
    """Let a version answer every suite."""
    folder = update.folder / "scores" / name
    version = version_digest(update, adapter)
    kept = [read_scores(folder, suite, version, update.decoding) for suite in update.suites]
    start = time.perf_counter()
    if all(kept):
        scores = tuple(scores for scores in kept if scores)
    else:
        incumbent = load(update, adapter, version)
        ledger = Ledger(incumbent.loaded.weights)
        before = read_cost(update, name)
        if before is not None:
            ledger.restore(before)

        def on_items(done: int, total: int) -> None:
            write_bytes(_cost_file(update, name), ledger.closed().canonical_bytes())
            update.watcher.items(name, done, total)

        scores = evaluate_suites(
            incumbent.loaded,
            version,
            update.suites,
            update.decoding,
            folder,
            ledger,
            on_items,
            update.prepared,
        )
    for suite_scores in scores:
        update.governance.objects.put_contract(suite_scores)
    seconds = round(time.perf_counter() - start, 1)
    update.note("suites-answered", version, model=name, suites=len(scores), seconds=seconds)
    return scores


def read_cost(update: Update, name: str) -> CostLedger | None:
    """Return what it cost a version to answer the suites; None where it has answered none yet."""
    file = _cost_file(update, name)
    return CostLedger.from_bytes(file.read_bytes()) if file.is_file() else None


def _cost_file(update: Update, name: str) -> Path:
    return update.folder / f"evaluation-cost-{name}.json"
