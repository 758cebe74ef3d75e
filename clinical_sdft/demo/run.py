"""The demo: the whole line on the embedded model, with written cases, fictitious records and played reviewers."""

import json
import secrets
import shutil
import time
from pathlib import Path

from clinical_sdft.demo.facts import data_file
from clinical_sdft.demo.hospital import prior_prompts
from clinical_sdft.demo.report import demo_report
from clinical_sdft.demo.suites import new_suite, prior_suites
from clinical_sdft.errors import DigestMismatchError
from clinical_sdft.files import write_bytes
from clinical_sdft.ingest.guidelines import read_guideline
from clinical_sdft.models.adapters import FILE_NAME
from clinical_sdft.models.loading import base_digest, model_digest
from clinical_sdft.outcome import UpdateOutcome
from clinical_sdft.pipeline import run_update
from clinical_sdft.stages.update import Request
from clinical_sdft.versions import base_folder
from clinical_sdft.watch import Watcher
from clinical_sdft.workspace import POLICY, PRIOR_PROMPTS, Workspace
from data_contracts import AdapterManifest, Person, PersonRole, TrainingSettings, UpdateStatus, canonical_json
from governance.services import commands, queries
from governance.services.handle import Governance, create

GUIDELINE = "guideline_differentials.yaml"
PEOPLE = (
    Person(username="engineer", printed_name="Demo Engineer", roles=(PersonRole.REQUESTER,)),
    Person(username="clinician", printed_name="Demo Clinician", roles=(PersonRole.CLINICIAN,)),
    Person(username="approver", printed_name="Demo Approver", roles=(PersonRole.APPROVER,)),
    Person(
        username="compliance",
        printed_name="Demo Compliance Officer",
        roles=(PersonRole.COMPLIANCE, PersonRole.ADMINISTRATOR),
    ),
)
DEID_KEY = "c0ffee" * 10 + "c0ff"
"""The demo's records are fictitious, so their key may be known; with it every run sees the same surrogates."""


def run_demo(root: Path, watcher: Watcher, *, seed: int | None = None, sign: bool = True) -> dict[str, object]:
    """Run the demo in a workspace folder and return what `report.json` there holds.

    Args:
        root: the workspace; an interrupted demo in it is taken up.
        watcher: hears how it goes.
        seed: of the training; None is the default of the settings.
        sign: play the two reviewers; False leaves the update waiting in the review page.
    """
    start = time.perf_counter()
    finished = root / "report.json"
    if finished.is_file():
        watcher.say(f"{root}: this demo is finished; its report is shown again")
        shown: dict[str, object] = json.loads(finished.read_text("utf-8"))
        return shown
    workspace, governance = prepare(root, seed)
    install_hospital_model(workspace, governance, watcher)
    outcome = _outcome(workspace, governance, watcher)
    if sign:
        play_reviewers(workspace, governance, outcome, watcher)
    commands.checkpoint(governance)
    export = workspace.exports / f"{outcome.update_id}.zip"
    commands.export_audit(governance, export, actor="compliance")
    verified = commands.verify_export(export)
    status = queries.update_detail(governance, outcome.update_id).status
    report = demo_report(workspace, outcome, status, export, verified.ok, time.perf_counter() - start)
    write_bytes(finished, json.dumps(report, indent=2).encode())
    return report


def _outcome(workspace: Workspace, governance: Governance, watcher: Watcher) -> UpdateOutcome:
    """Run the update, or read what it came to: once promoted, the same request would be the next update."""
    file = workspace.root / "outcome.json"
    if not file.is_file():
        request = Request(
            guideline=read_guideline(workspace.guidelines / GUIDELINE),
            suite=new_suite(),
            records=workspace.records,
            requester="engineer",
        )
        write_bytes(file, run_update(workspace, governance, request, watcher).canonical_bytes())
    return UpdateOutcome.from_bytes(file.read_bytes())


