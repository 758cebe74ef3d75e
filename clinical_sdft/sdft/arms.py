"""Train one arm of an update and leave an adapter with its manifest: SDFT, or plain SFT as the control."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from clinical_sdft.files import write_bytes
from clinical_sdft.models.adapters import Adapter, RoleModel, save_adapter, stack
from clinical_sdft.models.generation import Generator
from clinical_sdft.models.loading import LoadedModel
from clinical_sdft.models.probe import dtype_of
from clinical_sdft.models.prompts import chat_prompt, reply_tokens
from clinical_sdft.models.quick import keep_freed_memory, make_quick
from clinical_sdft.provenance import provenance
from clinical_sdft.sdft.checkpoint import discard_checkpoint
from clinical_sdft.sdft.cost import Ledger
from clinical_sdft.sdft.party import Alone, Party
from clinical_sdft.sdft.sdft import Lesson, SelfDistillationObjective
from clinical_sdft.sdft.sft import SupervisedObjective
from clinical_sdft.sdft.teacher import FrozenTeacher
from clinical_sdft.sdft.templates import teacher_prompts
from clinical_sdft.sdft.trainer import StepReport, train
from data_contracts import (
    AdapterManifest,
    Demonstration,
    Digest,
    LoraSettings,
    PreflightReport,
    TrainingSettings,
    canonical_json,
    sha256_digest,
)

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Incumbent:
    """The version an update starts from: its weights in memory, its adapter, and both digests."""

    loaded: LoadedModel
    adapter: Adapter | None
    adapter_digest: Digest


@dataclass(frozen=True)
class Plan:
    """What an arm is to learn, and how."""

    demonstrations: Sequence[Demonstration]
    demonstrations_digest: Digest
    prior_prompts: Sequence[str]
    preflight: PreflightReport
    system_prompt: str
    training: TrainingSettings
    lora: LoraSettings
    writer: Callable[[Callable[[], Adapter], int], Generator] | None = None
    """Makes what writes the rollouts, from the candidate's adapter relative to the base and the end token."""


def train_arm(
    arm: Literal["sdft", "sft"],
    incumbent: Incumbent,
    plan: Plan,
    folder: Path,
    on_step: Callable[[StepReport], None] = lambda report: None,
    party: Party | None = None,
) -> AdapterManifest:
    """Train an arm to its end, taking up an interrupted run, and return its manifest.

    The adapter written is relative to the base model: the incumbent's and the new factors as one. In a `party` the
    first process writes it, and all return its manifest.
    """
    party = party or Alone()
    if (folder / MANIFEST).is_file():
        return AdapterManifest.from_bytes((folder / MANIFEST).read_bytes())
    ledger = Ledger(incumbent.loaded.weights)
    dtype = dtype_of(plan.training.dtype)
    incumbent.loaded.model.to(dtype)
    roles = RoleModel(incumbent.loaded, plan.lora, plan.training.seed)
    keep_freed_memory()
    if plan.training.quick or dtype is not torch.float32:
        make_quick(roles.model)
    if arm == "sdft":
        losses = _sdft(roles, incumbent.adapter, plan, folder, ledger, on_step, party)
    else:
        losses = _sft(roles, plan, folder, ledger, on_step, party)
    ledger.add_up(party)
    if party.rank == 0:
        _write(arm, roles, incumbent, plan, folder, ledger, losses)
    party.wait()
    return AdapterManifest.from_bytes((folder / MANIFEST).read_bytes())


def _write(
    arm: Literal["sdft", "sft"],
    roles: RoleModel,
    incumbent: Incumbent,
    plan: Plan,
    folder: Path,
    ledger: Ledger,
    losses: tuple[float, ...],
) -> None:
    """Write the adapter, and then the manifest that makes the run a finished one."""
    ledger.reckon_sft(plan.training.passes * _sft_tokens(incumbent.loaded.tokenizer, plan))
    adapter = save_adapter(stack(incumbent.adapter, roles.candidate_adapter()), folder)
    anchored = arm == "sdft" and bool(plan.prior_prompts) and plan.training.anchor_share > 0
    manifest = AdapterManifest(
        arm=arm,
        base_model=incumbent.loaded.digest,
        parent=incumbent.adapter_digest,
        adapter=adapter,
        lora=plan.lora,
        training=plan.training,
        template=plan.preflight.template if arm == "sdft" else None,
        beta=plan.preflight.beta if arm == "sdft" else 0.0,
        demonstrations=plan.demonstrations_digest,
        prior_prompts=sha256_digest(canonical_json(list(plan.prior_prompts))) if anchored else None,
        losses=losses,
        cost=ledger.closed(),
        provenance=provenance(),
    )
    write_bytes(folder / MANIFEST, manifest.canonical_bytes())
    discard_checkpoint(folder)


def _sft_tokens(tokenizer: Any, plan: Plan) -> int:
    """Return the tokens that one pass of plain SFT reads: questions and given answers."""
    return sum(
        len(chat_prompt(tokenizer, item.question, plan.system_prompt)) + len(reply_tokens(tokenizer, item.answer))
        for item in plan.demonstrations
    )


def _sdft(
    roles: RoleModel,
    incumbent: Adapter | None,
    plan: Plan,
    folder: Path,
    ledger: Ledger,
    on_step: Callable[[StepReport], None],
    party: Party,
) -> tuple[float, ...]:
    tokenizer = roles.loaded.tokenizer
    limit = roles.loaded.context_tokens - plan.training.rollout_tokens
    template = plan.preflight.template
    if template is None:
        raise ValueError("the pre-flight chose no template; an update without one is refused before training")
    lesson = Lesson(
        student=[chat_prompt(tokenizer, d.question, plan.system_prompt) for d in plan.demonstrations],
        teacher=teacher_prompts(tokenizer, plan.demonstrations, template, limit, plan.system_prompt),
        anchors=[chat_prompt(tokenizer, question, plan.system_prompt) for question in plan.prior_prompts],
    )
    teacher = FrozenTeacher(roles, ledger, beta=plan.preflight.beta)
    kept = folder if party.size == 1 else folder / f"rank-{party.rank}-of-{party.size}"
    objective = SelfDistillationObjective(roles, lesson, teacher, plan.training, kept, ledger)
    if plan.writer is not None:
        objective.write_with(plan.writer(lambda: stack(incumbent, roles.candidate_adapter()), tokenizer.eos_token_id))
    return train(roles, objective, len(plan.demonstrations), plan.training, folder, ledger, on_step, party)


def _sft(
    roles: RoleModel,
    plan: Plan,
    folder: Path,
    ledger: Ledger,
    on_step: Callable[[StepReport], None],
    party: Party,
) -> tuple[float, ...]:
    tokenizer = roles.loaded.tokenizer
    objective = SupervisedObjective(
        roles,
        [chat_prompt(tokenizer, d.question, plan.system_prompt) for d in plan.demonstrations],
        [reply_tokens(tokenizer, d.answer) for d in plan.demonstrations],
        ledger,
    )
    return train(roles, objective, len(plan.demonstrations), plan.training, folder, ledger, on_step, party)
