"""Stage one: identifiers out of the records; what is not surely clean goes to quarantine."""

from pathlib import Path

from clinical_sdft.deid import Deidentifier, DeidResult, chosen_ner, deidentify_all, load_key, named_policy
from clinical_sdft.deid.errors import PatternTimeoutError
from clinical_sdft.deid.quality.release import gold_check
from clinical_sdft.files import read_contracts, write_bytes, write_contracts
from clinical_sdft.stages.update import Update
from clinical_sdft.workspace import Workspace
from data_contracts import DeidentificationReport, DeidentifiedRecord, QuarantinedRecord


def deidentify(update: Update) -> tuple[tuple[DeidentifiedRecord, ...], DeidentificationReport | None]:
    """Take identifiers out of the records; what is not surely clean goes to quarantine."""
    if update.request.records is None:
        return (), None
    released_file = update.folder / "deidentified.jsonl"
    report_file = update.folder / "deidentification.json"
    if not report_file.is_file():
        deidentifier = _deidentifier(update.workspace)
        result: DeidResult = deidentify_all(update.request.records, deidentifier)
        report = _checked(update, deidentifier, result.report)
        write_contracts(released_file, result.released)
        write_contracts(update.folder / "quarantine.jsonl", result.quarantined)
        write_bytes(report_file, report.canonical_bytes())
    report = DeidentificationReport.from_bytes(report_file.read_bytes())
    digest = update.governance.objects.put_contract(report)
    counts = {"released": report.released, "quarantined": report.quarantined}
    update.note("records-deidentified", digest, policy=report.policy, **counts)
    for held in read_contracts(update.folder / "quarantine.jsonl", QuarantinedRecord):
        update.note("record-quarantined", held.record, reason=held.reason)
    update.watcher.say(f"  records: {report.released} de-identified, {report.quarantined} in quarantine")
    return read_contracts(released_file, DeidentifiedRecord), report


def _checked(update: Update, deidentifier: Deidentifier, report: DeidentificationReport) -> DeidentificationReport:
    """Add to the report what the engine reaches on held-out notes; where that runs out of time, it stands empty."""
    try:
        gold = gold_check(deidentifier, update.workspace.root / "cache")
    except PatternTimeoutError:
        update.watcher.say("  the check on held-out notes ran out of time: the report goes without it")
        return report
    return report.model_copy(update={"gold": gold})


def deidentify_trial(workspace: Workspace, records: Path) -> DeidResult:
    """De-identify records without keeping anything."""
    return deidentify_all(records, _deidentifier(workspace))


def _deidentifier(workspace: Workspace) -> Deidentifier:
    settings = workspace.settings
    ner = chosen_ner(settings.deid_ner, settings.deid_ner_digest)
    return Deidentifier(ner, named_policy(settings.deid_policy), load_key(workspace.root))
