"""From a patient record to a released record or a quarantined one; whatever goes wrong holds the record back."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clinical_sdft.deid import residual
from clinical_sdft.deid.engine import MAX_CHARACTERS, DetectionEngine
from clinical_sdft.deid.errors import NerModelError
from clinical_sdft.deid.known import KnownPatient, known_patient
from clinical_sdft.deid.marks import not_kept, with_marks
from clinical_sdft.deid.ner import NerModel, PatternsOnly
from clinical_sdft.deid.policy import DeidPolicy
from clinical_sdft.deid.quasi import Groups
from clinical_sdft.deid.records import entry_digest, keyed_digest, read_records, record_digest
from clinical_sdft.deid.residual import Hit
from clinical_sdft.deid.surrogates import Replacement, Surrogates
from data_contracts.base import Digest
from data_contracts.records import (
    CategoryCount,
    DeidentificationReport,
    DeidentifiedRecord,
    PatientRecord,
    QuarantineDecision,
    QuarantinedRecord,
    QuarantinedSpan,
)

MAX_DIAGNOSIS = 2_000
MAX_STRUCTURED = 100_000
"""Characters of the diagnosis, and of the structured record as JSON."""
IN_DIAGNOSIS = "an identifier may stand in the diagnosis field"


@dataclass(frozen=True)
class DeidResult:
    """The outcome of one import: what may travel on, what a person must look at, and the counts."""

    released: tuple[DeidentifiedRecord, ...]
    quarantined: tuple[QuarantinedRecord, ...]
    report: DeidentificationReport


@dataclass(frozen=True, repr=False)
class Removed:
    """An identifier that was taken out. It is text of a patient: kept in memory alone, and never printed."""

    category: str
    original: str
    surrogate: str
    before: str
    """What stands before it in the rewritten text."""


@dataclass(frozen=True, repr=False)
class Examined:
    """What became of a record, and what was taken out of it where it was released."""

    outcome: DeidentifiedRecord | QuarantinedRecord
    removed: tuple[Removed, ...] = ()


Decisions = Mapping[Digest, QuarantineDecision]
NO_DECISIONS: Decisions = {}
Keep = Callable[[Digest, tuple[Removed, ...]], None]


class Deidentifier:
    """Rewrites records under one policy and one key; the same record always gives the same result."""

    def __init__(self, ner: NerModel, policy: DeidPolicy, key: bytes) -> None:
        """Build the detection engine.

        Args:
            ner: the name recognition model.
            policy: what happens to dates.
            key: the secret key of pseudonyms and digests.

        Raises:
            NerModelError: there is no model, and the policy does not say that patterns are enough.
        """
        if isinstance(ner, PatternsOnly) and not policy.patterns_only:
            raise NerModelError(
                f'the policy {policy.name} needs a name recognition model: set deid_ner = "notes" in config.toml'
            )
        self.ner, self.policy, self.key = ner, policy, key
        self._engine = DetectionEngine(ner, policy)

    def deidentify(self, record: PatientRecord) -> DeidentifiedRecord | QuarantinedRecord:
        """Return the rewritten record, or why it is held back; raises nothing."""
        return self.examine(record).outcome

    def examine(self, record: PatientRecord, decision: QuarantineDecision | None = None) -> Examined:
        """Return the rewritten record with what was taken out, or why it is held back; raises nothing.

        Args:
            record: the record.
            decision: what a person said of its places: identifiers are taken out, what is none stays.
        """
        digest = record_digest(record, self.key)
        if not str(record.patient.get("id") or "").strip():
            held = QuarantinedRecord(record=digest, reason="no_patient_id", detail="the patient object has no id")
            return Examined(held)
        try:
            too_long = _too_long(record)
            if too_long:
                detail = f"{too_long} is too long to be read"
                return Examined(QuarantinedRecord(record=digest, reason="engine_failure", detail=detail))
            return self._rewrite(record, digest, decision)
        except Exception as error:
            detail = f"the engine stopped with {type(error).__name__}"
            return Examined(QuarantinedRecord(record=digest, reason="engine_failure", detail=detail))

    def _rewrite(self, record: PatientRecord, digest: str, decision: QuarantineDecision | None) -> Examined:
        known = known_patient(record.patient, record.id)
        marked = decision.spans if decision else ()
        spans = with_marks(self._engine.detect(record.narrative, known), marked, len(record.narrative))
        found = [record.narrative[span.start : span.end] for span in spans]
        surrogates = Surrogates(self.key, self.policy, known, found)
        text, replaced = surrogates.replace_all(record.narrative, spans)
        hits = residual.scan(text, known, [(item.new_start, item.new_end) for item in replaced])
        left = not_kept(_in_original(hits, replaced, len(record.narrative)), marked)
        if left:
            return Examined(_quarantined(digest, left))
        if residual.scan(record.diagnosis, known) and not (decision and decision.keep_diagnosis):
            return Examined(QuarantinedRecord(record=digest, reason="residual_identifier", detail=IN_DIAGNOSIS))
        removed = tuple(
            Removed(
                str(item.category),
                record.narrative[item.start : item.end],
                text[item.new_start : item.new_end],
                text[: item.new_start],
            )
            for item in replaced
        )
        released = DeidentifiedRecord(
            record=digest,
            patient=keyed_digest(self.key, _patient_id(known)),
            policy=self.policy.name,
            text=text,
            diagnosis=record.diagnosis,
            replaced=_counts(Counter(str(item.category) for item in replaced)),
        )
        return Examined(released, removed)


def _too_long(record: PatientRecord) -> str:
    """Name the part of a record that would keep the engine busy for minutes; nothing where none would."""
    if len(record.narrative) > MAX_CHARACTERS:
        return "the narrative"
    if len(record.diagnosis) > MAX_DIAGNOSIS:
        return "the diagnosis"
    size = sum(len(piece) for piece in json.JSONEncoder(default=str).iterencode(record.patient))
    return "the structured record" if size > MAX_STRUCTURED else ""


def examine_all(
    path: Path, deidentifier: Deidentifier, decisions: Decisions = NO_DECISIONS
) -> Iterator[tuple[PatientRecord | QuarantinedRecord, Digest, Examined]]:
    """Yield each record of a file or folder, its digest and what becomes of it; what a person discarded is left out.

    Raises:
        RecordSourceError: there are none at that place.
    """
    for entry in read_records(path, deidentifier.key):
        digest = entry_digest(entry, deidentifier.key)
        decision = decisions.get(digest)
        if decision is not None and decision.decision == "discard":
            continue
        examined = Examined(entry) if isinstance(entry, QuarantinedRecord) else deidentifier.examine(entry, decision)
        yield entry, digest, examined


def deidentify_all(
    path: Path, deidentifier: Deidentifier, decisions: Decisions = NO_DECISIONS, keep: Keep | None = None
) -> DeidResult:
    """De-identify the records of a file or folder.

    Args:
        path: the file or folder.
        deidentifier: what rewrites them.
        decisions: what people decided on held records, by the record's digest.
        keep: what is told of the identifiers taken out of a released record.

    Raises:
        RecordSourceError: there are none at that place.
    """
    released: list[DeidentifiedRecord] = []
    quarantined: list[QuarantinedRecord] = []
    groups = Groups(deidentifier.policy)
    for entry, digest, examined in examine_all(path, deidentifier, decisions):
        outcome = examined.outcome
        if keep is not None and examined.removed:
            keep(digest, examined.removed)
        if isinstance(outcome, QuarantinedRecord):
            quarantined.append(outcome)
        else:
            released.append(outcome)
            if isinstance(entry, PatientRecord):
                groups.add(entry, outcome)
    report = DeidentificationReport(
        policy=deidentifier.policy.name,
        ner_model=deidentifier.ner.name,
        ner_digest=deidentifier.ner.digest,
        released=len(released),
        quarantined=len(quarantined),
        replaced=_counts(_sum(record.replaced for record in released)),
        smallest_group=groups.smallest(),
    )
    return DeidResult(tuple(released), tuple(quarantined), report)


def _patient_id(known: KnownPatient) -> bytes:
    return f"patient\0{known.id}".encode()


def _sum(groups: Iterable[Sequence[CategoryCount]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for group in groups:
        total.update({item.category: item.count for item in group})
    return total


def _counts(counter: Counter[str]) -> tuple[CategoryCount, ...]:
    return tuple(CategoryCount(category=category, count=counter[category]) for category in sorted(counter))


def _in_original(hits: Sequence[Hit], replaced: Sequence[Replacement], length: int) -> tuple[QuarantinedSpan, ...]:
    """Move hits from the rewritten text to the original; one that no offset leads back from marks it all."""
    spans = []
    for hit in hits:
        start, end = _original(hit.start, replaced, False), _original(hit.end, replaced, True)
        start, end = (start, end) if 0 <= start < end <= length else (0, length)
        spans.append(QuarantinedSpan(start=start, end=end, rule=hit.rule))
    return tuple(spans)


def _original(offset: int, replaced: Sequence[Replacement], is_end: bool) -> int:
    moved = offset
    for item in replaced:
        if item.new_end <= offset and not (is_end and item.new_end == offset and item.new_start == offset):
            moved = offset - item.new_end + item.end
        elif item.new_start < offset < item.new_end:
            return item.end if is_end else item.start
    return moved


def _quarantined(digest: str, spans: tuple[QuarantinedSpan, ...]) -> QuarantinedRecord:
    rules = Counter(span.rule for span in spans)
    listed = ", ".join(f"{rule} {count}" for rule, count in sorted(rules.items()))
    return QuarantinedRecord(
        record=digest, reason="residual_identifier", detail=f"the second scan found: {listed}", spans=spans
    )
