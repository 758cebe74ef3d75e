"""Let a model answer suites, by generation or by choice, and score every item."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from clinical_sdft.evaluation.likelihood import ChoiceReader
from clinical_sdft.evaluation.metrics import ReplyAccuracy
from clinical_sdft.evaluation.prepare import Question, prepare
from clinical_sdft.evaluation.scorers.choice import chosen
from clinical_sdft.files import write_bytes
from clinical_sdft.models.generation import BatchGenerator, Sampling
from clinical_sdft.models.loading import LoadedModel
from clinical_sdft.sdft.cost import Ledger
from clinical_sdft.sdft.thinking import OPEN, left_open
from data_contracts import ChoiceScorer, Decoding, Digest, ItemScore, Suite, SuiteItem, SuiteScores, canonical_json

CHUNK = 256
"""Items answered between two savings; an evaluation that was stopped goes on behind the last one."""


def evaluate_suites(
    loaded: LoadedModel,
    model: Digest,
    suites: Sequence[Suite],
    decoding: Decoding,
    folder: Path,
    ledger: Ledger,
    on_items: Callable[[int, int], None] = lambda done, total: None,
    prepared: dict[Digest, tuple[Question, ...]] | None = None,
) -> tuple[SuiteScores, ...]:
    """Return the scores of one model on every suite; what was scored before in `folder` is read, not repeated.

    `on_items` hears of items done and their total. `prepared` keeps the suites' token ids between models: whoever
    asks several models hands in the same dictionary, and nothing is tokenised twice.
    """
    total = sum(len(suite.items) for suite in suites)
    prepared = {} if prepared is None else prepared
    done = 0
    scored = []
    for suite in suites:
        before = read_scores(folder, suite, model, decoding)
        if before is None:
            if suite.digest not in prepared:
                prepared[suite.digest] = prepare(loaded.tokenizer, suite, decoding.system_prompt)
            before = _evaluate(loaded, model, suite, decoding, prepared[suite.digest], folder, ledger)
            write_bytes(folder / f"{suite.id}.json", before.canonical_bytes())
            _partial(folder, suite).unlink(missing_ok=True)
        scored.append(before)
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


def _evaluate(
    loaded: LoadedModel,
    model: Digest,
    suite: Suite,
    decoding: Decoding,
    questions: tuple[Question, ...],
    folder: Path,
    ledger: Ledger,
) -> SuiteScores:
    head = canonical_json({"suite": suite.digest, "model": model, "decoding": decoding.model_dump(mode="json")})
    file = _partial(folder, suite)
    replies = _read_partial(file, head)
    while len(replies) < len(suite.items):
        part = slice(len(replies), len(replies) + CHUNK)
        replies += answer_items(loaded, suite.items[part], questions[part], decoding, ledger)
        if len(replies) < len(suite.items):
            write_bytes(file, b"\n".join([head, *(json.dumps(reply).encode() for reply in replies)]))
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


def _partial(folder: Path, suite: Suite) -> Path:
    return folder / f"{suite.id}.partial.jsonl"


def _read_partial(file: Path, head: bytes) -> list[str]:
    """Return the replies that an evaluation which was stopped left behind, if it was this one."""
    lines = file.read_bytes().split(b"\n") if file.is_file() else [b""]
    return [str(json.loads(line)) for line in lines[1:]] if lines[0] == head else []


def answer_items(
    loaded: LoadedModel,
    items: Sequence[SuiteItem],
    questions: Sequence[Question],
    decoding: Decoding,
    ledger: Ledger,
) -> list[str]:
    """Return the model's answer to each item: a greedy reply, or the option it finds likeliest."""
    tokenizer = loaded.tokenizer
    choices = [row for row, question in enumerate(questions) if question.options]
    written = [row for row, question in enumerate(questions) if not question.options]
    replies = [""] * len(items)
    if written:
        prompts = [questions[row].prompt for row in written]
        with ledger.phase("evaluation", sum(map(len, prompts))):
            generator = BatchGenerator(loaded.model, tokenizer.eos_token_id)
            completions = generator.generate(prompts, Sampling(decoding.max_new_tokens))
        ledger.add("evaluation", 0.0, sum(map(len, completions)))
        for row, tokens in zip(written, completions, strict=True):
            reply = tokenizer.decode(tokens, skip_special_tokens=True).strip()
            # A span that the chat template opened is shown as one, or a reply cut short would pass for an answer.
            replies[row] = f"{OPEN}{reply}" if left_open(tokenizer, questions[row].prompt) else reply
    if choices:
        asked = [questions[row] for row in choices]
        with ledger.phase("evaluation", sum(len(q.prompt) + sum(map(len, q.options)) for q in asked)):
            read = ChoiceReader(loaded.model, loaded.context_tokens).read(asked)
        for row, likelihoods in zip(choices, read, strict=True):
            scorer = items[row].scorer
            assert isinstance(scorer, ChoiceScorer)
            replies[row] = scorer.options[chosen(scorer, likelihoods)]
    return replies
