"""The SDFT objective: the student answers in its own words and is pulled to the teacher, token by token."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file

from clinical_sdft.models.adapters import RoleModel
from clinical_sdft.models.generation import BatchGenerator, Generator, Sampling, TokenIds
from clinical_sdft.models.tensors import write_tensors
from clinical_sdft.sdft.checkpoint import ROLLOUTS
from clinical_sdft.sdft.cost import FORWARD_BACKWARD_FROZEN, Ledger
from clinical_sdft.sdft.forward import completion_logits, group_by_length
from clinical_sdft.sdft.loss import TeacherScores, forward_kl_top, mean_over_tokens
from clinical_sdft.sdft.teacher import FrozenTeacher
from clinical_sdft.sdft.trainer import Batch
from data_contracts import TrainingSettings


@dataclass(frozen=True)
class Lesson:
    """Tokenized prompts of an update: the student's, the teacher's, and prior prompts without answers."""

    student: Sequence[TokenIds]
    teacher: Sequence[TokenIds]
    anchors: Sequence[TokenIds]


@dataclass(frozen=True)
class Rollout:
    """The student's own completions of some prompts, and how the teacher scores each of their tokens."""

    prompts: list[TokenIds]
    completions: list[list[int]]
    scores: TeacherScores
    is_anchor: list[bool]


class SelfDistillationObjective:
    """Forward KL(teacher || student) on the student's rollouts, with an anchor to the incumbent on prior prompts.

    Demonstration rows are pulled to the incumbent that sees the demonstration; anchor rows, on which nothing is
    demonstrated, to the incumbent as it answers them itself. Mean over a row's tokens, then over rows of a kind.
    """

    def __init__(
        self,
        roles: RoleModel,
        lesson: Lesson,
        teacher: FrozenTeacher,
        settings: TrainingSettings,
        folder: Path,
        ledger: Ledger,
    ) -> None:
        """Rollouts that serve several passes are kept under `folder`, not in memory."""
        self._roles = roles
        self._lesson = lesson
        self._teacher = teacher
        self._settings = settings
        self._folder = folder
        self._ledger = ledger
        self._generator: Generator = BatchGenerator(roles.model, roles.loaded.tokenizer.eos_token_id, batch_size=64)

    def write_with(self, generator: Generator) -> None:
        """Let another generator write the rollouts, such as a server; it must speak with the candidate's weights."""
        self._generator = generator

    def accumulate(self, batch: Batch) -> float:
        """Add the batch's gradients to the candidate and return its loss in nats per token."""
        total = 0.0
        for rollout in self._rollouts(batch):
            total += self._learn(rollout, len(batch.rows))
        return total

    def _rollouts(self, batch: Batch) -> list[Rollout]:
        anchors = self._anchor_rows(batch)
        rows = [(row, False) for row in batch.rows] + [(row, True) for row in anchors]
        prompts = [self._lesson.anchors[row] if anchor else self._lesson.student[row] for row, anchor in rows]
        file = self._folder / ROLLOUTS.format(f"{batch.window}-{batch.index}")
        if self._settings.rollout_reuse > 1 and file.is_file():
            completions, scores = _read(file)
        else:
            completions = self._write_completions(prompts, batch)
            scores = self._score(rows, prompts, completions)
            if self._settings.rollout_reuse > 1:
                _keep(file, completions, scores)
        return _microbatches(rows, prompts, completions, scores)

    def _anchor_rows(self, batch: Batch) -> list[int]:
        count = round(len(batch.rows) * self._settings.anchor_share)
        available = len(self._lesson.anchors)
        if not count or not available:
            return []
        # A walk through one long shuffle: every prior prompt is used before any is used again.
        start = (batch.window * 1009 + batch.index) * round(self._settings.batch_size * self._settings.anchor_share)
        start += round(batch.offset * self._settings.anchor_share)
        order: list[int] = []
        while len(order) < count:
            lap, offset = divmod(start + len(order), available)
            shuffle = torch.randperm(available, generator=torch.Generator().manual_seed(self._settings.seed * 41 + lap))
            order.append(int(shuffle[offset]))
        return order

    def _write_completions(self, prompts: list[TokenIds], batch: Batch) -> list[list[int]]:
        sampling = Sampling(self._settings.rollout_tokens, self._settings.temperature)
        self._roles.model.eval()
        tokens = sum(map(len, prompts))
        with self._ledger.phase("rollout", tokens):
            completions = self._generator.generate(prompts, sampling, batch.rng(self._settings.seed))
        self._ledger.add("rollout", 0.0, sum(map(len, completions)))
        self._roles.model.train()
        return completions

    def _score(
        self, rows: list[tuple[int, bool]], prompts: list[TokenIds], completions: list[list[int]]
    ) -> list[TeacherScores]:
        """Return one row of scores per completion; similar lengths are scored together."""
        scores: list[TeacherScores | None] = [None] * len(rows)
        shown = [prompts[i] if anchor else self._lesson.teacher[row] for i, (row, anchor) in enumerate(rows)]
        for kind in (False, True):
            members = sorted((i for i, (_, anchor) in enumerate(rows) if anchor is kind), key=lambda i: len(shown[i]))
            if not members:
                continue
            together = self._teacher.score(
                [shown[i] for i in members],
                None if kind else [prompts[i] for i in members],
                [completions[i] for i in members],
            )
            for place, i in enumerate(members):
                length = len(completions[i])
                scores[i] = TeacherScores(together.indices_BTK[place, :length], together.log_probs_BTK[place, :length])
        return [score for score in scores if score is not None]

    def _learn(self, rollout: Rollout, demonstrations: int) -> float:
        tokens = sum(map(len, rollout.prompts)) + sum(map(len, rollout.completions))
        with self._ledger.phase("student", tokens, FORWARD_BACKWARD_FROZEN):
            logits_BTV, mask_BT = completion_logits(self._roles.model, rollout.prompts, rollout.completions)
            nats_BT = forward_kl_top(rollout.scores, logits_BTV)
            anchor_B = torch.tensor(rollout.is_anchor)
            skipped_BT = torch.arange(mask_BT.shape[1])[None, :] < self._settings.skip_tokens
            kept_BT = mask_BT * ~(skipped_BT & ~anchor_B[:, None])
            anchors = max(1, round(demonstrations * self._settings.anchor_share))
            weight_B = torch.where(anchor_B, self._settings.anchor_weight / anchors, 1 / demonstrations)
            loss = (weight_B * mean_over_tokens(nats_BT, kept_BT)).sum()
            torch.autograd.backward(loss)
        return float(loss.detach())


