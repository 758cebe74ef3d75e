"""What `run-once` does: everything the inbox asks for that no person must decide first.

A guideline `inbox/guidelines/NAME.yaml` comes with its held-out suite `inbox/suites/NAME.yaml`; the records in
`inbox/records` serve every guideline whose diagnoses they carry. Running it again changes nothing.
"""

from dataclasses import dataclass
from pathlib import Path

from clinical_sdft.deid.records import has_records
from clinical_sdft.errors import ClinicalSdftError, InputError
from clinical_sdft.evaluation.suites import read_suite
from clinical_sdft.files import write_bytes
from clinical_sdft.ingest.guidelines import read_guideline
from clinical_sdft.ingest.order import compare
from clinical_sdft.locks import held
from clinical_sdft.ops.serving.mlflow_mirror import mirror_if_wanted
from clinical_sdft.pipeline import run_update
from clinical_sdft.stages.update import Request
from clinical_sdft.watch import Watcher
from clinical_sdft.workspace import Workspace
from data_contracts import Guideline, UpdateStatus, Verdict
from governance.services import commands, queries
from governance.services.handle import Governance
from governance.services.views import UpdateSummary, may

SUFFIXES = (".yaml", ".yml", ".json")
_NEXT = {
    UpdateStatus.WAITING: "waiting for two signatures (`clinical-sdft review list`)",
    UpdateStatus.APPROVED: "approved; promote it with `clinical-sdft promote`",
    UpdateStatus.PROMOTED: "in force",
    UpdateStatus.REJECTED: "rejected by a reviewer",
}


@dataclass(frozen=True)
class FileState:
    """Where a guideline file of the inbox stands."""

    file: str
    update_id: str | None
    state: str
    exit_code: int = 0


def work_through(workspace: Workspace, governance: Governance, actor: str, watcher: Watcher) -> list[FileState]:
    """Promote what two people have approved, then take every guideline of the inbox as far as it goes alone."""
    _promote_approved(governance, workspace, actor, watcher)
    files = sorted(f for f in workspace.guidelines.iterdir() if f.suffix in SUFFIXES)
    return [_work_on(workspace, governance, actor, watcher, file) for file in files]


def _promote_approved(governance: Governance, workspace: Workspace, actor: str, watcher: Watcher) -> None:
    """Promote, and export the log once for each promotion, even where the run that promoted was killed before that."""
    if not any(person.username == actor and may(person, "promote") for person in queries.people(governance)):
        return  # the state of the file says that somebody must promote
    with held(workspace.exports / ".lock", f"exports of {workspace.root}", "promotion and its export"):
        for row in queries.updates(governance):
            owed = workspace.exports / f"{row.update_id}.owed"
            if row.status is UpdateStatus.APPROVED:
                write_bytes(owed, b"")  # first: it outlives a run that ends between promotion and export
                commands.promote(governance, update_id=row.update_id, actor=actor)
            elif row.status is not UpdateStatus.PROMOTED or not owed.is_file():
                continue
            _export(governance, workspace, actor, row.update_id)
            owed.unlink()
            watcher.say(f"{row.update_id}: promoted; audit export {workspace.exports / f'{row.update_id}.zip'}")
    mirror_if_wanted(workspace.settings.serving, governance, watcher.say)


def _export(governance: Governance, workspace: Workspace, actor: str, update_id: str) -> None:
    commands.checkpoint(governance)
    commands.export_audit(governance, workspace.exports / f"{update_id}.zip", actor=actor)


def _work_on(workspace: Workspace, governance: Governance, actor: str, watcher: Watcher, file: Path) -> FileState:
    try:
        guideline = read_guideline(file)
        known = _update_of(governance, guideline.digest)
        if known is not None and known.status in _NEXT:
            return FileState(file.name, known.update_id, _NEXT[known.status])
        newer = _newer_one(workspace, governance, file, guideline)
        if newer is not None:
            return FileState(file.name, None, f"replaced by {newer} of the inbox; not worked on")
        suite = read_suite(_suite_file(workspace, file))
        records = workspace.records if has_records(workspace.records) else None
        outcome = run_update(workspace, governance, Request(guideline, suite, records, actor), watcher)
    except ClinicalSdftError as error:
        return FileState(file.name, None, str(error), error.exit_code)
    sdft = outcome.arm("sdft")
    if sdft.verdict is Verdict.PASS:
        return FileState(file.name, sdft.update_id, _NEXT[sdft.status])
    return FileState(file.name, sdft.update_id, f"blocked by the gate: {sdft.decision.reason}", 3)


def _newer_one(workspace: Workspace, governance: Governance, file: Path, guideline: Guideline) -> str | None:
    """Return the file of the inbox whose guideline replaces this one; None where there is none.

    Raises:
        InputError: two of them disagree about which is newer.
    """
    decided = queries.ordered_guidelines(governance)
    for other in sorted(workspace.guidelines.iterdir()):
        if other == file or other.suffix not in SUFFIXES:
            continue
        try:
            beside = read_guideline(other)
        except InputError:
            continue  # it is reported where it is worked on
        if compare(guideline, beside, decided) == "older":
            return other.name
    return None


def _suite_file(workspace: Workspace, guideline: Path) -> Path:
    folder = workspace.root / "inbox" / "suites"
    candidates = [folder / f"{guideline.stem}{ending}" for ending in (".yaml", ".yml", ".json")]
    return next((path for path in candidates if path.is_file()), candidates[0])


def _update_of(governance: Governance, guideline: str) -> UpdateSummary | None:
    """Return the newest update by this guideline that is not a control arm."""
    for row in queries.updates(governance):
        if not row.control and queries.update_detail(governance, row.update_id).bundle.guideline == guideline:
            return row
    return None
