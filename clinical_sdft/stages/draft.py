"""Stage two: demonstrations from the guideline's cases and the clean records."""

from clinical_sdft.errors import QuarantineError
from clinical_sdft.files import read_contracts, write_contracts
from clinical_sdft.ingest.demonstrations import draft_demonstrations
from clinical_sdft.ingest.rules.inbox import read_inbox
from clinical_sdft.stages.update import Update
from data_contracts import DeidentifiedRecord, Demonstration, Digest, sha256_digest


def draft(update: Update, released: tuple[DeidentifiedRecord, ...]) -> tuple[Demonstration, ...]:
    """Turn the guideline's cases and the clean records into demonstrations."""
    file = update.folder / "demonstrations.jsonl"
    if not file.is_file():
        by_rules = read_inbox(update.workspace.root / "inbox", update.request.guideline)
        if not released and not update.request.guideline.cases and not by_rules:
            raise QuarantineError(f"update {update.id}: no record left quarantine and the guideline has no cases")
        drafted = draft_demonstrations(update.request.guideline, released, update.workspace.phrasing, by_rules)
        write_contracts(file, drafted.demonstrations)
    demonstrations = read_contracts(file, Demonstration)
    digest = update.governance.objects.put_file(file)
    update.note("demonstrations-drafted", digest, count=len(demonstrations))
    ruled = sum(one.rule is not None for one in demonstrations)
    update.watcher.say(f"  demonstrations: {len(demonstrations)}" + (f", {ruled} by rules" if ruled else ""))
    return demonstrations


def demonstrations_digest(update: Update) -> Digest:
    """Return the digest of the demonstrations as they are trained on."""
    return sha256_digest((update.folder / "demonstrations.jsonl").read_bytes())
