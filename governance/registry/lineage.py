"""Where a version comes from: parent by parent, with the update that made each, down to the base model."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, select

from data_contracts import AdapterManifest, Digest, Promotion, UpdateBundle, Verdict, short
from governance.registry import promotions, updates
from governance.registry.errors import NotFoundError
from governance.store.objects import ObjectStore
from governance.store.tables import promotions as promotions_table


@dataclass(frozen=True)
class Ancestor:
    """One version of a line, and what made it."""

    model: Digest
    made_by: Literal["update", "installation", "publisher"]
    parent: Digest | None
    """The version it was made from; None for the base model, and where it is not known."""
    adapter: Digest | None
    update_id: str | None
    guideline_title: str | None
    verdict: Verdict | None
    promoted: bool


def candidates(connection: Connection, objects: ObjectStore) -> dict[Digest, UpdateBundle]:
    """Return, for each version that an update made, the bundle: the promoted one first, then the newest."""
    promoted = set(connection.scalars(select(promotions_table.c.update_id)))
    found: dict[Digest, UpdateBundle] = {}
    for stored in updates.all_updates(connection):
        bundle = UpdateBundle.from_bytes(objects.get(stored.bundle))
        if bundle.candidate not in found or bundle.update_id in promoted:
            found[bundle.candidate] = bundle
    return found


def lineage(connection: Connection, objects: ObjectStore, model: Digest) -> tuple[Ancestor, ...]:
    """Return a version and all it comes from, the youngest first.

    Raises:
        NotFoundError: it was neither installed nor made by an update.
    """
    made, line = candidates(connection, objects), promotions.history(connection)
    installed = {entry.current: entry for entry in line if entry.kind == "install"}
    steps: list[Ancestor] = []
    base: Digest | None = None
    here: Digest = model
    while here in made and here not in {step.model for step in steps}:
        bundle = made[here]
        base = AdapterManifest.from_bytes(objects.get(bundle.manifest)).base_model
        steps.append(_by_update(connection, bundle, line))
        here = bundle.incumbent
    if here in installed:
        steps.append(_installed(installed[here], base))
    elif not steps:
        raise NotFoundError(f"registry: {short(model)} was neither installed nor made by an update here")
    if base is not None and base != steps[-1].model:
        steps.append(Ancestor(base, "publisher", None, None, None, None, None, promoted=False))
    return tuple(steps)


def _by_update(connection: Connection, bundle: UpdateBundle, line: tuple[Promotion, ...]) -> Ancestor:
    decision = updates.find_decision(connection, bundle.decision)
    return Ancestor(
        model=bundle.candidate,
        made_by="update",
        parent=bundle.incumbent,
        adapter=bundle.adapter,
        update_id=bundle.update_id,
        guideline_title=bundle.guideline_title,
        verdict=None if decision is None else decision.verdict,
        promoted=any(entry.update_id == bundle.update_id for entry in line),
    )


def _installed(entry: Promotion, base: Digest | None) -> Ancestor:
    parent = None if base == entry.current else base
    return Ancestor(entry.current, "installation", parent, entry.adapter, None, None, None, promoted=True)
