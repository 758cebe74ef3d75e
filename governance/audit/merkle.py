"""Builds the proofs of an RFC 9162 Merkle tree; what checks them lives in `governance.export.verify`."""

from collections.abc import Iterable

from governance.export.verify import (
    grow,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

__all__ = ["Tree", "grow", "leaf_hash", "node_hash", "root_of", "verify_consistency", "verify_inclusion"]


class Tree:
    """A tree over leaf hashes that keeps the roots of all full subtrees: a proof costs O(log² n) hashes."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self._levels = [list(leaves)]
        while len(below := self._levels[-1]) > 1:
            pairs = zip(below[::2], below[1::2], strict=False)
            self._levels.append([node_hash(left, right) for left, right in pairs])

    def __len__(self) -> int:
        return len(self._levels[0])

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the first `size` leaves, by default of all."""
        size = len(self) if size is None else self._within(size)
        return self._hash(0, size) if size else root_of(())

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the path from a leaf to the root (RFC 9162, 2.1.3.1).

        Raises:
            ValueError: there is no such leaf.
        """
        size = len(self) if size is None else self._within(size)
        if not 0 <= index < size:
            raise ValueError(f"merkle: there is no leaf {index} among {size}")
        return self._path(index, 0, size)

    def consistency_proof(self, first: int, second: int | None = None) -> list[bytes]:
        """Return the proof that `first` leaves are the beginning of `second` (RFC 9162, 2.1.4.1).

        Raises:
            ValueError: the sizes are not 0 < first <= second <= leaves.
        """
        second = len(self) if second is None else self._within(second)
        if not 0 < first <= second:
            raise ValueError(f"merkle: no consistency from {first} to {second} leaves")
        return self._subproof(first, 0, second, True)

    def _within(self, size: int) -> int:
        if not 0 <= size <= len(self):
            raise ValueError(f"merkle: {size} leaves of {len(self)}")
        return size

    def _hash(self, start: int, end: int) -> bytes:
        width = end - start
        if width & (width - 1) == 0 and start % width == 0:
            return self._levels[width.bit_length() - 1][start // width]
        middle = start + _split(width)
        return node_hash(self._hash(start, middle), self._hash(middle, end))

    def _path(self, index: int, start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = start + _split(end - start)
        if index < middle:
            return [*self._path(index, start, middle), self._hash(middle, end)]
        return [*self._path(index, middle, end), self._hash(start, middle)]

    def _subproof(self, first: int, start: int, end: int, whole: bool) -> list[bytes]:
        if first == end:
            return [] if whole else [self._hash(start, end)]
        middle = start + _split(end - start)
        if first <= middle:
            return [*self._subproof(first, start, middle, whole), self._hash(middle, end)]
        return [*self._subproof(first, middle, end, False), self._hash(start, middle)]


def _split(width: int) -> int:
    """Return the largest power of two smaller than `width`."""
    return int(1 << ((width - 1).bit_length() - 1))
