"""Stage four: train an arm from the version in force."""

import gc
import os
from collections.abc import Callable, Sequence

from clinical_sdft.models.adapters import FILE_NAME, Adapter
from clinical_sdft.models.generation import Generator
from clinical_sdft.models.probe import PROBE, measured
from clinical_sdft.ops.processes import TrainingJob, train_in_processes
from clinical_sdft.ops.rollouts import ServerGenerator
from clinical_sdft.ops.serving.http import Connection
from clinical_sdft.ops.serving.vllm import VllmServer
from clinical_sdft.sdft.arms import MANIFEST, Plan, train_arm
from clinical_sdft.stages.draft import demonstrations_digest
from clinical_sdft.stages.update import Arm, Update, load
from clinical_sdft.versions import base_folder
from clinical_sdft.workspace import Workspace
from data_contracts import NO_ADAPTER, AdapterManifest, Demonstration, Digest, PreflightReport, TrainingSettings
from governance.services import queries


def train(
    update: Update, arm: Arm, demonstrations: Sequence[Demonstration], checked: PreflightReport
) -> AdapterManifest:
    """Train an arm from the incumbent."""
    folder = update.folder / arm
    settings = update.workspace.settings
    training = measured(settings.training, update.workspace.root / PROBE)
    if not (folder / MANIFEST).is_file():
        if settings.processes > 1:
            train_in_processes(_job(update, arm, checked, training), settings.processes)
        else:
            _train_here(update, arm, demonstrations, checked, training)
    manifest = AdapterManifest.from_bytes((folder / MANIFEST).read_bytes())
    update.governance.objects.put_file(folder / FILE_NAME)
    digest = update.governance.objects.put_contract(manifest)
    update.note("candidate-trained", digest, arm=arm, steps=len(manifest.losses), seconds=manifest.cost.seconds)
    return manifest


def _train_here(
    update: Update,
    arm: Arm,
    demonstrations: Sequence[Demonstration],
    checked: PreflightReport,
    training: TrainingSettings,
) -> None:
    settings = update.workspace.settings
    plan = Plan(
        demonstrations=demonstrations,
        demonstrations_digest=demonstrations_digest(update),
        prior_prompts=update.workspace.prior_prompts(),
        preflight=checked,
        system_prompt=settings.system_prompt,
        training=training,
        lora=settings.lora,
        replay=update.workspace.labelled_prompts(),
        lineage=_lineage(update),
        prior_groups=update.workspace.prior_groups(),
        writer=_server_writer(update.workspace) if settings.rollout_server else None,
    )
    incumbent = load(update, update.incumbent_adapter, update.incumbent)
    train_arm(arm, incumbent, plan, update.folder / arm, lambda report: update.watcher.step(arm, report))
    del incumbent
    gc.collect()


def _job(update: Update, arm: Arm, checked: PreflightReport, training: TrainingSettings) -> TrainingJob:
    """Write down what the processes need; they read the files that are here already."""
    settings, adapter = update.workspace.settings, update.incumbent_adapter
    return TrainingJob(
        arm=arm,
        folder=str((update.folder / arm).resolve()),
        base=str(base_folder(settings.model)),
        adapter_file=None if adapter == NO_ADAPTER else str(update.governance.objects.path(adapter).resolve()),
        adapter=adapter,
        version=update.incumbent,
        demonstrations=str((update.folder / "demonstrations.jsonl").resolve()),
        demonstrations_digest=demonstrations_digest(update),
        prior_prompts=tuple(update.workspace.prior_prompts()),
        preflight=checked,
        system_prompt=settings.system_prompt,
        training=training,
        lora=settings.lora,
        replay=tuple(update.workspace.labelled_prompts()),
        lineage=_lineage(update),
        prior_groups=tuple(update.workspace.prior_groups()),
    )


def _lineage(update: Update) -> tuple[Digest, ...]:
    """Return the adapters from the first to the incumbent's own."""
    line = queries.model_lineage(update.governance, update.incumbent)
    return tuple(one.adapter for one in reversed(line) if one.adapter is not None and one.adapter != NO_ADAPTER)


def _server_writer(workspace: Workspace) -> Callable[[Callable[[], Adapter], int], Generator]:
    """Return what lets the server of the settings write rollouts."""
    settings = workspace.settings
    key = os.environ.get("CLINICAL_SDFT_VLLM_API_KEY")
    server = VllmServer(Connection(settings.rollout_server, settings.serving.answer_seconds, key))
    folder, seen_as = workspace.rollout_adapters, settings.rollout_adapters_path

    def writer(current: Callable[[], Adapter], end_token: int) -> Generator:
        return ServerGenerator(server, current, folder, seen_as, end_token)

    return writer
