"""The student's own completions with the teacher's scores: in groups for training, and on disk for later passes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file

from clinical_sdft.models.generation import TokenIds
from clinical_sdft.models.tensors import write_tensors
from clinical_sdft.sdft.forward import group_by_length
from clinical_sdft.sdft.loss import TeacherScores

Row = tuple[int, bool]
"""A row's number, among the anchors where the flag is set, else among the demonstrations."""


@dataclass(frozen=True)
class Rollout:
    """The student's own completions of some prompts, and how the teacher scores each of their tokens."""

    prompts: list[TokenIds]
    completions: list[list[int]]
    scores: TeacherScores
    is_anchor: list[bool]


def microbatches(
    rows: Sequence[Row],
    prompts: Sequence[TokenIds],
    completions: Sequence[list[int]],
    scores: Sequence[TeacherScores],
) -> list[Rollout]:
    """Split a batch into groups of similar length."""
    return [
        Rollout(
            [prompts[i] for i in group],
            [completions[i] for i in group],
            _stack([scores[i] for i in group]),
            [rows[i][1] for i in group],
        )
        for group in group_by_length([len(prompt) for prompt in prompts])
    ]


def keep_rollouts(file: Path, completions: Sequence[list[int]], scores: Sequence[TeacherScores]) -> None:
    """Write completions and scores, or completions alone where no scores are given."""
    tensors = {f"tokens/{i:05d}": torch.tensor(row) for i, row in enumerate(completions)}
    tensors |= {f"indices/{i:05d}": score.indices_BTK.to(torch.int32) for i, score in enumerate(scores)}
    tensors |= {f"log_probs/{i:05d}": score.log_probs_BTK for i, score in enumerate(scores)}
    write_tensors(file, tensors)


def read_rollouts(file: Path) -> tuple[list[list[int]], list[TeacherScores]]:
    """Read what `keep_rollouts` wrote; no scores where none were kept."""
    tensors = load_file(file)
    count = sum(name.startswith("tokens/") for name in tensors)
    scored = sum(name.startswith("indices/") for name in tensors)
    completions = [tensors[f"tokens/{i:05d}"].tolist() for i in range(count)]
    scores = [TeacherScores(tensors[f"indices/{i:05d}"].long(), tensors[f"log_probs/{i:05d}"]) for i in range(scored)]
    return completions, scores


def _stack(scores: Sequence[TeacherScores]) -> TeacherScores:
    pad = torch.nn.utils.rnn.pad_sequence
    return TeacherScores(
        pad([score.indices_BTK for score in scores], batch_first=True),
        pad([score.log_probs_BTK for score in scores], batch_first=True, padding_value=-1e4),
    )
