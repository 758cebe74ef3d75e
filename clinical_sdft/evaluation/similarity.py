"""Near-duplicate texts in large collections: MinHash finds candidates, the exact Jaccard similarity decides.

Similarity is that of the sets of word pairs, case, accents and punctuation aside: 1 for the same words in the same
order; a question of thirty words with one word exchanged has about 0.87.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from clinical_sdft.phrases import normalize

if TYPE_CHECKING:
    from datasketch import MinHash

BANDS, ROWS = 24, 5
"""A pair of similarity s is a candidate with probability 1 - (1 - s**5)**24: 0.86 at 0.6, 0.99 at 0.7, more above."""
PERMUTATIONS = BANDS * ROWS

Shingles = frozenset[str]


def shingles(text: str) -> Shingles:
    """Return the pairs of neighbouring words of a text; of a single word, the word."""
    words = normalize(text).split()
    return frozenset(f"{one} {other}" for one, other in itertools.pairwise(words)) or frozenset(words)


def similarity(one: Shingles, other: Shingles) -> float:
    """Return the Jaccard similarity of two sets, 0 to 1.

    >>> similarity(shingles("hot big toe"), shingles("a hot big toe"))
    0.6666666666666666
    """
    union = len(one | other)
    return len(one & other) / union if union else 1.0


def near_pairs(left: Sequence[str], right: Sequence[str], threshold: float) -> Iterator[tuple[int, int, float]]:
    """Yield pairs of texts at least `threshold` alike: index in `left`, index in `right`, similarity.

    Equal texts are always found; others as often as `BANDS` and `ROWS` say.
    """
    from datasketch import MinHashLSH  # takes most of a second to load

    sets = [shingles(text) for text in right]
    index = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, ROWS))
    with index.insertion_session() as session:
        for number, signature in enumerate(_signatures(sets)):
            session.insert(number, signature, check_duplication=False)
    own = [shingles(text) for text in left]
    for number, signature in enumerate(_signatures(own)):
        for other in sorted(index.query(signature)):
            alike = similarity(own[number], sets[other])
            if alike >= threshold:
                yield number, other, alike


def _signatures(sets: Sequence[Shingles]) -> "Iterator[MinHash]":
    from datasketch import MinHash

    words = ([word.encode() for word in one] for one in sets)
    signatures: Iterator[MinHash] = MinHash.generator(words, num_perm=PERMUTATIONS, seed=1)
    return signatures
