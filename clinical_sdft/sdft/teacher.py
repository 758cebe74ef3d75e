"""The teacher: the model itself, shown the demonstration. Whose weights it has is one of three.

- frozen: the incumbent's, for the whole update (arXiv 2607.01763 restarts and freezes); its scores can be kept;
- ema: an exact average of the student's over time (Shenfeld et al. 2026, arXiv 2601.19897, rate 0.01 to 0.05);
- live: the student's of the moment, as a control: it follows its own errors.

One set of base weights serves all of them and the student.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from clinical_sdft.models.adapters import RoleModel
from clinical_sdft.models.average import AverageDelta, follow
from clinical_sdft.models.generation import BatchGenerator, Sampling, TokenIds
from clinical_sdft.sdft.amplified import generate_amplified
from clinical_sdft.sdft.cost import Ledger
from clinical_sdft.sdft.divergence import Support, keep_full, keep_sampled
from clinical_sdft.sdft.forward import completion_logits, right_pad
from clinical_sdft.sdft.loss import TeacherScores, keep_top, sharpen
from data_contracts import TrainingSettings


@dataclass(frozen=True)
class Reading:
    """What the teacher reads before completions, row by row: only `shown` holds the demonstrations.

    `plain` are the student's own prompts (for amplification), `empty` the template around nothing (for calibration).
    """

    shown: Sequence[TokenIds]
    plain: Sequence[TokenIds] | None = None
    empty: Sequence[TokenIds] | None = None


class Teacher(Protocol):
    """Scores completions, and may follow the student."""

    @property
    def moves(self) -> bool:
        """Whether its scores hold for one optimizer step only."""
        ...

    def score(self, reading: Reading, completions: Sequence[TokenIds]) -> TeacherScores:
        """Score completions after what it read."""
        ...

    def write(self, reading: Reading, end_token: int, longest: int) -> list[list[int]]:
        """Return its own greedy completions, of at most `longest` tokens, after what it read."""
        ...

    def follow(self) -> None:
        """Take notice of an optimizer step."""
        ...

    def state(self) -> dict[str, torch.Tensor]:
        """Return what a checkpoint must keep."""
        ...

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Take up what `state` returned."""
        ...


@dataclass(frozen=True)
class Scoring:
    """How a teacher's distribution is formed and how much of it is kept."""

    beta: float = 0.0
    calibration: float = 0.0
    support: Support = "top_k"
    top_k: int = 64

    @torch.no_grad()
    def scores(self, model: Any, ledger: Ledger, reading: Reading, completions: Sequence[TokenIds]) -> TeacherScores:
        """Score completions with a model as it stands."""
        tokens = sum(len(prompt) + len(reply) for prompt, reply in zip(reading.shown, completions, strict=True))
        with ledger.phase("teacher", tokens):
            logits_BTV, _ = completion_logits(model, reading.shown, completions)
            log_probs_BTV = torch.log_softmax(logits_BTV.float(), dim=-1)
            if reading.plain is not None and (self.beta or self.calibration):
                plain_BTV = _log_probs(model, reading.plain, completions)
                empty_BTV = None
                if reading.empty is not None and self.calibration:
                    empty_BTV = _log_probs(model, reading.empty, completions)
                log_probs_BTV = sharpen(log_probs_BTV, plain_BTV, self.beta, empty_BTV, self.calibration)
        return self._kept(log_probs_BTV, completions)

    def written(self, model: Any, ledger: Ledger, reading: Reading, end_token: int, longest: int) -> list[list[int]]:
        """Return the greedy completions of a model as it stands."""
        sharp = reading.plain is not None and bool(self.beta or self.calibration)
        read = [*reading.shown, *(reading.plain or ()), *(reading.empty or ())] if sharp else reading.shown
        with ledger.phase("rollout", sum(map(len, read))):
            if sharp:
                plain, empty = reading.plain or (), (reading.empty or ()) if self.calibration else ()
                written = generate_amplified(
                    model, reading.shown, plain, self.beta, end_token, longest, empty, self.calibration
                )
            else:
                written = BatchGenerator(model, end_token, batch_size=64).generate(reading.shown, Sampling(longest))
        ledger.add("rollout", 0.0, sum(map(len, written)))
        return written

    def _kept(self, log_probs_BTV: torch.Tensor, completions: Sequence[TokenIds]) -> TeacherScores:
        if self.support == "full":
            return keep_full(log_probs_BTV)
        if self.support == "sampled":
            return keep_sampled(log_probs_BTV, right_pad(completions, log_probs_BTV.shape[1])[0])
        return keep_top(log_probs_BTV, self.top_k)


