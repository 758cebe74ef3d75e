"""Between drafting and the pre-flight: a clinician accepts, edits or refuses what was drafted."""

from collections.abc import Sequence

from clinical_sdft.errors import AcceptanceNeededError, DigestMismatchError, InputError
from clinical_sdft.files import write_contracts
from clinical_sdft.ingest.drafts import draft_for_acceptance, from_documents
from clinical_sdft.phrases import normalize
from clinical_sdft.stages.update import Update
from data_contracts import DeidentifiedRecord, Demonstration, sha256_digest
from governance.services import queries


def needs_acceptance(update: Update) -> bool:
    """Say whether a clinician must decide on this update's drafts first.

    A draft without an answer is never trained on, whatever the settings say: only an accepted one has an answer.
    """
    wanted = update.workspace.settings.accept_demonstrations
    return wanted == "all" or (wanted == "documents" and from_documents(update.request.guideline))


def accepted_demonstrations(
    update: Update, released: tuple[DeidentifiedRecord, ...], ready: tuple[Demonstration, ...] = ()
) -> tuple[Demonstration, ...]:
    """Return exactly the demonstrations that were accepted; `ready` ones were made elsewhere, as by rules.

    Raises:
        AcceptanceNeededError: drafts wait for a clinician.
        InputError: all were refused, or two accepted ones ask the same and answer differently.
    """
    file = update.folder / "drafts.jsonl"
    if not file.is_file():
        drafts = draft_for_acceptance(update.request.guideline, released, update.workspace.phrasing, ready)
        write_contracts(file, drafts)
    digest = update.governance.objects.put_file(file)
    complete = sum(1 for line in file.read_bytes().splitlines() if b'"question":null' not in line)
    update.note("demonstrations-await-acceptance", digest, complete=complete)
    state = queries.drafts(update.governance, update.id)
    if state.waiting:
        counts = f"{len(state.waiting)} of {len(state.drafts)} drafted demonstrations"
        raise AcceptanceNeededError(
            f"update {update.id}: {counts} wait for a clinician: see the review page, or "
            f"`clinical-sdft demonstrations list {update.id}`"
        )
    if not state.accepted:
        raise InputError(f"update {update.id}: every drafted demonstration was refused; nothing to learn from")
    _refuse_two_answers(update, state.accepted)
    return state.accepted


def refuse_unaccepted(update: Update, demonstrations: Sequence[Demonstration]) -> None:
    """Check that what is about to be trained on is, byte for byte, what was accepted.

    Raises:
        DigestMismatchError: it is not.
    """
    accepted = queries.drafts(update.governance, update.id).accepted
    given, wanted = (
        sha256_digest(row.canonical_bytes() + b"\n" for row in rows) for rows in (demonstrations, accepted)
    )
    if given != wanted:
        raise DigestMismatchError(f"update {update.id}: its demonstrations are not those a clinician accepted")


def _refuse_two_answers(update: Update, demonstrations: Sequence[Demonstration]) -> None:
    seen: dict[str, Demonstration] = {}
    for demonstration in demonstrations:
        first = seen.setdefault(normalize(demonstration.question), demonstration)
        if first.label != demonstration.label:
            raise InputError(
                f"update {update.id}: {first.id} and {demonstration.id} ask the same and answer differently; edit or "
                "refuse one with `clinical-sdft demonstrations`"
            )
