"""Stage four: train an arm from the version in force."""

import gc
from collections.abc import Sequence

from clinical_sdft.models.adapters import FILE_NAME
from clinical_sdft.sdft.arms import MANIFEST, Plan, train_arm
from clinical_sdft.stages.draft import demonstrations_digest
from clinical_sdft.stages.update import Arm, Update, load
from data_contracts import NO_ADAPTER, AdapterManifest, Demonstration, Digest, PreflightReport
from governance.services import queries


def train(
    update: Update, arm: Arm, demonstrations: Sequence[Demonstration], checked: PreflightReport
) -> AdapterManifest:
    """Train an arm from the incumbent."""
    folder = update.folder / arm
    settings = update.workspace.settings
    plan = Plan(
        demonstrations=demonstrations,
        demonstrations_digest=demonstrations_digest(update),
        prior_prompts=update.workspace.prior_prompts(),
        preflight=checked,
        system_prompt=settings.system_prompt,
        training=settings.training,
        lora=settings.lora,
        replay=update.workspace.labelled_prompts(),
        lineage=_lineage(update),
        prior_groups=update.workspace.prior_groups(),
    )
    if not (folder / MANIFEST).is_file():
        incumbent = load(update, update.incumbent_adapter, update.incumbent)
        train_arm(arm, incumbent, plan, folder, lambda report: update.watcher.step(arm, report))
        del incumbent
        gc.collect()
    manifest = AdapterManifest.from_bytes((folder / MANIFEST).read_bytes())
    update.governance.objects.put_file(folder / FILE_NAME)
    digest = update.governance.objects.put_contract(manifest)
    update.note("candidate-trained", digest, arm=arm, steps=len(manifest.losses), seconds=manifest.cost.seconds)
    return manifest


def _lineage(update: Update) -> tuple[Digest, ...]:
    """Return the adapters from the first to the incumbent's own."""
    line = queries.model_lineage(update.governance, update.incumbent)
    return tuple(one.adapter for one in reversed(line) if one.adapter is not None and one.adapter != NO_ADAPTER)
