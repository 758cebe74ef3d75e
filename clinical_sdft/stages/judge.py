"""Stage seven: the gate decides, and the candidate goes to review."""

from clinical_sdft.files import write_bytes
from clinical_sdft.outcome import ArmOutcome
from clinical_sdft.stages.evaluate import read_cost
from clinical_sdft.stages.update import Arm, Update, version_digest
from data_contracts import AdapterManifest, DeidentificationReport, PreflightReport, SuiteScores, UpdateBundle
from governance.services import commands


def judge_and_submit(
    update: Update,
    arm: Arm,
    manifest: AdapterManifest,
    checked: PreflightReport,
    report: DeidentificationReport | None,
    before: tuple[SuiteScores, ...],
    after: tuple[SuiteScores, ...],
) -> ArmOutcome:
    """Ask the gate, and hand the candidate in for review; the control arm is judged but never promoted."""
    update_id = update.id if arm == "sdft" else f"{update.id}-control"
    objects = update.governance.objects
    decision = commands.judge(
        update.governance,
        policy=update.workspace.policy,
        arm=arm,
        incumbent=before,
        candidate=after,
        suites=update.suites,
        new_suite_id=update.request.suite.id,
        update_id=update_id,
        actor=update.request.requester,
        spend=arm == "sdft",
    )
    file = update.folder / f"bundle-{arm}.json"
    if not file.is_file():
        bundle = UpdateBundle(
            update_id=update_id,
            arm=arm,
            requester=update.request.requester,
            guideline=update.request.guideline.digest,
            guideline_title=update.request.guideline.title,
            demonstrations=manifest.demonstrations,
            deidentification=report.digest if report else None,
            preflight=checked.digest,
            manifest=manifest.digest,
            adapter=manifest.adapter,
            incumbent=update.incumbent,
            candidate=version_digest(update, manifest.adapter),
            new_suite=update.request.suite.digest,
            prior_suites=tuple(suite.digest for suite in update.prior_suites),
            incumbent_scores=tuple(objects.put_contract(scores) for scores in before),
            candidate_scores=tuple(objects.put_contract(scores) for scores in after),
            decision=objects.put_contract(decision),
            created=update.governance.clock(),
        )
        write_bytes(file, bundle.canonical_bytes())
    bundle = UpdateBundle.from_bytes(file.read_bytes())
    status = commands.submit_update(update.governance, bundle)
    update.watcher.say(f"  gate on {arm}: {decision.verdict} ({status})")
    return ArmOutcome(
        arm=arm,
        update_id=update_id,
        status=status,
        bundle=bundle.digest,
        candidate=bundle.candidate,
        decision=decision,
        cost=manifest.cost,
        evaluation=read_cost(update, arm),
    )
