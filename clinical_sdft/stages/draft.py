"""Stage two: demonstrations from the guideline's cases and the clean records, accepted where they must be."""

from collections.abc import Sequence

from clinical_sdft.errors import QuarantineError
from clinical_sdft.files import ContractFile, write_contracts
from clinical_sdft.ingest.demonstrations import draft_demonstrations
from clinical_sdft.ingest.drafts import from_documents
from clinical_sdft.ingest.rules.inbox import read_inbox
from clinical_sdft.stages.accept import accepted_demonstrations, needs_acceptance, refuse_unaccepted
from clinical_sdft.stages.update import Update
from data_contracts import DeidentifiedRecord, Demonstration, Digest, sha256_digest


def draft(update: Update, released: tuple[DeidentifiedRecord, ...]) -> Sequence[Demonstration]:
    """Turn the guideline's cases and the clean records into demonstrations."""
    file = update.folder / "demonstrations.jsonl"
    if not file.is_file():
        write_contracts(file, _demonstrations(update, released))
    demonstrations = ContractFile(file, Demonstration)
    if needs_acceptance(update):
        refuse_unaccepted(update, demonstrations)
    digest = update.governance.objects.put_file(file)
    update.note("demonstrations-drafted", digest, count=len(demonstrations))
    ruled = sum(one.rule is not None for one in demonstrations)
    update.watcher.say(f"  demonstrations: {len(demonstrations)}" + (f", {ruled} by rules" if ruled else ""))
    return demonstrations


def demonstrations_digest(update: Update) -> Digest:
    """Return the digest of the demonstrations as they are trained on."""
    return sha256_digest((update.folder / "demonstrations.jsonl").read_bytes())


def _demonstrations(update: Update, released: tuple[DeidentifiedRecord, ...]) -> tuple[Demonstration, ...]:
    guideline = update.request.guideline
    by_rules = read_inbox(update.workspace.root / "inbox", guideline)
    if not released and not guideline.cases and not by_rules and not from_documents(guideline):
        raise QuarantineError(f"update {update.id}: no record left quarantine and the guideline has no cases")
    if needs_acceptance(update):
        return accepted_demonstrations(update, released, by_rules)
    return draft_demonstrations(guideline, released, update.workspace.phrasing, by_rules).demonstrations
