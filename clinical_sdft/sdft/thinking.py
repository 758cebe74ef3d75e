"""Where a reasoning model thinks aloud: `<think>…</think>` in its reply, which a loss may leave out."""

from collections.abc import Sequence
from typing import Any

import torch

OPEN, CLOSE = "<think>", "</think>"


def heard(tokenizer: Any, prompts: Sequence[Sequence[int]], replies: Sequence[Sequence[int]]) -> torch.Tensor:
    """Return a mask [B, T] of the tokens that are answer, not thought; T is the longest reply's length."""
    rows = [torch.tensor(spoken(tokenizer, *pair)) for pair in zip(prompts, replies, strict=True)]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)


def spoken(tokenizer: Any, prompt: Sequence[int], reply: Sequence[int]) -> list[bool]:
    """Return for each token of a reply whether it is part of the answer rather than of a `<think>` span.

    The tags count as thinking. A template that ends with an open tag puts the reply's beginning inside a span; a span
    that is never closed reaches to the reply's end. Tags may be one token or several.
    """
    thinking = left_open(tokenizer, prompt)
    pieces = [tokenizer.decode([token]) for token in reply]
    text = "".join(pieces)
    hidden = [False] * (len(text) + 1)
    place = 0
    while place < len(text):
        if not thinking:
            start = text.find(OPEN, place)
            if start < 0:
                break
            place, thinking = start, True
        end = text.find(CLOSE, place)
        end = len(text) if end < 0 else end + len(CLOSE)
        hidden[place:end] = [True] * (end - place)
        place, thinking = end, False
    heard, start = [], 0
    for piece in pieces:
        heard.append(not any(hidden[start : start + len(piece)]))
        start += len(piece)
    return heard


def left_open(tokenizer: Any, prompt: Sequence[int]) -> bool:
    """Whether the prompt ends inside a span; only its end is looked at, what a user wrote does not count."""
    return bool(tokenizer.decode(list(prompt[-8:])).rstrip().endswith(OPEN))
