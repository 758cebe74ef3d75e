"""RFC 9162 trees: the certificate-transparency reference vectors, and proofs that must not survive a change."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from governance.audit.merkle import (
    StoredTree,
    Tree,
    consistency_spans,
    grow,
    inclusion_spans,
    leaf_hash,
    root_of,
    rows_needed,
    verify_consistency,
    verify_inclusion,
)
from governance.store.database import open_database, reading, writing
from governance.store.tables import events

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
TREE = Tree(leaf_hash(leaf) for leaf in LEAVES)


def hexed(proof):
    return [node.hex() for node in proof]


@pytest.mark.parametrize("size", range(9))
def test_known_roots(size):
    assert TREE.root(size).hex() == ROOTS[size]
    peaks = ()
    for index in range(size):
        peaks = grow(peaks, index, leaf_hash(LEAVES[index]))
    assert root_of(peaks).hex() == ROOTS[size]
    assert len(peaks) == size.bit_count()


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_known_inclusion_proofs(index, size):
    proof = TREE.inclusion_proof(index, size)
    assert hexed(proof) == INCLUSION[index, size]
    assert verify_inclusion(index, size, leaf_hash(LEAVES[index]), proof, TREE.root(size))


@pytest.mark.parametrize(("first", "second"), CONSISTENCY)
def test_known_consistency_proofs(first, second):
    proof = TREE.consistency_proof(first, second)
    assert hexed(proof) == CONSISTENCY[first, second]
    assert verify_consistency(first, second, proof, TREE.root(first), TREE.root(second))


def mutations(proof):
    for at, node in enumerate(proof):
        yield [*proof[:at], bytes([node[0] ^ 1]) + node[1:], *proof[at + 1 :]]
        yield [*proof[:at], *proof[at + 1 :]]
        yield [*proof[:at], node, *proof[at:]]
    yield [*proof, b"\0" * 32]
    if len(proof) > 1 and proof[0] != proof[-1]:
        yield proof[::-1]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 70), st.data())
def test_proofs_hold_and_no_mutated_one_does(size, data):
    leaves = [leaf_hash(str(number).encode()) for number in range(size)]
    tree = Tree(leaves)
    index, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    proof, root = tree.inclusion_proof(index), tree.root()
    assert verify_inclusion(index, size, leaves[index], proof, root)
    assert not verify_inclusion(index, size, leaf_hash(b"other"), proof, root)
    assert not verify_inclusion(index + 1, size, leaves[index], proof, root)
    assert not any(verify_inclusion(index, size, leaves[index], bad, root) for bad in mutations(proof))
    steps, old = tree.consistency_proof(first), tree.root(first)
    assert verify_consistency(first, size, steps, old, root)
    assert not verify_consistency(first, size, steps, leaf_hash(b"other"), root)
    assert not any(verify_consistency(first, size, bad, old, root) for bad in mutations(steps))


def test_what_lies_outside_the_tree_is_refused():
    for ask in (lambda: TREE.root(9), lambda: TREE.inclusion_proof(8), lambda: TREE.consistency_proof(0, 8)):
        with pytest.raises(ValueError, match="merkle"):
            ask()
    assert not verify_inclusion(-1, 8, TREE.root(), [], TREE.root())
    assert not verify_consistency(0, 8, [], TREE.root(0), TREE.root())
    assert not verify_consistency(8, 4, [TREE.root()], TREE.root(), TREE.root(4))


@pytest.fixture(scope="module")
def stored():
    """A log of 37 events in a database, and its leaves."""
    engine, peaks = open_database("sqlite://"), ()
    leaves = [leaf_hash(str(number).encode()) for number in range(37)]
    with writing(engine) as connection:
        for seq, leaf in enumerate(leaves):
            peaks = grow(peaks, seq, leaf)
            words = {"canonical": b"x", "recorded_at": "t", "actor": "a", "action": "b"}
            connection.execute(insert(events).values(seq=seq, leaf_hash=leaf, peaks=b"".join(peaks), **words))
    with reading(engine) as connection:
        yield StoredTree(connection), leaves
    engine.dispose()


def test_proofs_from_the_database_are_those_of_the_tree_in_memory(stored):
    tree, leaves = stored
    for size in range(1, len(leaves) + 1):
        memory = Tree(leaves[:size])
        assert tree.root(size) == memory.root()
        for index in range(size):
            assert tree.inclusion_proof(index, size) == memory.inclusion_proof(index)
        for first in range(1, size + 1):
            assert tree.consistency_proof(first, size) == memory.consistency_proof(first)
    with pytest.raises(ValueError, match="no event 37"):
        tree.root(38)


@pytest.mark.parametrize("size", [1_000, 10_000, 100_000, 1_000_000, 2**20, 2**20 - 1])
def test_a_proof_reads_few_rows_however_long_the_log(size):
    """At most two rows for each level of the tree, and one level more for the ragged right end."""
    levels = size.bit_length()
    indexes = [0, 1, size // 3, size // 2, size - 2, size - 1, 2 ** (levels - 1) - 1]
    assert max(len(rows_needed(inclusion_spans(index, size))) for index in indexes) <= 3 * levels
    assert max(len(rows_needed(consistency_spans(index + 1, size))) for index in indexes) <= 3 * levels
