"""Train one arm of an update and leave an adapter with its manifest: SDFT, or plain SFT as the control."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import torch

from clinical_sdft.files import write_bytes
from clinical_sdft.models.adapters import RoleModel, save_adapter, stack
from clinical_sdft.models.compact import compacted
from clinical_sdft.models.loading import LoadedModel
from clinical_sdft.models.probe import dtype_of, threads_set
from clinical_sdft.models.quick import keep_freed_memory
from clinical_sdft.provenance import provenance
from clinical_sdft.sdft.checkpoint import discard_checkpoint
from clinical_sdft.sdft.cost import Ledger
from clinical_sdft.sdft.lessons import replay_lesson, sdft_lesson, sft_lesson
from clinical_sdft.sdft.party import Alone, Party
from clinical_sdft.sdft.plan import Incumbent, Plan
from clinical_sdft.sdft.prior import WithReplay
from clinical_sdft.sdft.sdft import SelfDistillationObjective, Teachers
from clinical_sdft.sdft.sft import SupervisedObjective
from clinical_sdft.sdft.teacher import FrozenTeacher, Scoring, teacher_of
from clinical_sdft.sdft.trainer import Objective, StepReport, train
from clinical_sdft.sdft.trials import Setting
from data_contracts import NO_ADAPTER, AdapterManifest, CostLedger, Digest, canonical_json, sha256_digest

MANIFEST = "manifest.json"

__all__ = ["MANIFEST", "Incumbent", "Plan", "train_arm"]


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

    Raises:
        InputError: a row is longer than the model reads; nothing has been trained then.
    """
    party = party or Alone()
    if (folder / MANIFEST).is_file():
        return AdapterManifest.from_bytes((folder / MANIFEST).read_bytes())
    ledger = Ledger(incumbent.loaded.weights)
    dtype = dtype_of(plan.training.dtype)
    incumbent.loaded.model.to(dtype)
    quick = plan.training.quick or dtype is not torch.float32
    roles = RoleModel(incumbent.loaded, plan.lora, plan.training.seed, quick=quick)
    keep_freed_memory()
    chosen = chosen_teacher(plan) if arm == "sdft" else None
    kept = folder if party.size == 1 else folder / f"rank-{party.rank}-of-{party.size}"
    objective = _sdft(roles, incumbent, plan, chosen, kept, ledger) if chosen else _sft(roles, plan, ledger)
    objective = _with_replay(objective, roles, plan, ledger)
    with threads_set(plan.training.threads):
        losses = train(roles, objective, len(plan.demonstrations), plan.training, folder, ledger, on_step, party)
    ledger.add_up(party)
    if party.rank == 0:
        ledger.reckon_sft(plan.training.passes * _sft_tokens(incumbent.loaded, plan))
        _write(arm, roles, incumbent, plan, chosen, folder, ledger.closed(), losses)
    party.wait()
    return AdapterManifest.from_bytes((folder / MANIFEST).read_bytes())


def _write(
    arm: Literal["sdft", "sft"],
    roles: RoleModel,
    incumbent: Incumbent,
    plan: Plan,
    chosen: Setting | None,
    folder: Path,
    cost: CostLedger,
    losses: tuple[float, ...],
) -> None:
    """Write the adapter, and then the manifest that makes the run a finished one."""
    whole = stack(incumbent.adapter, roles.candidate_adapter())
    kept, lost = compacted(whole, plan.lora.max_rank)
    adapter = save_adapter(kept, folder)
    anchored = arm == "sdft" and bool(plan.prior_prompts) and plan.training.anchor_share > 0
    manifest = AdapterManifest(
        arm=arm,
        base_model=incumbent.loaded.digest,
        parent=incumbent.adapter_digest,
        lineage=_lineage(incumbent, plan),
        adapter=adapter,
        lora=plan.lora,
        training=plan.training,
        template=chosen.template if chosen else None,
        beta=chosen.beta if chosen else 0.0,
        calibration=chosen.calibration if chosen else 0.0,
        demonstrations=plan.demonstrations_digest,
        prior_prompts=_digest(list(plan.prior_prompts)) if anchored else None,
        replay=_digest([[item.question, item.answer] for item in plan.replay]) if _replays(plan) else None,
        norm_lost=lost,
        losses=losses,
        cost=cost,
        provenance=provenance(),
    )
    write_bytes(folder / MANIFEST, manifest.canonical_bytes())
    discard_checkpoint(folder)


def _sft_tokens(loaded: LoadedModel, plan: Plan) -> int:
    """Return the tokens that one pass of plain SFT reads: questions and given answers."""
    lesson = sft_lesson(loaded, plan)
    rows = range(len(plan.demonstrations))
    return sum(len(lesson.prompts[row]) + len(lesson.replies[row]) for row in rows)


def chosen_teacher(plan: Plan) -> Setting:
    """Return the teacher to train with: what the settings fix, and for the rest what the pre-flight chose.

    Raises:
        ValueError: neither names a template.
    """
    training, checked = plan.training, plan.preflight
    if checked is None:
        raise ValueError("no pre-flight was made; self-distillation needs the teacher that it chose")
    template = training.template or checked.template
    if template is None:
        raise ValueError("the pre-flight chose no template; an update without one is refused before training")
    return Setting(
        template,
        checked.beta if training.beta is None else training.beta,
        checked.calibration if training.calibration is None else training.calibration,
    )


def _sdft(
    roles: RoleModel, incumbent: Incumbent, plan: Plan, chosen: Setting, folder: Path, ledger: Ledger
) -> Objective:
    training = plan.training
    lesson = sdft_lesson(roles.loaded, plan, chosen)
    scoring = Scoring(chosen.beta, chosen.calibration, training.support, training.top_k)
    teachers = Teachers(
        demonstrations=teacher_of(training, roles, ledger, scoring),
        anchors=FrozenTeacher(roles, ledger, replace(scoring, beta=0.0, calibration=0.0)),
    )
    objective = SelfDistillationObjective(roles, lesson, teachers, training, folder, ledger)
    if plan.writer is not None:
        end_token = roles.loaded.tokenizer.eos_token_id
        objective.write_with(plan.writer(lambda: stack(incumbent.adapter, roles.candidate_adapter()), end_token))
    return objective


def _sft(roles: RoleModel, plan: Plan, ledger: Ledger) -> Objective:
    replies = sft_lesson(roles.loaded, plan)
    return SupervisedObjective(
        roles, replies.prompts, replies.replies, ledger, mask_thinking=plan.training.mask_thinking
    )


def _with_replay(objective: Objective, roles: RoleModel, plan: Plan, ledger: Ledger) -> Objective:
    if not _replays(plan):
        return objective
    replies = replay_lesson(roles.loaded, plan.replay, plan.system_prompt)
    replay = SupervisedObjective(
        roles,
        replies.prompts,
        replies.replies,
        ledger,
        weight=plan.training.replay_weight,
        mask_thinking=plan.training.mask_thinking,
    )
    return WithReplay(objective, replay, len(plan.replay), plan.training)


def _replays(plan: Plan) -> bool:
    return bool(plan.replay) and plan.training.replay_share > 0


def _lineage(incumbent: Incumbent, plan: Plan) -> tuple[Digest, ...]:
    """Return all adapters before this one; where the caller knows none, the incumbent's alone."""
    known: Sequence[Digest] = plan.lineage
    if not known and incumbent.adapter_digest != NO_ADAPTER:
        known = (incumbent.adapter_digest,)
    return tuple(known)


def _digest(value: Any) -> Digest:
    return sha256_digest(canonical_json(value))
