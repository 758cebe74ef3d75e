"""Builds the proofs of an RFC 9162 Merkle tree; what checks them lives in `governance.export.verify`.

A proof is a list of spans of leaves, and a span is covered by few full subtrees, whose roots are all that is needed.
`Tree` has those in memory; `StoredTree` reads them, O(log n) rows for each proof, from the peaks that every event
keeps.
"""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, select

from governance.export.verify import (
    grow,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from governance.store.tables import events

__all__ = [
    "StoredTree",
    "Tree",
    "grow",
    "leaf_hash",
    "node_hash",
    "root_of",
    "split_peaks",
    "verify_consistency",
    "verify_inclusion",
]

Span = tuple[int, int]
"""Leaves from the first number up to the second."""
Node = tuple[int, int]
"""A full subtree: its height, and its number among those of this height."""

_HASH = 32


class Tree:
    """A tree over leaf hashes that keeps the roots of all full subtrees: O(n) to build, O(log n) for each proof."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self._levels = [list(leaves)]
        while len(below := self._levels[-1]) > 1:
            pairs = zip(below[::2], below[1::2], strict=False)
            self._levels.append([node_hash(left, right) for left, right in pairs])

    def __len__(self) -> int:
        return len(self._levels[0])

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the first `size` leaves, by default of all."""
        return self._hash((0, len(self) if size is None else self._within(size)))

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the path from a leaf to the root (RFC 9162, 2.1.3.1).

        Raises:
            ValueError: there is no such leaf.
        """
        size = len(self) if size is None else self._within(size)
        return [self._hash(span) for span in inclusion_spans(index, size)]

    def consistency_proof(self, first: int, second: int | None = None) -> list[bytes]:
        """Return the proof that `first` leaves are the beginning of `second` (RFC 9162, 2.1.4.1).

        Raises:
            ValueError: the sizes are not 0 < first <= second <= leaves.
        """
        second = len(self) if second is None else self._within(second)
        return [self._hash(span) for span in consistency_spans(first, second)]

    def _within(self, size: int) -> int:
        if not 0 <= size <= len(self):
            raise ValueError(f"merkle: {size} leaves of {len(self)}")
        return size

    def _hash(self, span: Span) -> bytes:
        return root_of([self._levels[height][number] for height, number in full_subtrees(span)])


class StoredTree:
    """The tree of the log in the database, of which nothing is held in memory.

    The row of leaf e - 1 keeps the peaks of the first e leaves. A full subtree that ends at e is the last of them if
    it is a left child; a right child is folded from its own leaf e - 1 and the last peaks one row before.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def root(self, size: int) -> bytes:
        """Return the root of the first `size` leaves.

        Raises:
            ValueError: there are not so many.
        """
        return self._hashes([(0, size)])[0]

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        """Return the path from a leaf to the root of the first `size` leaves (RFC 9162, 2.1.3.1).

        Raises:
            ValueError: there is no such leaf.
        """
        return self._hashes(inclusion_spans(index, size))

    def consistency_proof(self, first: int, second: int) -> list[bytes]:
        """Return the proof that `first` leaves are the beginning of `second` (RFC 9162, 2.1.4.1).

        Raises:
            ValueError: the sizes are not 0 < first <= second <= leaves.
        """
        return self._hashes(consistency_spans(first, second))

    def _hashes(self, spans: list[Span]) -> list[bytes]:
        rows = self._read(rows_needed(spans))
        return [root_of([_node_from(rows, node) for node in full_subtrees(span)]) for span in spans]

    def _read(self, wanted: set[int]) -> dict[int, tuple[bytes, tuple[bytes, ...]]]:
        query = select(events.c.seq, events.c.leaf_hash, events.c.peaks).where(events.c.seq.in_(wanted))
        rows = {row.seq: (row.leaf_hash, split_peaks(row.peaks)) for row in self._connection.execute(query)}
        if len(rows) < len(wanted):
            raise ValueError(f"merkle: the log has no event {min(wanted - rows.keys())}")
        return rows


def inclusion_spans(index: int, size: int) -> list[Span]:
    """Return what the nodes of an inclusion proof stand for, the lowest first.

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"merkle: there is no leaf {index} among {size}")
    spans, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(first: int, second: int) -> list[Span]:
    """Return what the nodes of a consistency proof stand for, the lowest first.

    Raises:
        ValueError: the sizes are not 0 < first <= second.
    """
    if not 0 < first <= second:
        raise ValueError(f"merkle: no consistency from {first} to {second} leaves")
    spans, start, end = [], 0, second
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    return [*([(start, end)] if start else []), *spans[::-1]]


def full_subtrees(span: Span) -> Iterator[Node]:
    """Yield the full subtrees that cover a span of a proof, the largest first."""
    start, end = span
    while start < end:
        height = (end - start).bit_length() - 1
        yield height, start >> height
        start += 1 << height


def split_peaks(data: bytes) -> tuple[bytes, ...]:
    """Return the peaks as the column `peaks` holds them, the largest subtree's first."""
    return tuple(data[at : at + _HASH] for at in range(0, len(data), _HASH))


def rows_needed(spans: Iterable[Span]) -> set[int]:
    """Return the seq of each event whose row `StoredTree` reads to know the hashes of these spans."""
    return {seq for span in spans for node in full_subtrees(span) for seq in _rows_of(node)}


def _rows_of(node: Node) -> tuple[int, ...]:
    height, number = node
    last = ((number + 1) << height) - 1
    return (last - 1, last) if height and number & 1 else (last,)


def _node_from(rows: dict[int, tuple[bytes, tuple[bytes, ...]]], node: Node) -> bytes:
    height, number = node
    last = ((number + 1) << height) - 1
    leaf, peaks = rows[last]
    if not height:
        return leaf
    return root_of([*rows[last - 1][1][-height:], leaf]) if number & 1 else peaks[-1]


def _split(width: int) -> int:
    """Return the largest power of two smaller than `width`."""
    return int(1 << ((width - 1).bit_length() - 1))
