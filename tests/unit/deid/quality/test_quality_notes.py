"""The invented notes: the same from the same seed, with keys that fit, and nothing shared between the two splits."""

from collections import Counter
from itertools import pairwise

import pytest

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.quality.choices import Split
from clinical_sdft.deid.quality.notes.compose import notes
from clinical_sdft.deid.quality.notes.pools import pools
from data_contracts import GoldDocument, sha256_digest

PARTS = (Split.TUNING, Split.HELD_OUT)
FROZEN = {
    Split.TUNING: "sha256:c9246f98c4de19296703755dc2b51c071cb8121a5820132ef9d4f72d115c6d78",
    Split.HELD_OUT: "sha256:9d4969c00f76bd0e1d79dade8cb49ca574844e5093a9e76e35b54adaf697df1f",
}


@pytest.fixture(scope="module")
def written() -> dict[Split, tuple[GoldDocument, ...]]:
    return {split: tuple(notes(split, 200)) for split in PARTS}


def test_the_same_seed_gives_the_same_bytes_and_a_short_set_begins_a_long_one(
    written: dict[Split, tuple[GoldDocument, ...]],
) -> None:
    again = tuple(notes(Split.TUNING, 5))
    assert [note.canonical_bytes() for note in again] == [n.canonical_bytes() for n in written[Split.TUNING][:5]]
    assert tuple(notes(Split.TUNING, 5, seed=1)) != again


def test_the_frozen_sets_are_what_figures_were_measured_on() -> None:
    """A change of a pool or of the code voids older figures: measure anew, then write the new digests here."""
    digests = {split: sha256_digest(n.canonical_bytes() for n in notes(split, 60)) for split in PARTS}
    assert digests == FROZEN


@pytest.mark.parametrize("split", PARTS)
def test_every_category_and_every_kind_of_fact_is_there(
    written: dict[Split, tuple[GoldDocument, ...]], split: Split
) -> None:
    found = Counter(span.category for note in written[split] for span in note.spans)
    assert set(found) == {str(category) for category in Category}
    facts = Counter(span.kind for note in written[split] for span in note.keep)
    assert {"dose", "lab", "vital", "eponym", "drug", "level", "age", "score", "quantity"} == set(facts)


@pytest.mark.parametrize("split", PARTS)
def test_spans_are_tight_ordered_and_apart(written: dict[Split, tuple[GoldDocument, ...]], split: Split) -> None:
    for note in written[split]:
        spans = sorted((*note.spans, *note.keep, *note.neutral), key=lambda span: span.start)
        assert all(one.end <= two.start for one, two in pairwise(spans))
        for span in note.spans:
            value = note.text[span.start : span.end]
            assert value == value.strip()
            assert any(character.isalnum() for character in value)


def test_notes_are_rough_and_some_hold_no_identifier(written: dict[Split, tuple[GoldDocument, ...]]) -> None:
    texts = [note.text for note in written[Split.TUNING]]
    assert sum(text.isupper() for text in texts) > 5
    assert sum(text.islower() for text in texts) > 5
    broken = [s for n in written[Split.TUNING] for s in n.spans if "\n" in n.text[s.start : s.end]]
    assert len({span.category for span in broken}) > 4
    assert 15 < sum(not note.spans for note in written[Split.TUNING]) < 50
    assert all((note.patient is None) == (not note.spans) for note in written[Split.TUNING])


def test_the_splits_share_no_name_no_sentence_and_no_fact() -> None:
    one, two = (pools(split) for split in PARTS)
    for left, right in zip(one.origins, two.origins, strict=True):
        for kind in ("female", "male", "family"):
            assert not set(getattr(left, kind)) & set(getattr(right, kind))
    for field in ("cities", "counties", "neighbourhoods", "streets", "facilities", "employers"):
        assert not set(getattr(one, field)) & set(getattr(two, field))
    for field in ("facts", "sentences"):
        for name, items in getattr(one, field).items():
            assert items
            assert not set(items) & set(getattr(two, field)[name])
