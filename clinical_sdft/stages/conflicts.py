"""Stage between drafting and the pre-flight: nothing is trained on that contradicts or repeats what is tested.

A new guideline changes what is right. Old suite items and old demonstrations that it contradicts stop the update until
a person has retired or relabelled each by a signed act (`clinical-sdft conflicts`); what is tested is never trained on.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from clinical_sdft.errors import BlockedError, InputError
from clinical_sdft.evaluation.leakage import MOST_NAMED, refuse_overlap
from clinical_sdft.files import write_bytes
from clinical_sdft.ingest.conflicts import Taught, find_conflicts
from clinical_sdft.ingest.demonstrations import draft_demonstrations
from clinical_sdft.ingest.rules.inbox import read_inbox
from clinical_sdft.workspace import Workspace
from data_contracts import Conflict, ConflictList, Demonstration, Guideline, UpdateStatus
from governance.services import queries
from governance.services.handle import Governance

if TYPE_CHECKING:
    from clinical_sdft.stages.update import Update

FILE = "conflicts.json"


def settle_first(update: "Update", demonstrations: Sequence[Demonstration]) -> None:
    """Stop where the guideline contradicts old answers that nobody has settled, or a suite asks what is trained on.

    Raises:
        BlockedError: conflicts are open; the list is in the update's folder.
        InputError: the guideline's own suite contradicts it, or demonstrations ask what a suite asks.
    """
    guideline, near = update.request.guideline, update.workspace.settings.near_duplicate
    own = find_conflicts(guideline, f"guideline {guideline.id}", demonstrations, [update.request.suite], (), near)
    if own:
        raise InputError(
            f"suite {update.request.suite.id}: {len(own)} items contradict the guideline itself; correct one side: "
            f"{_named(own)}"
        )
    found = _find(update.workspace, update.governance, guideline, demonstrations)
    if found:
        listed = ConflictList(guideline=guideline.digest, conflicts=found)
        write_bytes(update.folder / FILE, listed.canonical_bytes())
        update.note("conflicts-found", update.governance.objects.put_contract(listed), count=len(found))
        raise BlockedError(
            f"update {update.id}: the guideline contradicts {len(found)} old answers ({_named(found)}); see "
            "`clinical-sdft conflicts list`, then retire or relabel each with `clinical-sdft conflicts settle`"
        )
    refuse_overlap(demonstrations, update.suites, near)


def open_conflicts(workspace: Workspace, governance: Governance, guideline: Guideline) -> tuple[Conflict, ...]:
    """Return what a guideline contradicts and nobody has settled: by itself, and as its updates found it.

    Patient records are not read here; what their demonstrations contradict is known once an update has stopped at it.
    """
    by_rules = read_inbox(workspace.root / "inbox", guideline)
    some = guideline.cases or by_rules
    drafted = draft_demonstrations(guideline, (), workspace.phrasing, by_rules).demonstrations if some else ()
    found = _find(workspace, governance, guideline, drafted)
    noted = queries.unsettled(governance, guideline.digest, tuple(_noted(workspace, guideline)))
    known = {(one.holder, one.item) for one in found}
    return (*found, *(one for one in noted if (one.holder, one.item) not in known))


def _find(
    workspace: Workspace, governance: Governance, guideline: Guideline, demonstrations: Sequence[Demonstration]
) -> tuple[Conflict, ...]:
    found = find_conflicts(
        guideline,
        f"guideline {guideline.id}",
        demonstrations,
        queries.prior_suites(governance),
        _taught(governance),
        workspace.settings.near_duplicate,
    )
    return queries.unsettled(governance, guideline.digest, found)


def _taught(governance: Governance) -> Iterator[Taught]:
    """Yield what promoted updates taught, as far as their demonstrations are still kept."""
    for row in queries.updates(governance):
        if row.control or row.status is not UpdateStatus.PROMOTED:
            continue
        bundle = queries.update_detail(governance, row.update_id).bundle
        if governance.objects.has(bundle.demonstrations):
            lines = governance.objects.get(bundle.demonstrations).splitlines()
            guideline = Guideline.from_bytes(governance.objects.get(bundle.guideline))
            yield Taught(row.update_id, guideline, tuple(map(Demonstration.from_bytes, lines)))


def _noted(workspace: Workspace, guideline: Guideline) -> Iterator[Conflict]:
    """Yield what stopped updates of this guideline wrote down, each once."""
    seen: set[tuple[str, str]] = set()
    for file in sorted(workspace.runs.glob(f"*/{FILE}")):
        listed = ConflictList.from_bytes(file.read_bytes())
        if listed.guideline == guideline.digest:
            for one in listed.conflicts:
                if (one.holder, one.item) not in seen:
                    seen.add((one.holder, one.item))
                    yield one


def _named(conflicts: Sequence[Conflict]) -> str:
    more = " …" if len(conflicts) > MOST_NAMED else ""
    return ", ".join(one.key for one in conflicts[:MOST_NAMED]) + more
