"""Proves one event, without reading the log: that it stands under the newest signed head."""

from sqlalchemy import Connection, select

from governance.audit.errors import EventError
from governance.audit.merkle import StoredTree, leaf_hash, verify_inclusion
from governance.services.views import EventProof
from governance.store.errors import IntegrityError
from governance.store.tables import checkpoints, events


def prove(connection: Connection, seq: int) -> EventProof:
    """Return an event with its inclusion proof; reads O(log n) rows.

    Raises:
        EventError: there is no such event, or no signed head covers it yet.
        IntegrityError: the log does not lead from this event to the signed root.
    """
    canonical = connection.scalar(select(events.c.canonical).where(events.c.seq == seq))
    if canonical is None:
        raise EventError(f"event {seq}: the log has none of this number; see `clinical-sdft audit log`")
    head = connection.execute(select(checkpoints).order_by(checkpoints.c.tree_size.desc()).limit(1)).first()
    if head is None or head.tree_size <= seq:
        raise EventError(f"event {seq}: no signed head covers it yet; write an export, which signs one")
    path = StoredTree(connection).inclusion_proof(seq, head.tree_size)
    if not verify_inclusion(seq, head.tree_size, leaf_hash(canonical), path, bytes.fromhex(head.root)):
        raise IntegrityError(f"event {seq}: does not lead to its signed head; run `clinical-sdft audit verify`")
    return EventProof(
        seq=seq,
        event=canonical.decode(),
        tree_size=head.tree_size,
        root=head.root,
        proof=tuple(node.hex() for node in path),
        checkpoint=head.note,
    )
