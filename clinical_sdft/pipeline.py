"""An update from the inbox to the review, in order: the one way through the house.

Each stage reads what the stage before it wrote and writes something new under `runs/<update>`. A stage whose output is
there is not repeated, so an update that was stopped anywhere is finished by starting it again.
"""

import gc
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clinical_sdft.deid import Deidentifier, DeidResult, SpacyNer, deidentify_all, load_key, named_policy
from clinical_sdft.deid.records import SUFFIXES, keyed_digest
from clinical_sdft.errors import BlockedError, QuarantineError
from clinical_sdft.evaluation.run import evaluate_suites, read_scores
from clinical_sdft.evaluation.suites import refuse_overlap
from clinical_sdft.files import read_contracts, write_bytes, write_contracts
from clinical_sdft.ingest.demonstrations import draft_demonstrations
from clinical_sdft.models.adapters import FILE_NAME
from clinical_sdft.models.loading import base_digest, model_digest
from clinical_sdft.outcome import ArmOutcome, UpdateOutcome
from clinical_sdft.sdft.arms import MANIFEST, Incumbent, Plan, train_arm
from clinical_sdft.sdft.cost import Ledger
from clinical_sdft.sdft.preflight import preflight
from clinical_sdft.versions import base_folder, load_version
from clinical_sdft.watch import Watcher
from clinical_sdft.workspace import Workspace
from data_contracts import (
    AdapterManifest,
    Decoding,
    DeidentificationReport,
    DeidentifiedRecord,
    Demonstration,
    Digest,
    Guideline,
    PreflightReport,
    QuarantinedRecord,
    Suite,
    SuiteScores,
    UpdateBundle,
    canonical_json,
    sha256_digest,
    short,
)
from governance.services import commands, queries
from governance.services.handle import Governance

Arm = Literal["sdft", "sft"]


@dataclass(frozen=True)
class Request:
    """What an update is made of: a guideline, its held-out suite, and the records that show what it means."""

    guideline: Guideline
    suite: Suite
    records: Path | None
    requester: str


@dataclass(frozen=True)
class Update:
    """An update at work: its request, its folder, and what it starts from."""

    id: str
    request: Request
    folder: Path
    workspace: Workspace
    governance: Governance
    watcher: Watcher
    incumbent: Digest
    incumbent_adapter: Digest
    prior_suites: tuple[Suite, ...]

    @property
    def suites(self) -> tuple[Suite, ...]:
        """All suites the candidate must answer, the new one last."""
        return (*self.prior_suites, self.request.suite)

    @property
    def decoding(self) -> Decoding:
        """How replies are generated for scoring."""
        settings = self.workspace.settings
        return Decoding(max_new_tokens=settings.reply_tokens, system_prompt=settings.system_prompt)

    def note(self, action: str, subject: Digest | None = None, **details: str | int | float | bool) -> None:
        """Write an audit event of this update, once: a stage that was stopped is gone through again."""
        noted = queries.events(self.governance, update_id=self.id, action=action, limit=None)
        if any(event.subject == subject for event in noted):
            return
        commands.record_event(
            self.governance,
            actor=self.request.requester,
            action=action,
            subject=subject,
            update_id=self.id,
            details=details,
        )


def run_update(workspace: Workspace, governance: Governance, request: Request, watcher: Watcher) -> UpdateOutcome:
    """Take a guideline from the inbox to the review queue.

    Raises:
        InputError: the guideline, the records or the suite cannot be used.
        BlockedError: the pre-flight found that no demonstration helps.
        QuarantineError: nothing to learn from is left after quarantine.
        BusyError: another process works on this workspace.
    """
    with workspace.lock(f"update by guideline {request.guideline.id}"):
        update = open_update(workspace, governance, request, watcher)
        watcher.say(f"update {update.id}")
        released, report = deidentify(update)
        demonstrations = draft(update, released)
        checked = check_teacher(update, demonstrations)
        arms: tuple[Arm, ...] = ("sdft", "sft") if workspace.settings.control_arm else ("sdft",)
        manifests = {arm: train(update, arm, demonstrations, checked) for arm in arms}
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
        return measure_teacher(update, draft(update, released))


def deidentify_trial(workspace: Workspace, records: Path) -> DeidResult:
    """De-identify records without keeping anything."""
    return deidentify_all(records, _deidentifier(workspace))


def open_update(workspace: Workspace, governance: Governance, request: Request, watcher: Watcher) -> Update:
    """Name an update by the digest of all that goes into it, so that the same input is the same update."""
    current = queries.current_model(governance)
    if current is None:
        raise BlockedError(f"{workspace.root}: no model is installed yet; run `clinical-sdft init` with an adapter")
    prior = queries.prior_suites(governance)
    records = request.records and _records_digest(workspace, request.records)
    inputs = {
        "guideline": request.guideline.digest,
        "suite": request.suite.digest,
        "records": records,
        "prior_prompts": sha256_digest(canonical_json(workspace.prior_prompts())),
        "prior_suites": sorted(suite.digest for suite in prior),
        "incumbent": current.current,
        "policy": workspace.policy.digest,
        # Which servers answer decides nothing about what is trained.
        "settings": sha256_digest(workspace.settings.model_dump_json(exclude={"serving"}).encode()),
    }
    name = f"{request.guideline.id}-{short(sha256_digest(canonical_json(inputs)), 8)}"
    folder = workspace.runs / name
    folder.mkdir(parents=True, exist_ok=True)
    update = Update(
        name,
        request,
        folder,
        workspace,
        governance,
        watcher,
        current.current,
        current.adapter,
        tuple(suite for suite in prior if suite.digest != request.suite.digest),
    )
    governance.objects.put_contract(request.guideline)
    update.note("update-requested", request.guideline.digest, version=request.guideline.version)
    commands.register_suite(governance, request.suite, kind="new", actor=request.requester)
    return update


