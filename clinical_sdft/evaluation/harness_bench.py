"""The same model and suite, answered by this engine and by lm-evaluation-harness, in turn, in one process."""

import contextlib
import io
import json
import logging
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from clinical_sdft.errors import InputError
from clinical_sdft.evaluation.likelihood import ChoiceReader
from clinical_sdft.evaluation.prepare import DELIMITER, prepare
from clinical_sdft.evaluation.scorers.choice import Likelihood, chosen
from clinical_sdft.models.loading import LoadedModel
from data_contracts import ChoiceScorer, Suite, SuiteItem

BATCHES = (1, 8, 32)
"""Batch sizes the harness is tried with; it is measured with its best."""
TRIAL = 12
Rights = list[tuple[bool, bool]]
"""Item by item: right by the sum (acc), right by the sum over the option's characters (acc_norm)."""


@dataclass(frozen=True)
class Comparison:
    """What came of it. Seconds are one entry a round: on the clock, and of processor time (all threads together)."""

    items: int
    options: int
    engine_seconds: tuple[float, ...]
    harness_seconds: tuple[float, ...]
    engine_processor: tuple[float, ...]
    harness_processor: tuple[float, ...]
    harness_batch: int
    harness_version: str
    threads: int
    acc: tuple[float, float]
    acc_norm: tuple[float, float]
    differing: tuple[str, ...]
    """Items on which acc or acc_norm differ."""

    @property
    def speedup(self) -> float:
        """Median seconds of the harness over those of this engine."""
        return statistics.median(self.harness_seconds) / statistics.median(self.engine_seconds)

    @property
    def saving(self) -> float:
        """The same of processor time, which other work on the machine disturbs less."""
        return statistics.median(self.harness_processor) / statistics.median(self.engine_processor)


def compare(
    loaded: LoadedModel, suite: Suite, rounds: int, batch: int | None, say: Callable[[str], None]
) -> Comparison:
    """Let both answer the suite `rounds` times, in turn, the first to answer changing each round.

    Args:
        loaded: the model, float32, used by both.
        suite: plain choice items.
        rounds: how often.
        batch: batch size of the harness; None tries some and takes its best.
        say: hears what goes on.

    Raises:
        InputError: the suite holds other items, or the harness is not installed.
    """
    import torch

    _check(suite)
    harness = Harness(loaded)
    batch = batch or _best_batch(harness, suite, say)
    seconds: dict[str, list[float]] = {"engine": [], "harness": []}
    processor: dict[str, list[float]] = {"engine": [], "harness": []}
    found: dict[str, Rights] = {}
    ways: dict[str, Callable[[], Rights]] = {
        "engine": lambda: answer(loaded, suite),
        "harness": lambda: harness.answer(suite, batch),
    }
    answer(loaded, suite.model_copy(update={"items": suite.items[:TRIAL]}))
    for number in range(rounds):
        for name in ("engine", "harness") if number % 2 == 0 else ("harness", "engine"):
            start, worked = time.perf_counter(), time.process_time()
            found[name] = ways[name]()
            seconds[name].append(time.perf_counter() - start)
            processor[name].append(time.process_time() - worked)
        say(f"round {number + 1}: engine {seconds['engine'][-1]:.1f} s, harness {seconds['harness'][-1]:.1f} s")
    pairs = list(zip(suite.items, found["engine"], found["harness"], strict=True))
    return Comparison(
        items=len(suite.items),
        options=sum(len(_scorer(item).options) for item in suite.items),
        engine_seconds=tuple(seconds["engine"]),
        harness_seconds=tuple(seconds["harness"]),
        engine_processor=tuple(processor["engine"]),
        harness_processor=tuple(processor["harness"]),
        harness_batch=batch,
        harness_version=version("lm_eval"),
        threads=torch.get_num_threads(),
        acc=(_share(found["engine"], 0), _share(found["harness"], 0)),
        acc_norm=(_share(found["engine"], 1), _share(found["harness"], 1)),
        differing=tuple(item.id for item, ours, theirs in pairs if ours != theirs),
    )


