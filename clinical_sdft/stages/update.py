"""An update at work: its name, its folder, and what it starts from."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from clinical_sdft.deid import load_key
from clinical_sdft.deid.records import entry_digest, keyed_digest, read_records, source_files
from clinical_sdft.errors import BlockedError
from clinical_sdft.evaluation.prepare import Question
from clinical_sdft.ingest.rules.inbox import read_inbox
from clinical_sdft.models.loading import base_digest, model_digest
from clinical_sdft.sdft.plan import Incumbent
from clinical_sdft.versions import base_folder, load_version
from clinical_sdft.watch import Watcher
from clinical_sdft.workspace import Workspace
from data_contracts import Decoding, Digest, Guideline, Suite, canonical_json, sha256_digest, short
from governance.services import commands, queries
from governance.services.handle import Governance

_OUTSIDE = {"serving", "reidentification_vault", "probe_sample", "accept_demonstrations", "near_duplicate"}

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
    prepared: dict[Digest, tuple[Question, ...]] = field(default_factory=dict)
    """The suites' token ids by suite: made by the first model that answers, used by all."""

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


def open_update(workspace: Workspace, governance: Governance, request: Request, watcher: Watcher) -> Update:
    """Name an update by the digest of all that goes into it, so that the same input is the same update."""
    current = queries.current_model(governance)
    if current is None:
        raise BlockedError(f"{workspace.root}: no model is installed yet; run `clinical-sdft init` with an adapter")
    prior = queries.prior_suites(governance)
    records = request.records and _records_digest(workspace, governance, request.records)
    inputs = {
        "guideline": request.guideline.digest,
        "suite": request.suite.digest,
        "records": records,
        "prior_prompts": sha256_digest(canonical_json(workspace.prior_prompts())),
        "prior_suites": sorted(suite.digest for suite in prior),
        "incumbent": current.current,
        "policy": workspace.policy.digest,
        # What decides nothing about what is trained, and what is asked again each time.
        "settings": sha256_digest(workspace.settings.model_dump_json(exclude=_OUTSIDE).encode()),
    }
    by_rules = read_inbox(workspace.root / "inbox", request.guideline)
    if by_rules:
        inputs["demonstrations"] = sha256_digest(canonical_json([one.digest for one in by_rules]))
    replay = workspace.labelled_prompts()
    if replay and workspace.settings.training.replay_share:
        inputs["replay"] = sha256_digest(canonical_json([[item.question, item.answer] for item in replay]))
    if workspace.settings.training.anchor_sampling == "balanced":
        inputs["prior_groups"] = sha256_digest(canonical_json(workspace.prior_groups()))
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


def load(update: Update, adapter: Digest, version: Digest) -> Incumbent:
    """Load a version of the hospital's model from the object store."""
    folder = base_folder(update.workspace.settings.model)
    return load_version(folder, update.governance.objects.path(adapter), adapter, version)


def version_digest(update: Update, adapter: Digest) -> Digest:
    """Return the digest of the base model with an adapter, without loading either."""
    return model_digest(base_digest(base_folder(update.workspace.settings.model)), adapter)


def _records_digest(workspace: Workspace, governance: Governance, records: Path) -> Digest:
    """Return a keyed digest of the record files, and of what people decided on records that were held back.

    Without the key nobody can test a guess.
    """
    key = load_key(workspace.root)
    digests = [keyed_digest(key, file.read_bytes()) for file in source_files(records)]
    decisions = queries.quarantine_decisions(governance)
    if decisions:
        here = {entry_digest(entry, key) for entry in read_records(records, key)}
        digests += sorted(decision.digest for record, decision in decisions.items() if record in here)
    return keyed_digest(key, canonical_json(digests))