def deidentify(update: Update) -> tuple[tuple[DeidentifiedRecord, ...], DeidentificationReport | None]:
    """Take identifiers out of the records; what is not surely clean goes to quarantine."""
    if update.request.records is None:
        return (), None
    released_file = update.folder / "deidentified.jsonl"
    report_file = update.folder / "deidentification.json"
    if not report_file.is_file():
        result: DeidResult = deidentify_all(update.request.records, _deidentifier(update.workspace))
        write_contracts(released_file, result.released)
        write_contracts(update.folder / "quarantine.jsonl", result.quarantined)
        write_bytes(report_file, result.report.canonical_bytes())
    report = DeidentificationReport.from_bytes(report_file.read_bytes())
    digest = update.governance.objects.put_contract(report)
    counts = {"released": report.released, "quarantined": report.quarantined}
    update.note("records-deidentified", digest, policy=report.policy, **counts)
    for held in read_contracts(update.folder / "quarantine.jsonl", QuarantinedRecord):
        update.note("record-quarantined", held.record, reason=held.reason)
    update.watcher.say(f"  records: {report.released} de-identified, {report.quarantined} in quarantine")
    return read_contracts(released_file, DeidentifiedRecord), report


def draft(update: Update, released: tuple[DeidentifiedRecord, ...]) -> tuple[Demonstration, ...]:
    """Turn the guideline's cases and the clean records into demonstrations, none of which any suite asks."""
    file = update.folder / "demonstrations.jsonl"
    if not file.is_file():
        if not released and not update.request.guideline.cases:
            raise QuarantineError(f"update {update.id}: no record left quarantine and the guideline has no cases")
        drafted = draft_demonstrations(update.request.guideline, released, update.workspace.phrasing)
        refuse_overlap(drafted.demonstrations, update.suites)
        write_contracts(file, drafted.demonstrations)
    demonstrations = read_contracts(file, Demonstration)
    digest = update.governance.objects.put_file(file)
    update.note("demonstrations-drafted", digest, count=len(demonstrations))
    update.watcher.say(f"  demonstrations: {len(demonstrations)}")
    return demonstrations


def check_teacher(update: Update, demonstrations: tuple[Demonstration, ...]) -> PreflightReport:
    """Stop here where demonstrations do not help."""
    report = measure_teacher(update, demonstrations)
    update.watcher.say(f"  pre-flight: {report.reason}")
    if report.verdict == "refuse":
        raise BlockedError(f"update {update.id}: pre-flight refuses: {report.reason}")
    return report


def measure_teacher(update: Update, demonstrations: tuple[Demonstration, ...]) -> PreflightReport:
    """Measure whether the teacher, shown a demonstration, answers better than the student."""
    file = update.folder / "preflight.json"
    if not file.is_file():
        settings = update.workspace.settings
        report = preflight(
            load(update, update.incumbent_adapter, update.incumbent).loaded,
            demonstrations,
            demonstrations_digest(update),
            update.incumbent,
            system_prompt=settings.system_prompt,
            sample=settings.preflight_sample,
            seed=settings.training.seed,
            max_new_tokens=settings.training.rollout_tokens,
        )
        write_bytes(file, report.canonical_bytes())
    report = PreflightReport.from_bytes(file.read_bytes())
    digest = update.governance.objects.put_contract(report)
    update.note("preflight-measured", digest, verdict=report.verdict, beta=report.beta)
    return report


def train(
    update: Update, arm: Arm, demonstrations: tuple[Demonstration, ...], checked: PreflightReport
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


def evaluate(update: Update, name: str, adapter: Digest) -> tuple[SuiteScores, ...]:
    """Let a version answer every suite."""
    folder = update.folder / "scores" / name
    version = version_digest(update, adapter)
    kept = [read_scores(folder, suite, version, update.decoding) for suite in update.suites]
    start = time.perf_counter()
    if all(kept):
        scores = tuple(scores for scores in kept if scores)
    else:
        incumbent = load(update, adapter, version)
        scores = evaluate_suites(
            incumbent.loaded,
            version,
            update.suites,
            update.decoding,
            folder,
            Ledger(incumbent.loaded.weights),
            lambda done, total: update.watcher.items(name, done, total),
        )
    for suite_scores in scores:
        update.governance.objects.put_contract(suite_scores)
    seconds = round(time.perf_counter() - start, 1)
    update.note("suites-answered", version, model=name, suites=len(scores), seconds=seconds)
    return scores


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
    )


def load(update: Update, adapter: Digest, version: Digest) -> Incumbent:
    """Load a version of the hospital's model from the object store."""
    folder = base_folder(update.workspace.settings.model)
    return load_version(folder, update.governance.objects.path(adapter), adapter, version)


def version_digest(update: Update, adapter: Digest) -> Digest:
    """Return the digest of the base model with an adapter, without loading either."""
    return model_digest(base_digest(base_folder(update.workspace.settings.model)), adapter)


def demonstrations_digest(update: Update) -> Digest:
    """Return the digest of the demonstrations as they are trained on."""
    return sha256_digest((update.folder / "demonstrations.jsonl").read_bytes())


def _deidentifier(workspace: Workspace) -> Deidentifier:
    return Deidentifier(SpacyNer(), named_policy(workspace.settings.deid_policy), load_key(workspace.root))


def _records_digest(workspace: Workspace, records: Path) -> Digest:
    """Return a keyed digest of the record files: without the key nobody can test a guess."""
    key = load_key(workspace.root)
    files = [records] if records.is_file() else sorted(f for f in records.rglob("*") if f.suffix in SUFFIXES)
    return keyed_digest(key, canonical_json([keyed_digest(key, file.read_bytes()) for file in files]))
