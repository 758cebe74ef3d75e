"""From a patient record to a released record or a quarantined one; whatever goes wrong holds the record back."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from clinical_sdft.deid import residual
from clinical_sdft.deid.engine import MAX_CHARACTERS, DetectionEngine
from clinical_sdft.deid.errors import NerModelError
from clinical_sdft.deid.known import KnownPatient, known_patient
from clinical_sdft.deid.ner import NerModel, PatternsOnly
from clinical_sdft.deid.policy import DeidPolicy
from clinical_sdft.deid.quasi import Groups
from clinical_sdft.deid.records import keyed_digest, read_records, record_digest
from clinical_sdft.deid.residual import Hit
from clinical_sdft.deid.surrogates import Replacement, Surrogates
from data_contracts.records import (
    CategoryCount,
    DeidentificationReport,
    DeidentifiedRecord,
    PatientRecord,
    QuarantinedRecord,
    QuarantinedSpan,
)

MAX_DIAGNOSIS = 2_000
MAX_STRUCTURED = 100_000
"""Characters of the diagnosis, and of the structured record as JSON."""


@dataclass(frozen=True)
class DeidResult:
    """The outcome of one import: what may travel on, what a person must look at, and the counts."""

    released: tuple[DeidentifiedRecord, ...]
    quarantined: tuple[QuarantinedRecord, ...]
    report: DeidentificationReport


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
                f'the policy {policy.name} needs a name recognition model: set deid_ner = "spacy" in config.toml'
            )
        self.ner, self.policy, self.key = ner, policy, key
        self._engine = DetectionEngine(ner, policy)

    def deidentify(self, record: PatientRecord) -> DeidentifiedRecord | QuarantinedRecord:
        """Return the rewritten record, or why it is held back; raises nothing."""
        digest = record_digest(record, self.key)
        too_long = _too_long(record)
        if too_long:
            return QuarantinedRecord(
                record=digest, reason="engine_failure", detail=f"{too_long} is too long to be read"
            )
        if not str(record.patient.get("id") or "").strip():
            return QuarantinedRecord(record=digest, reason="no_patient_id", detail="the patient object has no id")
        try:
            too_long = _too_long(record)
            if too_long:
                detail = f"{too_long} is too long to be read"
                return QuarantinedRecord(record=digest, reason="engine_failure", detail=detail)
            return self._rewrite(record, digest)
        except Exception as error:
            detail = f"the engine stopped with {type(error).__name__}"
            return QuarantinedRecord(record=digest, reason="engine_failure", detail=detail)

    def _rewrite(self, record: PatientRecord, digest: str) -> DeidentifiedRecord | QuarantinedRecord:
        known = known_patient(record.patient, record.id)
        spans = self._engine.detect(record.narrative, known)
        found = [record.narrative[span.start : span.end] for span in spans]
        surrogates = Surrogates(self.key, self.policy, known, found)
        text, replaced = surrogates.replace_all(record.narrative, spans)
        hits = residual.scan(text, known, [(item.new_start, item.new_end) for item in replaced])
        if hits:
            return _quarantined(digest, _in_original(hits, replaced, len(record.narrative)))
        if residual.scan(record.diagnosis, known):
            detail = "an identifier may stand in the diagnosis field"
            return QuarantinedRecord(record=digest, reason="residual_identifier", detail=detail)
        return DeidentifiedRecord(
            record=digest,
            patient=keyed_digest(self.key, _patient_id(known)),
            policy=self.policy.name,
            text=text,
            diagnosis=record.diagnosis,
            replaced=_counts(Counter(str(item.category) for item in replaced)),
        )


def _too_long(record: PatientRecord) -> str:
    """Name the part of a record that would keep the engine busy for minutes; nothing where none would."""
    if len(record.narrative) > MAX_CHARACTERS:
        return "the narrative"
    if len(record.diagnosis) > MAX_DIAGNOSIS:
        return "the diagnosis"
    size = sum(len(piece) for piece in json.JSONEncoder(default=str).iterencode(record.patient))
    return "the structured record" if size > MAX_STRUCTURED else ""


def deidentify_all(path: Path, deidentifier: Deidentifier) -> DeidResult:
    """De-identify the records of a file or folder.

    Raises:
        RecordSourceError: there are none at that place.
    """
    released: list[DeidentifiedRecord] = []
    quarantined: list[QuarantinedRecord] = []
    groups = Groups(deidentifier.policy)
    for entry in read_records(path, deidentifier.key):
        if isinstance(entry, QuarantinedRecord):
            quarantined.append(entry)
            continue
        outcome = deidentifier.deidentify(entry)
        if isinstance(outcome, QuarantinedRecord):
            quarantined.append(outcome)
        else:
            released.append(outcome)
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
