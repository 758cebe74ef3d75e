"""What an export shows: all of the log, one update, one patient record, or a period. The rest is shown as hashes."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from data_contracts import AuditEvent, Digest
from governance.export.errors import ExportError
from governance.registry import promotions
from governance.registry.errors import NotFoundError
from governance.registry.records import UpdateRecord, load_update
from governance.registry.updates import all_updates
from governance.store.objects import ObjectStore
from governance.store.tables import instant_text

ALWAYS_SHOWN = ("checkpoint-time-stamped",)
"""Events on the log itself, which name digests and nobody; verification needs them."""

_READS = ("audit-exported", "page-read")
_DRAFTED = "demonstrations-drafted"
_ROLLED_BACK = "model-rolled-back"


@dataclass(frozen=True)
class Selection:
    """What is asked for; nothing asked for means all.

    Attributes:
        update_id: one update.
        record: keyed digest of one patient record.
        since: first moment of a period.
        until: the moment at which the period is over.
    """

    update_id: str | None = None
    record: Digest | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        asked = [bool(self.update_id), bool(self.record), bool(self.since or self.until)]
        if sum(asked) > 1:
            raise ExportError("export: choose one: an update, a patient record, or a period; make one export for each")
        if self.since and self.until and self.until <= self.since:
            raise ExportError("export: the period is over before it begins; give --from before --to")

    @property
    def everything(self) -> bool:
        """Whether nothing is withheld."""
        return self == Selection()

    @property
    def words(self) -> str:
        """What is shown, for a title; empty for all."""
        if self.update_id:
            return f"update {self.update_id}"
        if self.record:
            return f"patient record {self.record}"
        parts = [("from", self.since), ("before", self.until)]
        return " ".join(f"{word} {moment:%Y-%m-%d %H:%M:%S} UTC" for word, moment in parts if moment)

    def as_json(self) -> dict[str, str | None]:
        """Return the selection for the manifest."""
        return {
            "update": self.update_id,
            "record": self.record,
            "from": instant_text(self.since) if self.since else None,
            "until": instant_text(self.until) if self.until else None,
        }

    def covers(self, moment: datetime) -> bool:
        """Say whether a moment lies in the period."""
        return (self.since is None or moment >= self.since) and (self.until is None or moment < self.until)


@dataclass(frozen=True)
class Choice:
    """What a selection came to: the updates it is about, the first first, and the seqs of the shown events."""

    records: tuple[UpdateRecord, ...]
    shown: frozenset[int]


def choose(
    connection: Connection, objects: ObjectStore, events: tuple[AuditEvent, ...], selection: Selection
) -> Choice:
    """Find what belongs to a selection among the events of the log.

    Raises:
        NotFoundError: there is no such update, or nothing here concerns the record.
    """
    ids = [entry.update_id for entry in reversed(all_updates(connection))]
    records = {one: load_update(connection, objects, one) for one in ids}
    if selection.everything:
        return Choice(tuple(records.values()), frozenset(event.seq for event in events))
    if selection.update_id:
        if selection.update_id not in records:
            load_update(connection, objects, selection.update_id)  # says that there is none
        stories, extra = {selection.update_id}, set[int]()
    elif selection.record:
        stories, extra = _of_record(objects, events, records, selection.record)
    else:
        stories, extra = _of_period(connection, events, records, selection)
    chosen = tuple(record for one, record in records.items() if one in stories)
    shown = extra | {event.seq for event in events if event.action in ALWAYS_SHOWN}
    shown |= _of_updates(events, chosen, stories)
    return Choice(chosen, frozenset(shown))


def _of_updates(events: Iterable[AuditEvent], records: Iterable[UpdateRecord], stories: set[str]) -> set[int]:
    """Return the events that tell these updates' stories, to the rollback that ended or revived one."""
    subjects, candidates = set[Digest](), set[Digest]()
    for record in records:
        bundle = record.bundle
        subjects |= {bundle.new_suite, *bundle.prior_suites, record.stored.bundle, bundle.decision}
        candidates.add(bundle.candidate)
    return {
        event.seq
        for event in events
        if event.update_id in stories
        or event.subject in subjects
        or (event.action == _ROLLED_BACK and candidates & {event.details.get("previous"), event.details.get("current")})
    }


def _of_record(
    objects: ObjectStore, events: tuple[AuditEvent, ...], records: dict[str, UpdateRecord], record: Digest
) -> tuple[set[str], set[int]]:
    """Return the updates that learned from a patient record, and the seqs that concern it besides.

    A record that was held back concerns its own event and the import that held it back; one that was learned from
    concerns all that became of the demonstrations that it stands in.
    """
    drafted = {e.subject: e for e in events if e.action == _DRAFTED and _names(objects, e.subject, record)}
    stories = {event.update_id for event in drafted.values() if event.update_id}
    stories |= {one for one, entry in records.items() if entry.bundle.demonstrations in drafted}
    named = [event for event in events if event.subject == record]
    imports = {event.update_id for event in named}
    extra = {event.seq for event in named}
    extra |= {e.seq for e in events if e.action == "records-deidentified" and e.update_id in imports}
    if not stories and not extra:
        raise NotFoundError(
            f"record {record}: no event and no stored demonstration names it; check the digest against the key it "
            "was made with"
        )
    return stories, extra


def _names(objects: ObjectStore, demonstrations: Digest | None, record: Digest) -> bool:
    if demonstrations is None or not objects.has(demonstrations):
        return False
    lines = objects.get(demonstrations).splitlines()
    return any(json.loads(line).get("record") == record for line in lines if line.strip())


def _of_period(
    connection: Connection, events: tuple[AuditEvent, ...], records: dict[str, UpdateRecord], selection: Selection
) -> tuple[set[str], set[int]]:
    """Return the updates on which something was done in a period, and the seqs of its events.

    The update that a signature of this period stands on is shown whole, even where it was handed in before; and so
    is the event that put in force the model which answered when the period began.
    """
    inside = [event for event in events if selection.covers(event.recorded_at)]
    stories = {e.update_id for e in inside if e.update_id in records and e.action not in _READS}
    extra = {event.seq for event in inside}
    at_start = promotions.current(connection, selection.since) if selection.since else None
    if at_start is not None:
        extra |= {event.seq for event in events if event.subject == at_start.digest}
    return {one for one in stories if one}, extra
