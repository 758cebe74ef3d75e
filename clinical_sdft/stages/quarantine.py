"""Beside the stages: the records that a run held back, and what a person does about them.

The text of a record is read from its own file when a person looks at it, and goes nowhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clinical_sdft.deid import load_key, residual
from clinical_sdft.deid.deidentify import IN_DIAGNOSIS
from clinical_sdft.deid.known import known_patient
from clinical_sdft.deid.marks import unanswered, with_marks
from clinical_sdft.deid.records import Located, entry_digest, has_records, read_located
from clinical_sdft.errors import InputError, QuarantineError
from clinical_sdft.files import read_contracts
from clinical_sdft.stages.deidentify import make_deidentifier
from clinical_sdft.workspace import Workspace
from data_contracts import Digest, MarkedSpan, PatientRecord, QuarantineDecision, QuarantinedRecord, short
from governance.services import commands, queries
from governance.services.handle import Governance
from governance.services.views import Proven

FILE = "quarantine.jsonl"


@dataclass(frozen=True)
class Waiting:
    """A record that a run held back, and where a person finds it."""

    held: QuarantinedRecord
    updates: tuple[str, ...]
    decision: QuarantineDecision | None
    file: Path | None
    """None where the inbox holds it no more."""
    place: str

    @property
    def waits(self) -> bool:
        """Whether nobody has decided on it yet."""
        return self.decision is None


@dataclass(frozen=True, repr=False)
class Shown:
    """A held record as a person sees it: its places, and its text straight from the file."""

    waiting: Waiting
    record: PatientRecord | None
    """None where the file could not be read as a record."""


def quarantine(workspace: Workspace, governance: Governance, records: Path | None = None) -> list[Waiting]:
    """Return what the runs of this workspace held back, the newest run first.

    Args:
        workspace: the workspace.
        governance: its store.
        records: where the records lie, when not in the inbox.
    """
    folders = sorted((file.parent for file in workspace.runs.glob(f"*/{FILE}")), key=lambda f: -f.stat().st_mtime)
    held: dict[Digest, tuple[QuarantinedRecord, list[str]]] = {}
    for folder in folders:
        for record in read_contracts(folder / FILE, QuarantinedRecord):
            held.setdefault(record.record, (record, []))[1].append(folder.name)
    found = _locate(workspace, set(held), records)
    decided = queries.quarantine_decisions(governance)
    rows = []
    for digest, (record, updates) in held.items():
        at = found.get(digest)
        file, place = (at.file, at.place) if at else (None, "")
        rows.append(Waiting(record, tuple(updates), decided.get(digest), file, place))
    return rows


def look_up(workspace: Workspace, governance: Governance, name: str, records: Path | None = None) -> Shown:
    """Return a held record by its digest or the first digits of it, with its text.

    Raises:
        InputError: there is none, or several begin so.
    """
    rows = quarantine(workspace, governance, records)
    fitting = [row for row in rows if row.held.record == name or (name and short(row.held.record, 64).startswith(name))]
    if len(fitting) != 1:
        what = f"{len(fitting)} records begin so; give more digits" if fitting else "no such record in quarantine"
        raise InputError(f"{name[:80]}: {what}; `clinical-sdft quarantine list` shows them")
    located = _locate(workspace, {fitting[0].held.record}, records).get(fitting[0].held.record)
    return Shown(fitting[0], located.entry if located and isinstance(located.entry, PatientRecord) else None)


def check_release(
    workspace: Workspace,
    governance: Governance,
    shown: Shown,
    *,
    marks: Sequence[MarkedSpan],
    keep_diagnosis: bool,
    reason: str,
) -> None:
    """Make sure that a record comes out clean when it is de-identified anew with these marks.

    Raises:
        InputError: it has no text to release, the marks leave a place open, the reason holds an identifier, or the
            record was discarded before.
        QuarantineError: even so an identifier may be left.
        MarkError: a mark does not fit the record.
    """
    name = short(shown.waiting.held.record)
    if shown.record is None:
        raise InputError(
            f"{name}: {shown.waiting.held.detail}; there is no text to release: mend its file, or "
            "`clinical-sdft quarantine discard`"
        )
    with_marks((), marks, len(shown.record.narrative))
    left = unanswered(shown.waiting.held.spans, marks)
    if left:
        places = ", ".join(f"{span.start}-{span.end}" for span in left)
        raise InputError(f"{name}: say of {places} whether it is an identifier (--redact) or not (--keep)")
    check_discard(governance, shown, reason)
    draft = QuarantineDecision(
        record=shown.waiting.held.record,
        decision="release",
        spans=tuple(marks),
        keep_diagnosis=keep_diagnosis,
        actor="nobody yet",
        reason=reason,
        decided_at=governance.clock(),
    )
    outcome = make_deidentifier(workspace).examine(shown.record, draft).outcome
    if isinstance(outcome, QuarantinedRecord):
        places = ", ".join(f"{span.start}-{span.end} ({span.rule})" for span in outcome.spans)
        hint = " (--keep-diagnosis says that it holds none)" if outcome.detail == IN_DIAGNOSIS else ""
        raise QuarantineError(f"{name} stays in quarantine: {outcome.detail}{hint}{': ' + places if places else ''}")


def release(
    workspace: Workspace,
    governance: Governance,
    shown: Shown,
    *,
    marks: Sequence[MarkedSpan],
    keep_diagnosis: bool,
    by: Proven,
    reason: str,
) -> QuarantineDecision:
    """Release a record as a person marked it, once `check_release` holds.

    Raises:
        ClinicalSdftError: it does not hold; nothing is released.
    """
    check_release(workspace, governance, shown, marks=marks, keep_diagnosis=keep_diagnosis, reason=reason)
    return _decide(governance, shown, "release", by, reason, marks, keep_diagnosis)


def check_discard(governance: Governance, shown: Shown, reason: str) -> None:
    """Keep a patient's identifiers out of the log, which is never deleted, and a discarded record discarded.

    Raises:
        InputError: the reason is missing or holds an identifier of the patient, or the record was discarded before.
    """
    if not reason.strip():
        raise InputError("--reason: say why")
    if shown.record is not None and residual.scan(reason, known_patient(shown.record.patient, shown.record.id)):
        raise InputError("--reason: may hold an identifier, and reasons are kept for good; say it without")
    earlier = queries.quarantine_decisions(governance).get(shown.waiting.held.record)
    if earlier is not None and earlier.decision == "discard":
        raise InputError(f"record {short(earlier.record)}: was discarded by {earlier.actor}; that is final")


def discard(governance: Governance, shown: Shown, *, by: Proven, reason: str) -> QuarantineDecision:
    """Discard a record for good: it never trains.

    Raises:
        InputError: the reason holds an identifier of the patient, or it was discarded before.
    """
    check_discard(governance, shown, reason)
    return _decide(governance, shown, "discard", by, reason, (), False)


def _decide(
    governance: Governance,
    shown: Shown,
    decision: Literal["release", "discard"],
    by: Proven,
    reason: str,
    spans: Sequence[MarkedSpan],
    keep_diagnosis: bool,
) -> QuarantineDecision:
    return commands.decide_quarantine(
        governance,
        record=shown.waiting.held.record,
        decision=decision,
        by=by,
        reason=reason,
        spans=spans,
        keep_diagnosis=keep_diagnosis,
    )


def _locate(workspace: Workspace, wanted: set[Digest], records: Path | None) -> dict[Digest, Located]:
    source = records or workspace.records
    if not wanted or (source.is_dir() and not has_records(source)):
        return {}
    key = load_key(workspace.root)
    found = ((entry_digest(at.entry, key), at) for at in read_located(source, key))
    return {digest: at for digest, at in found if digest in wanted}
