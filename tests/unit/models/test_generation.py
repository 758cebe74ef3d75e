"""Batched generation must write what a plain loop writes."""

import torch

from clinical_sdft.models.generation import BatchGenerator, Sampling, left_pad
from clinical_sdft.models.prompts import chat_prompt

QUESTIONS = [
    "Which toe?",
    "Which diagnosis is most likely? A hot toe since last night.",
    "Why?",
    "Which knee is it?",
]


def naive_greedy(model, prompt: list[int], end_token: int, limit: int) -> list[int]:
    """Continue one prompt token by token without any cache."""
    written: list[int] = []
    for _ in range(limit):
        logits = model(input_ids=torch.tensor([prompt + written])).logits[0, -1]
        written.append(int(logits.argmax()))
        if written[-1] == end_token:
            break
    return written


def test_batched_greedy_equals_one_by_one(tiny) -> None:
    prompts = [chat_prompt(tiny.tokenizer, question, "Answer briefly.") for question in QUESTIONS]
    end = tiny.tokenizer.eos_token_id
    with torch.no_grad():
        expected = [naive_greedy(tiny.model, prompt, end, 12) for prompt in prompts]
    for batch_size in (1, 3, 4):
        written = BatchGenerator(tiny.model, end, batch_size=batch_size).generate(prompts, Sampling(12))
        assert written == expected


def test_rows_end_at_the_end_token(tiny) -> None:
    prompts = [chat_prompt(tiny.tokenizer, question, "") for question in QUESTIONS]
    with torch.no_grad():
        first = naive_greedy(tiny.model, prompts[0], -1, 6)
    end = first[2]  # call the third token of the first reply the end token
    written = BatchGenerator(tiny.model, end).generate(prompts, Sampling(6))
    assert written[0] == first[: first.index(end) + 1]
    assert all(end not in row[:-1] for row in written)


def test_sampling_is_reproducible_and_follows_the_generator(tiny) -> None:
    prompts = [chat_prompt(tiny.tokenizer, question, "") for question in QUESTIONS]
    writer = BatchGenerator(tiny.model, tiny.tokenizer.eos_token_id)

    def sample(seed: int) -> list[list[int]]:
        return writer.generate(prompts, Sampling(8, 1.0), torch.Generator().manual_seed(seed))

    assert sample(1) == sample(1)
    assert sample(1) != sample(2)


def test_left_pad_puts_tokens_at_the_right_edge() -> None:
    ids, keep = left_pad([[1, 2, 3], [4]])
    assert ids.tolist() == [[1, 2, 3], [0, 0, 4]]
    assert keep.tolist() == [[1, 1, 1], [0, 0, 1]]
