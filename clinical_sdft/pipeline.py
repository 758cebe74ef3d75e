"""An update from the inbox to the review, in order: the one way through the house.

Each stage reads what the stage before it wrote and writes something new under `runs/<update>`. A stage whose output is
there is not repeated, so an update that was stopped anywhere is finished by starting it again.
"""

from clinical_sdft.outcome import UpdateOutcome
from clinical_sdft.stages.conflicts import settle_first
from clinical_sdft.stages.deidentify import deidentify
from clinical_sdft.stages.draft import draft
from clinical_sdft.stages.evaluate import evaluate
from clinical_sdft.stages.judge import judge_and_submit
from clinical_sdft.stages.probe import probe
from clinical_sdft.stages.teacher import check_teacher, measure_teacher
from clinical_sdft.stages.train import train
from clinical_sdft.stages.update import Arm, Request, open_update
from clinical_sdft.watch import Watcher
from clinical_sdft.workspace import Workspace
from data_contracts import PreflightReport
from governance.services.handle import Governance


def run_update(workspace: Workspace, governance: Governance, request: Request, watcher: Watcher) -> UpdateOutcome:
    """Take a guideline from the inbox to the review queue.

    Raises:
        InputError: the guideline, the records or the suite cannot be used.
        BlockedError: the guideline contradicts suites or earlier demonstrations and nobody has settled it, the
            pre-flight found that no demonstration helps, or the candidate knows removed identifiers.
        QuarantineError: nothing to learn from is left after quarantine.
        BusyError: another process works on this workspace.
    """
    with workspace.lock(f"update by guideline {request.guideline.id}"):
        update = open_update(workspace, governance, request, watcher)
        watcher.say(f"update {update.id}")
        released, report = deidentify(update)
        demonstrations = draft(update, released)
        settle_first(update, demonstrations)
        checked = check_teacher(update, demonstrations)
        arms: tuple[Arm, ...] = ("sdft", "sft") if workspace.settings.control_arm else ("sdft",)
        manifests = {arm: train(update, arm, demonstrations, checked) for arm in arms}
        probe(update, manifests["sdft"].adapter)
        before = evaluate(update, "incumbent", update.incumbent_adapter)
        after = {arm: evaluate(update, arm, manifest.adapter) for arm, manifest in manifests.items()}
        # The control first: once the update itself stands in the review queue, nothing is left to do.
        outcomes = {
            arm: judge_and_submit(update, arm, manifests[arm], checked, report, before, after[arm])
            for arm in reversed(arms)
        }
        return UpdateOutcome(
            update_id=update.id,
            incumbent=update.incumbent,
            demonstrations=len(demonstrations),
            records_released=report.released if report else 0,
            records_quarantined=report.quarantined if report else 0,
            preflight=checked.reason,
            arms=tuple(outcomes[arm] for arm in arms),
        )


def run_preflight(workspace: Workspace, governance: Governance, request: Request, watcher: Watcher) -> PreflightReport:
    """Go only as far as the pre-flight and return its report, a refusal too."""
    with workspace.lock(f"pre-flight of guideline {request.guideline.id}"):
        update = open_update(workspace, governance, request, watcher)
        released, _ = deidentify(update)
        demonstrations = draft(update, released)
        settle_first(update, demonstrations)
        return measure_teacher(update, demonstrations)
