"""What an arm starts from, what it is to learn, and how."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clinical_sdft.ingest.prior_prompts import Labelled
from clinical_sdft.models.adapters import Adapter
from clinical_sdft.models.generation import Generator
from clinical_sdft.models.loading import LoadedModel
from data_contracts import Demonstration, Digest, LoraSettings, PreflightReport, TrainingSettings


@dataclass(frozen=True)
class Incumbent:
    """The version an update starts from: its weights in memory, its adapter, and both digests."""

    loaded: LoadedModel
    adapter: Adapter | None
    adapter_digest: Digest


@dataclass(frozen=True)
class Plan:
    """What an arm is to learn, and how.

    `lineage` are the adapters from the first to the incumbent's own, `replay` the prior prompts that carry an answer,
    `prior_groups` the group of each prior prompt, "" where it has none.
    """

    demonstrations: Sequence[Demonstration]
    demonstrations_digest: Digest
    prior_prompts: Sequence[str]
    preflight: PreflightReport | None
    system_prompt: str
    training: TrainingSettings
    lora: LoraSettings
    replay: Sequence[Labelled] = ()
    lineage: Sequence[Digest] = ()
    prior_groups: Sequence[str] = ()
    writer: Callable[[Callable[[], Adapter], int], Generator] | None = None
    """Makes what writes the rollouts, from the candidate's adapter relative to the base and the end token."""