def _microbatches(
    rows: list[tuple[int, bool]],
    prompts: list[TokenIds],
    completions: list[list[int]],
    scores: list[TeacherScores],
) -> list[Rollout]:
    return [
        Rollout(
            [prompts[i] for i in group],
            [completions[i] for i in group],
            _stack([scores[i] for i in group]),
            [rows[i][1] for i in group],
        )
        for group in group_by_length([len(prompt) for prompt in prompts])
    ]


def _stack(scores: list[TeacherScores]) -> TeacherScores:
    pad = torch.nn.utils.rnn.pad_sequence
    return TeacherScores(
        pad([score.indices_BTK for score in scores], batch_first=True),
        pad([score.log_probs_BTK for score in scores], batch_first=True, padding_value=-1e4),
    )


def _keep(file: Path, completions: list[list[int]], scores: list[TeacherScores]) -> None:
    tensors = {f"tokens/{i:05d}": torch.tensor(row) for i, row in enumerate(completions)}
    tensors |= {f"indices/{i:05d}": score.indices_BTK.to(torch.int32) for i, score in enumerate(scores)}
    tensors |= {f"log_probs/{i:05d}": score.log_probs_BTK for i, score in enumerate(scores)}
    write_tensors(file, tensors)


def _read(file: Path) -> tuple[list[list[int]], list[TeacherScores]]:
    tensors = load_file(file)
    count = sum(name.startswith("tokens/") for name in tensors)
    completions = [tensors[f"tokens/{i:05d}"].tolist() for i in range(count)]
    scores = [TeacherScores(tensors[f"indices/{i:05d}"].long(), tensors[f"log_probs/{i:05d}"]) for i in range(count)]
    return completions, scores