def answer(loaded: LoadedModel, suite: Suite) -> Rights:
    """Answer with this engine, from text to scores."""
    questions = prepare(loaded.tokenizer, suite, "")
    read = ChoiceReader(loaded.model, loaded.context_tokens).read(questions)
    return [
        (_right(item, likelihoods, "raw"), _right(item, likelihoods, "characters"))
        for item, likelihoods in zip(suite.items, read, strict=True)
    ]


class Harness:
    """lm-evaluation-harness around the same model object."""

    def __init__(self, loaded: LoadedModel) -> None:
        """Wrap the model.

        Raises:
            InputError: the harness is not installed.
        """
        try:
            from lm_eval.models.huggingface import HFLM
        except ImportError as error:
            raise InputError("bench evaluation: lm-evaluation-harness is missing; install the extra `bench`") from error
        logging.getLogger("lm_eval").setLevel(logging.ERROR)
        logging.getLogger("lm_eval.evaluator").setLevel(logging.ERROR)
        self._lm: Any = HFLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=1)

    def answer(self, suite: Suite, batch: int) -> Rights:
        """Answer with the harness's own evaluator and task, without its bootstrap of standard errors."""
        from lm_eval import simple_evaluate
        from lm_eval.api.task import ConfigurableTask

        self._lm.batch_size_per_gpu = batch
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "docs.jsonl"
            file.write_text("".join(json.dumps(_document(item)) + "\n" for item in suite.items), "utf-8")
            with contextlib.redirect_stderr(io.StringIO()):
                task = ConfigurableTask(config=_task(file, Path(folder)))
            with contextlib.redirect_stderr(io.StringIO()):  # its progress bars
                result = simple_evaluate(model=self._lm, tasks=[task], bootstrap_iters=0, log_samples=True)
        samples = sorted(result["samples"]["suite"], key=lambda sample: int(sample["doc_id"]))
        return [(sample["acc"] == 1.0, sample["acc_norm"] == 1.0) for sample in samples]


def _best_batch(harness: Harness, suite: Suite, say: Callable[[str], None]) -> int:
    part = suite.model_copy(update={"items": suite.items[:: max(1, len(suite.items) // TRIAL)][:TRIAL]})
    harness.answer(part.model_copy(update={"items": part.items[:4]}), 1)
    seconds = {}
    for batch in BATCHES:
        start = time.perf_counter()
        harness.answer(part, batch)
        seconds[batch] = time.perf_counter() - start
        say(f"harness, batch of {batch:2}: {seconds[batch]:.1f} s for {len(part.items)} items")
    return min(seconds, key=lambda batch: seconds[batch])


def _check(suite: Suite) -> None:
    other = [item.id for item in suite.items if item.scorer.kind != "choice" or item.form != "plain"]
    if other:
        raise InputError(
            f"suite {suite.id}: {len(other)} items are no plain choices, the first {other[0]}; import it with --plain"
        )


def _document(item: SuiteItem) -> dict[str, Any]:
    options = list(_scorer(item).options)
    return {"context": item.question, "options": options, "gold": options.index(item.answers[0])}


def _task(file: Path, cache: Path) -> dict[str, Any]:
    return {
        "task": "suite",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(file)}, "cache_dir": str(cache)},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": lambda doc: doc["context"],
        "doc_to_choice": lambda doc: doc["options"],
        "doc_to_target": lambda doc: doc["gold"],
        "target_delimiter": DELIMITER,
        "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}],
        "metadata": {"version": 1},
    }


def _scorer(item: SuiteItem) -> ChoiceScorer:
    assert isinstance(item.scorer, ChoiceScorer)
    return item.scorer


def _right(item: SuiteItem, likelihoods: Sequence[Likelihood], length: Literal["raw", "characters"]) -> bool:
    scorer = _scorer(item).model_copy(update={"length": length})
    return scorer.options[chosen(scorer, likelihoods)] == item.answers[0]


def _share(rights: Rights, which: int) -> float:
    return sum(right[which] for right in rights) / len(rights)
