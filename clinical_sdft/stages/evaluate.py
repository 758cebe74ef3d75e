"""Stage six: versions answer every suite."""

import time

from clinical_sdft.evaluation.run import evaluate_suites, read_scores
from clinical_sdft.sdft.cost import Ledger
from clinical_sdft.stages.update import Update, load, version_digest
from data_contracts import Digest, SuiteScores


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
        scores = evaluate_suites(
            incumbent.loaded,
            version,
            update.suites,
            update.decoding,
            folder,
            Ledger(incumbent.loaded.weights),
            lambda done, total: update.watcher.items(name, done, total),
        )
    for suite_scores in scores:
        update.governance.objects.put_contract(suite_scores)
    seconds = round(time.perf_counter() - start, 1)
    update.note("suites-answered", version, model=name, suites=len(scores), seconds=seconds)
    return scores