def prepare(root: Path, seed: int | None) -> tuple[Workspace, Governance]:
    """Make the demo's workspace: settings, policy, people, suites, prior prompts, and a filled inbox."""
    training = TrainingSettings() if seed is None else TrainingSettings(seed=seed)
    workspace = Workspace.create(root, {"training": training})
    governance = create(root)
    shutil.copyfile(data_file("gate_policy.yaml"), root / POLICY)
    workspace = Workspace(root)
    _write_demo_key(root)
    _add_people(root, governance)
    for suite in prior_suites():
        commands.register_suite(governance, suite, kind="prior", actor="engineer")
    lines = [canonical_json({"question": question}) for question in prior_prompts()]
    write_bytes(root / PRIOR_PROMPTS, b"\n".join(lines) + b"\n")
    shutil.copyfile(data_file(GUIDELINE), workspace.guidelines / GUIDELINE)
    held_out = root / "inbox" / "suites" / GUIDELINE.replace(".yaml", ".json")
    write_bytes(held_out, new_suite().canonical_bytes())
    shutil.copyfile(data_file("records.jsonl"), workspace.records / "records.jsonl")
    return workspace, governance


def install_hospital_model(workspace: Workspace, governance: Governance, watcher: Watcher) -> None:
    """Put version 1 in force: the embedded model with the adapter that ships with the demo.

    Raises:
        DigestMismatchError: the shipped adapter was made for other base weights, or is not what its manifest says.
    """
    manifest = shipped_hospital(base_folder(workspace.settings.model))
    adapter = governance.objects.put(data_file(f"hospital/{FILE_NAME}").read_bytes())
    if adapter != manifest.adapter:
        raise DigestMismatchError(f"hospital adapter: digest is {adapter}, its manifest says {manifest.adapter}")
    governance.objects.put_contract(manifest)
    if queries.current_model(governance) is None:
        reason = "the demo's hospital model, version 1"
        version = model_digest(manifest.base_model, adapter)
        commands.install_model(governance, model=version, adapter=adapter, actor="compliance", reason=reason)
        watcher.say("hospital model, version 1: installed")


def shipped_hospital(base: Path) -> AdapterManifest:
    """Return the manifest of the adapter that ships with the demo.

    Raises:
        DigestMismatchError: it was made for other base weights than those in `base`.
    """
    manifest = AdapterManifest.from_bytes(data_file("hospital/manifest.json").read_bytes())
    if (digest := base_digest(base)) != manifest.base_model:
        raise DigestMismatchError(f"hospital model: base is {digest}, its adapter was made for {manifest.base_model}")
    return manifest


def play_reviewers(workspace: Workspace, governance: Governance, outcome: UpdateOutcome, watcher: Watcher) -> None:
    """Sign as clinician and approver, with their own passwords, and promote; nothing where the gate blocks."""
    detail = queries.update_detail(governance, outcome.update_id)
    if detail.status is UpdateStatus.WAITING:
        passwords = json.loads((workspace.root / "keys" / "demo-people.json").read_text("utf-8"))
        signed = [signature.username for signature in detail.signatures]
        for username in [name for name in ("clinician", "approver") if name not in signed]:
            commands.sign(
                governance,
                update_id=outcome.update_id,
                username=username,
                password=passwords[username],
                decision="approve",
                reason="played by the demo: the gate passed and the report was written",
                bundle=detail.bundle_digest,
            )
    if queries.update_detail(governance, outcome.update_id).status is UpdateStatus.APPROVED:
        commands.promote(governance, update_id=outcome.update_id, actor="approver")
        watcher.say("  signed by two people, promoted")


def _add_people(root: Path, governance: Governance) -> None:
    file = root / "keys" / "demo-people.json"
    known = {person.username for person in queries.people(governance)}
    passwords = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    for person in PEOPLE:
        passwords.setdefault(person.username, secrets.token_urlsafe(12))
    write_bytes(file, json.dumps(passwords, indent=2).encode())
    file.chmod(0o600)
    for person in PEOPLE:
        if person.username not in known:
            commands.add_person(governance, person, passwords[person.username], actor="demo")


def _write_demo_key(root: Path) -> None:
    file = root / "keys" / "deid.key"
    write_bytes(file, DEID_KEY.encode())
    file.chmod(0o600)
