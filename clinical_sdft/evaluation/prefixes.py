"""Which prompts begin alike, so that what they share is read once: few-shot examples, a system prompt, an abstract."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

TokenIds = Sequence[int]

WORTH = 256
"""Tokens that a group of its own must save: smaller ones only make batches small."""
DEEPEST = 16


@dataclass(frozen=True)
class _Plan:
    groups: list[list[int]]
    saved: int
    """Tokens that need not be read again."""


def prefix_groups(prompts: Sequence[TokenIds]) -> list[list[int]]:
    """Return the positions of prompts in groups, each with a beginning that is worth reading once.

    Prompts are laid in order, so that those that begin alike stand together. Wherever the common beginning of a stretch
    ends, the stretch falls into parts; a part becomes a group when that saves `WORTH` tokens, and what is left stays
    together.
    """
    order = sorted(range(len(prompts)), key=lambda index: tuple(prompts[index]))
    shared = [_shared(prompts[one], prompts[other]) for one, other in pairwise(order)]
    plan = _plan(shared, 0, len(order), 0)
    return [[order[place] for place in group] for group in plan.groups]


def _plan(shared: Sequence[int], low: int, high: int, depth: int) -> _Plan:
    size = high - low
    if size == 1:
        return _Plan([[low]], 0)
    common = min(shared[low : high - 1])
    if depth == DEEPEST:
        return _Plan([list(range(low, high))], common * (size - 1))
    cuts = [place + 1 for place in range(low, high - 1) if shared[place] == common]
    groups: list[list[int]] = []
    rest: list[int] = []
    saved = 0
    for start, end in pairwise([low, *cuts, high]):
        part = _plan(shared, start, end, depth + 1)
        if part.saved - common * (end - start) >= WORTH:
            groups += part.groups
            saved += part.saved
        else:
            rest += range(start, end)
    if rest:
        groups.append(rest)
        saved += common * (len(rest) - 1)
    return _Plan(groups, saved)


def _shared(one: TokenIds, other: TokenIds) -> int:
    limit = min(len(one), len(other))
    return next((place for place in range(limit) if one[place] != other[place]), limit)
