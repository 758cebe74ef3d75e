"""Let a model answer suites by generation, and score every item."""

from collections.abc import Callable, Sequence
from pathlib import Path

from clinical_sdft.evaluation.metrics import ReplyAccuracy
from clinical_sdft.files import write_bytes
from clinical_sdft.models.generation import BatchGenerator, Sampling
from clinical_sdft.models.loading import LoadedModel
from clinical_sdft.models.prompts import chat_prompt
from clinical_sdft.sdft.cost import Ledger
from data_contracts import Decoding, Digest, ItemScore, Suite, SuiteScores


def evaluate_suites(
    loaded: LoadedModel,
    model: Digest,
    suites: Sequence[Suite],
    decoding: Decoding,
    folder: Path,
    ledger: Ledger,
    on_items: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[SuiteScores, ...]:
    """Return the scores of one model on every suite; a suite scored before in `folder` is read, not repeated.

    `on_items` hears of items done and their total.
    """
    total = sum(len(suite.items) for suite in suites)
    done = 0
    scored = []
    for suite in suites:
        before = read_scores(folder, suite, model, decoding)
        scored.append(before or _evaluate(loaded, model, suite, decoding, ledger))
        write_bytes(folder / f"{suite.id}.json", scored[-1].canonical_bytes())
        done += len(suite.items)
        on_items(done, total)
    return tuple(scored)


def read_scores(folder: Path, suite: Suite, model: Digest, decoding: Decoding) -> SuiteScores | None:
    """Return a suite's scores kept in `folder`; None where they are absent or of another model, suite or decoding."""
    file = folder / f"{suite.id}.json"
    if not file.is_file():
        return None
    scores = SuiteScores.from_bytes(file.read_bytes())
    wanted = (suite.digest, model, decoding)
    return scores if (scores.suite, scores.model, scores.decoding) == wanted else None


def _evaluate(loaded: LoadedModel, model: Digest, suite: Suite, decoding: Decoding, ledger: Ledger) -> SuiteScores:
    replies = answer(loaded, [item.question for item in suite.items], decoding, ledger)
    result = ReplyAccuracy(suite).compute(predictions=replies, references=[item.id for item in suite.items])
    return SuiteScores(
        suite_id=suite.id,
        suite=suite.digest,
        model=model,
        decoding=decoding,
        scores=tuple(
            ItemScore(item=item.id, reply=reply, score=score)
            for item, reply, score in zip(suite.items, replies, result["scores"], strict=True)
        ),
    )


def answer(
    loaded: LoadedModel,
    questions: Sequence[str],
    decoding: Decoding,
    ledger: Ledger,
) -> list[str]:
    """Return the model's greedy replies to questions."""
    tokenizer = loaded.tokenizer
    prompts = [chat_prompt(tokenizer, question, decoding.system_prompt) for question in questions]
    with ledger.phase("evaluation", sum(map(len, prompts))):
        generator = BatchGenerator(loaded.model, tokenizer.eos_token_id)
        completions = generator.generate(prompts, Sampling(decoding.max_new_tokens))
    ledger.add("evaluation", 0.0, sum(map(len, completions)))
    return [tokenizer.decode(tokens, skip_special_tokens=True).strip() for tokens in completions]
