"""Stage two: demonstrations from the guideline's cases and the clean records."""

from collections.abc import Sequence

from clinical_sdft.errors import QuarantineError
from clinical_sdft.evaluation.suites import refuse_overlap
from clinical_sdft.files import ContractFile, write_contracts
from clinical_sdft.ingest.demonstrations import draft_demonstrations
from clinical_sdft.stages.update import Update
from data_contracts import DeidentifiedRecord, Demonstration, Digest, sha256_digest


def draft(update: Update, released: tuple[DeidentifiedRecord, ...]) -> Sequence[Demonstration]:
    """Turn the guideline's cases and the clean records into demonstrations, none of which any suite asks."""
    file = update.folder / "demonstrations.jsonl"
    if not file.is_file():
        if not released and not update.request.guideline.cases:
            raise QuarantineError(f"update {update.id}: no record left quarantine and the guideline has no cases")
        drafted = draft_demonstrations(update.request.guideline, released, update.workspace.phrasing)
        refuse_overlap(drafted.demonstrations, update.suites)
        write_contracts(file, drafted.demonstrations)
    demonstrations = ContractFile(file, Demonstration)
    digest = update.governance.objects.put_file(file)
    update.note("demonstrations-drafted", digest, count=len(demonstrations))
    update.watcher.say(f"  demonstrations: {len(demonstrations)}")
    return demonstrations


def demonstrations_digest(update: Update) -> Digest:
    """Return the digest of the demonstrations as they are trained on."""
    return sha256_digest((update.folder / "demonstrations.jsonl").read_bytes())
