"""The SDFT objective: the student answers in its own words and is pulled to the teacher, token by token."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from clinical_sdft.models.adapters import RoleModel
from clinical_sdft.models.generation import BatchGenerator, Generator, Sampling, TokenIds
from clinical_sdft.models.prefix import Prefix
from clinical_sdft.sdft.checkpoint import ROLLOUTS
from clinical_sdft.sdft.cost import FORWARD_BACKWARD_FROZEN, Ledger
from clinical_sdft.sdft.divergence import Divergence
from clinical_sdft.sdft.forward import completion_logits
from clinical_sdft.sdft.loss import TeacherScores, mean_over_tokens
from clinical_sdft.sdft.prior import ANCHORS, prior_rows
from clinical_sdft.sdft.rollouts import Rollout, Row, keep_rollouts, microbatches, read_rollouts
from clinical_sdft.sdft.teacher import Reading, Teacher
from clinical_sdft.sdft.thinking import heard
from clinical_sdft.sdft.trainer import Batch
from data_contracts import TrainingSettings


@dataclass(frozen=True)
class Lesson:
    """Tokenized prompts of an update: the student's, the teacher's, and prior prompts without answers.

    `empty` are the teacher's prompts around an empty demonstration, where the teacher is calibrated by them;
    `anchor_groups` names the group of each prior prompt, where they are taken group by group.
    """

    student: Sequence[TokenIds]
    teacher: Sequence[TokenIds]
    anchors: Sequence[TokenIds]
    empty: Sequence[TokenIds] | None = None
    anchor_groups: Sequence[str] = ()


@dataclass(frozen=True)
class Teachers:
    """Who teaches what: the demonstrations, and to stay as one was on prior prompts."""

    demonstrations: Teacher
    anchors: Teacher


class SelfDistillationObjective:
    """A divergence of teacher and student on the student's rollouts, with an anchor to the incumbent on prior prompts.

    Demonstration rows are pulled to the teacher that sees the demonstration; anchor rows, on which nothing is
    demonstrated, to the incumbent as it answers them itself. Mean over a row's tokens, then over rows of a kind.
    """

    def __init__(
        self,
        roles: RoleModel,
        lesson: Lesson,
        teachers: Teachers,
        settings: TrainingSettings,
        folder: Path,
        ledger: Ledger,
    ) -> None:
        """Rollouts that serve several passes are kept under `folder`, not in memory."""
        self._roles = roles
        self._lesson = lesson
        self._teachers = teachers
        self._settings = settings
        self._divergence = Divergence(settings.divergence, settings.support, settings.jsd_alpha)
        self._folder = folder
        self._ledger = ledger
        self._generator: Generator = BatchGenerator(roles.model, roles.loaded.tokenizer.eos_token_id, batch_size=64)

    def write_with(self, generator: Generator) -> None:
        """Let another generator write the rollouts, such as a server; it must speak with the candidate's weights."""
        self._generator = generator

    def accumulate(self, batch: Batch) -> float:
        """Add the batch's gradients to the candidate and return its loss in nats per token."""
        rollouts = self._rollouts(batch)
        prompts = [prompt for rollout in rollouts for prompt in rollout.prompts]
        written = sum(len(completion) for rollout in rollouts for completion in rollout.completions)
        with (
            self._ledger.phase("student", sum(map(len, prompts)) + written, FORWARD_BACKWARD_FROZEN),
            self._roles.beginning(prompts) as prefix,
        ):
            return sum(self._learn(rollout, len(batch.rows), prefix) for rollout in rollouts)

    def follow(self) -> None:
        """Let the teacher take notice of an optimizer step."""
        self._teachers.demonstrations.follow()

    def state(self) -> dict[str, torch.Tensor]:
        """Return the teacher's state."""
        return self._teachers.demonstrations.state()

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Take up the teacher's state."""
        self._teachers.demonstrations.restore(tensors)

    def _rollouts(self, batch: Batch) -> list[Rollout]:
        """Write completions, or read those of an earlier pass; a teacher that moves scores them anew."""
        rows = [(row, False) for row in batch.rows] + [(row, True) for row in self._anchor_rows(batch)]
        prompts = [self._lesson.anchors[row] if anchor else self._lesson.student[row] for row, anchor in rows]
        file = self._folder / ROLLOUTS.format(f"{batch.window}-{batch.index}")
        reused = self._settings.rollout_reuse > 1
        kept = reused and file.is_file()
        completions, scores = read_rollouts(file) if kept else (self._write_completions(rows, prompts, batch), [])
        if not scores:
            scores = self._score(rows, prompts, completions)
        if reused and not kept:
            keep_rollouts(file, completions, [] if self._teachers.demonstrations.moves else scores)
        return microbatches(rows, prompts, completions, scores)

    def _anchor_rows(self, batch: Batch) -> list[int]:
        available, share = len(self._lesson.anchors), self._settings.anchor_share
        return prior_rows(batch, available, share, self._settings, ANCHORS, self._lesson.anchor_groups)

    def _write_completions(self, rows: Sequence[Row], prompts: Sequence[TokenIds], batch: Batch) -> list[list[int]]:
        """Let the student answer; in the first passes the teacher, where something is demonstrated."""
        opening = batch.window * self._settings.rollout_reuse < self._settings.teacher_passes
        led = len(batch.rows) if opening else 0
        self._roles.model.eval()
        completions = self._teacher_writes(rows[:led], prompts[:led]) if led else []
        completions += self._student_writes(prompts[led:], batch) if rows[led:] else []
        self._roles.model.train()
        return completions

    def _teacher_writes(self, rows: Sequence[Row], prompts: Sequence[TokenIds]) -> list[list[int]]:
        end_token, longest = self._roles.loaded.tokenizer.eos_token_id, self._settings.rollout_tokens
        return self._teachers.demonstrations.write(self._reading(rows, prompts), end_token, longest)

    def _student_writes(self, prompts: Sequence[TokenIds], batch: Batch) -> list[list[int]]:
        sampling = Sampling(self._settings.rollout_tokens, self._settings.temperature)
        with self._ledger.phase("rollout", sum(map(len, prompts))):
            completions = self._generator.generate(prompts, sampling, batch.rng(self._settings.seed))
        self._ledger.add("rollout", 0.0, sum(map(len, completions)))
        return completions

    def _score(
        self, rows: Sequence[Row], prompts: Sequence[TokenIds], completions: Sequence[list[int]]
    ) -> list[TeacherScores]:
        """Return one row of scores per completion; similar lengths are scored together."""
        scores: list[TeacherScores | None] = [None] * len(rows)
        shown = self._reading(rows, prompts).shown
        for kind in (False, True):
            members = sorted((i for i, (_, anchor) in enumerate(rows) if anchor is kind), key=lambda i: len(shown[i]))
            if not members:
                continue
            reading = self._reading([rows[i] for i in members], [prompts[i] for i in members])
            teacher = self._teachers.anchors if kind else self._teachers.demonstrations
            together = teacher.score(reading, [completions[i] for i in members])
            for place, i in enumerate(members):
                length = len(completions[i])
                scores[i] = TeacherScores(together.indices_BTK[place, :length], together.log_probs_BTK[place, :length])
        return [score for score in scores if score is not None]

    def _reading(self, rows: Sequence[Row], prompts: Sequence[TokenIds]) -> Reading:
        """Return what the teacher reads: anchors as the student does, demonstrations with what they show."""
        lesson = self._lesson
        shown = [prompt if anchor else lesson.teacher[row] for (row, anchor), prompt in zip(rows, prompts, strict=True)]
        if any(anchor for _, anchor in rows):
            return Reading(shown)
        return Reading(shown, prompts, None if lesson.empty is None else [lesson.empty[row] for row, _ in rows])

    def _learn(self, rollout: Rollout, demonstrations: int, prefix: Prefix | None) -> float:
        logits_BTV, mask_BT = completion_logits(self._roles.model, rollout.prompts, rollout.completions, prefix)
        nats_BT = self._divergence.per_token(rollout.scores, logits_BTV)
        anchor_B = torch.tensor(rollout.is_anchor)
        if self._settings.mask_thinking:
            mask_BT = mask_BT * heard(self._roles.loaded.tokenizer, rollout.prompts, rollout.completions)
        skipped_BT = mask_BT.cumsum(1) <= self._settings.skip_tokens
        kept_BT = mask_BT * ~(skipped_BT & ~anchor_B[:, None])
        anchors = max(1, round(demonstrations * self._settings.anchor_share))
        weight_B = torch.where(anchor_B, self._settings.anchor_weight / anchors, 1 / demonstrations)
        loss = (weight_B * mean_over_tokens(nats_BT, kept_BT)).sum()
        torch.autograd.backward(loss)
        return float(loss.detach())
