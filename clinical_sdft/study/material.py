"""What a study is made of: a start, what is known already, and updates that come one after the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from clinical_sdft.study.contracts import SuiteKind
from data_contracts import Demonstration, Suite, sha256_digest

T = TypeVar("T")


@dataclass(frozen=True)
class Stage:
    """One update: its demonstrations, and the suites that are asked from then on."""

    name: str
    demonstrations: tuple[Demonstration, ...]
    suites: tuple[tuple[SuiteKind, Suite], ...]


@dataclass(frozen=True)
class Material:
    """All of one study.

    `preparation` is what the start has still to learn, by plain fine-tuning, once for all arms and seeds; `training`
    what differs from the study's settings; `replies_in` the type of the weights that answer the suites.
    """

    name: str
    stages: tuple[Stage, ...]
    prior_suites: tuple[Suite, ...]
    prior_prompts: tuple[str, ...]
    replay: tuple[Demonstration, ...]
    preparation: tuple[Demonstration, ...] = ()
    start_suites: tuple[tuple[SuiteKind, Suite], ...] = ()
    training: Mapping[str, Any] = field(default_factory=dict)
    replies_in: Literal["float32", "bfloat16"] = "float32"

    def known_before(self, stage: int) -> tuple[Demonstration, ...]:
        """Return the labelled examples that may be replayed in update `stage`: prior ones, then earlier updates'."""
        return (*self.replay, *self._earlier(stage))

    def prompts_before(self, stage: int) -> tuple[str, ...]:
        """Return the unlabelled prompts that may anchor update `stage`: prior ones, then earlier updates'."""
        return (*self.prior_prompts, *(item.question for item in self._earlier(stage)))

    def _earlier(self, stage: int) -> list[Demonstration]:
        return [item for part in self.stages[: max(0, stage - 1)] for item in part.demonstrations]

    def suites_at(self, stage: int) -> list[tuple[SuiteKind, Suite]]:
        """Return the suites that are asked after `stage` updates; 0 asks all that any later stage will ask."""
        taught = self.stages if stage == 0 else self.stages[:stage]
        return [
            *(("prior", suite) for suite in self.prior_suites),
            *self.start_suites,
            *(pair for part in taught for pair in part.suites),
        ]


def labelled(name: str, question: str, answer: str, label: str, quote: str, about: str) -> Demonstration:
    """Return a demonstration of a study: a question with its full reply, and the words it stands on."""
    return Demonstration(
        id=name,
        question=question,
        answer=answer,
        label=label,
        quote=quote,
        guideline=sha256_digest(about.encode()),
        recommendation=about,
    )


def dealt(rows: Sequence[T], parts: int) -> list[Sequence[T]]:
    """Return `rows` in `parts` runs whose lengths differ by one at most."""
    size, rest = divmod(len(rows), parts)
    ends = [size * (i + 1) + min(i + 1, rest) for i in range(parts)]
    return [rows[start:end] for start, end in zip([0, *ends], ends, strict=False)]