@dataclass(frozen=True)
class FrozenTeacher:
    """The incumbent's weights, whatever the candidate has become."""

    roles: RoleModel
    ledger: Ledger
    scoring: Scoring = Scoring()
    moves: bool = False

    def score(self, reading: Reading, completions: Sequence[TokenIds]) -> TeacherScores:
        """Score completions as the incumbent."""
        with self.roles.acting("incumbent") as model:
            return self.scoring.scores(model, self.ledger, reading, completions)

    def write(self, reading: Reading, end_token: int, longest: int) -> list[list[int]]:
        """Write as the incumbent."""
        with self.roles.acting("incumbent") as model:
            return self.scoring.written(model, self.ledger, reading, end_token, longest)

    def follow(self) -> None:
        """It stays."""

    def state(self) -> dict[str, torch.Tensor]:
        """It has none."""
        return {}

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """There is nothing to take up."""


@dataclass(frozen=True)
class LiveTeacher:
    """The candidate's weights of the moment."""

    roles: RoleModel
    ledger: Ledger
    scoring: Scoring = Scoring()
    moves: bool = True

    def score(self, reading: Reading, completions: Sequence[TokenIds]) -> TeacherScores:
        """Score completions as the candidate."""
        with self.roles.acting("candidate") as model:
            return self.scoring.scores(model, self.ledger, reading, completions)

    def write(self, reading: Reading, end_token: int, longest: int) -> list[list[int]]:
        """Write as the candidate."""
        with self.roles.acting("candidate") as model:
            return self.scoring.written(model, self.ledger, reading, end_token, longest)

    def follow(self) -> None:
        """It is the candidate already."""

    def state(self) -> dict[str, torch.Tensor]:
        """The candidate's factors are all it has."""
        return {}

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """There is nothing to take up."""


class EmaTeacher:
    """The exact average of the candidate's delta over the steps so far, from the incumbent (no delta) on."""

    moves = True

    def __init__(self, roles: RoleModel, ledger: Ledger, scoring: Scoring, rate: float) -> None:
        """Every step takes a share `rate` of the candidate in."""
        self._roles = roles
        self._ledger = ledger
        self._scoring = scoring
        self._rate = rate
        self._averages: dict[str, AverageDelta] = {}

    def score(self, reading: Reading, completions: Sequence[TokenIds]) -> TeacherScores:
        """Score completions as the average; before the first step that is the incumbent."""
        with self._acting() as model:
            return self._scoring.scores(model, self._ledger, reading, completions)

    def write(self, reading: Reading, end_token: int, longest: int) -> list[list[int]]:
        """Write as the average."""
        with self._acting() as model:
            return self._scoring.written(model, self._ledger, reading, end_token, longest)

    def follow(self) -> None:
        """Take a step towards the candidate."""
        follow(self._averages, self._roles.candidate_adapter(), self._rate)

    def state(self) -> dict[str, torch.Tensor]:
        """Return the averages' tensors as `module:name`."""
        named = ((module, average.tensors) for module, average in self._averages.items())
        return {f"{module}:{name}": value for module, tensors in named for name, value in tensors.items()}

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Take up what `state` returned."""
        modules: dict[str, dict[str, torch.Tensor]] = {}
        for key, value in tensors.items():
            module, _, name = key.rpartition(":")
            modules.setdefault(module, {})[name] = value
        self._averages = {module: AverageDelta(parts) for module, parts in modules.items()}

    def _acting(self) -> AbstractContextManager[Any]:
        return self._roles.standing_in(self._averages) if self._averages else self._roles.acting("incumbent")


def teacher_of(settings: TrainingSettings, roles: RoleModel, ledger: Ledger, scoring: Scoring) -> Teacher:
    """Return the teacher that the settings ask for."""
    if settings.teacher == "ema":
        return EmaTeacher(roles, ledger, scoring, settings.ema_rate)
    if settings.teacher == "live":
        return LiveTeacher(roles, ledger, scoring)
    return FrozenTeacher(roles, ledger, scoring)


def _log_probs(model: Any, prompts: Sequence[TokenIds], completions: Sequence[TokenIds]) -> torch.Tensor:
    logits_BTV, _ = completion_logits(model, prompts, completions)
    return torch.log_softmax(logits_BTV.float(), dim=-1)
