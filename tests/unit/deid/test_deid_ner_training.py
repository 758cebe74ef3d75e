"""The name recognition learns from marked notes: what it sees, that it learns, and that it keeps no word of them."""

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from clinical_sdft.deid import NerModelError
from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.ner import NotesNer, SpacyNer, folder_digest
from clinical_sdft.deid.ner.labels import LABELS, TERM
from clinical_sdft.deid.ner.marked import Marked, Variations
from clinical_sdft.deid.ner.pruned import keep_labels
from clinical_sdft.deid.ner.spacy_model import load_spacy, package_folder
from clinical_sdft.deid.ner.training import example, train
from data_contracts import GoldDocument, GoldSpan

NOTE = "Wrote to Kowalska, MRN 4471-K9, of Bramblewick House. KOWALSKA rang 3/4."
SPANS = (
    ((9, 17), Category.NAME),
    ((23, 30), Category.MRN),
    ((35, 52), Category.FACILITY),
    ((54, 62), Category.NAME),
    ((68, 71), Category.DATE),
)


def gold(text: str, *parts: tuple[str, Category]) -> GoldDocument:
    spans = tuple(GoldSpan(start=text.index(part), end=text.index(part) + len(part), category=c) for part, c in parts)
    return GoldDocument(id="n", text=text, spans=spans)


def test_a_variation_has_other_names_and_digits_and_marks_that_still_fit() -> None:
    note = Marked(NOTE, SPANS, ((32, 34), (68, 71)), (((63, 67), "drug"),))
    variations, seen = Variations(random.Random(3)), set()
    for _ in range(60):
        varied = variations.of(note)
        values = [varied.text[start:end] for (start, end), _ in varied.spans]
        assert [category for _, category in varied.spans] == [category for _, category in SPANS]
        assert values[0].lower() == values[3].lower()  # the same person throughout
        assert values[2].lower() == "bramblewick house" and values[4] == "3/4"
        assert len(values[1]) == 7 and values[1][4] == "-"
        assert [varied.text[start:end].lower() for start, end in varied.neutral] == ["of", "3/4"]
        assert [(varied.text[slice(*place)].lower(), kind) for place, kind in varied.facts] == [("rang", "drug")]
        assert varied.text.lower().replace(values[0].lower(), "kowalska").replace(values[1].lower(), "4471-k9") == (
            NOTE.lower()
        )
        seen.add((values[0] != "Kowalska", values[1] != "4471-K9", varied.text.isupper(), varied.text.islower()))
    assert {row[0] for row in seen} == {row[1] for row in seen} == {True, False}
    assert {row[2:] for row in seen} == {(False, False), (True, False), (False, True)}


def test_the_same_seed_gives_the_same_variations() -> None:
    note = Marked(NOTE, SPANS)
    one, same, other = (Variations(random.Random(seed)) for seed in (1, 1, 2))
    series = [[variations.of(note) for _ in range(8)] for variations in (one, same, other)]
    assert series[0] == series[1] != series[2]


def test_of_two_marks_that_overlap_the_first_and_longer_counts() -> None:
    text = "Seen at Mercy Clinic."
    document = gold(text, ("Mercy", Category.NAME), ("Mercy Clinic", Category.FACILITY), ("Clinic", Category.PLACE))
    assert Marked.of(document).spans == (((8, 20), Category.FACILITY),)


def test_an_example_tags_identifiers_and_facts_and_leaves_open_what_may_go_either_way() -> None:
    nlp = load_spacy(package_folder())
    spans = (((4, 14), Category.NAME), ((18, 27), Category.ADDRESS))
    facts = (((29, 39), "dose"), ((24, 33), "drug"), ((29, 30), "unheard of"))
    found = example(
        nlp, Marked("Dr. Ana Mbeki\n of 12 Elm St, aspirin 81 a@b.org", spans, ((0, 3),), facts)
    ).get_aligned_ner()
    assert found[:3] == [None, "B-PERSON", "L-PERSON"]
    assert [tag for tag in found if tag and tag.endswith("address")] == ["B-address", "I-address", "L-address"]
    assert found[-3:] == ["B-VALUE", "L-VALUE", "O"]


def test_training_teaches_and_keeps_no_word(tmp_path: Path) -> None:
    """Sixteen notes with a form of code that the embedded model does not know; another code of it is then found."""
    rng = random.Random(1)
    notes = []
    for number in range(16):
        code = f"QX-{rng.randint(1000, 9999)}/Z"
        text = f"Specimen {code} was sent by {('courier', 'van')[number % 2]}. Zeldovane given, {number} mg."
        notes.append(gold(text, (code, Category.OTHER_ID)))
    heard: list[Sequence[int]] = []
    digest = train(notes, (), tmp_path / "model", 40, heard=lambda *done: heard.append(done))
    ner = NotesNer(tmp_path / "model", digest)
    text = "Specimen QX-7120/Z was sent by courier."
    assert [(text[s.start : s.end], s.label) for s in ner.analyze(text)] == [("QX-7120/Z", "other_id")]
    assert "other_id" not in {span.label for span in SpacyNer().analyze(text)}
    assert ner.digest == folder_digest(tmp_path / "model") and heard[-1] == (40, 40)
    kept = json.loads((tmp_path / "model" / "vocab" / "strings.json").read_text())
    assert set(LABELS.values()) <= set(kept) and not {"Zeldovane", "courier"} & set(kept)
    assert all(b"Zeldovane" not in file.read_bytes() for file in (tmp_path / "model").rglob("*") if file.is_file())


def test_the_same_seed_gives_the_same_model(tmp_path: Path) -> None:
    notes = [gold("Seen by Mbeki today.", ("Mbeki", Category.NAME))]
    digests = [train(notes, notes, tmp_path / name, 2, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))]
    assert digests[0] == digests[1] != digests[2]


def test_without_the_labels_that_nobody_asks_for_the_rest_is_found_as_before() -> None:
    nlp, text = load_spacy(package_folder()), "Maria Kowalska of Chicago saw Ana Mbeki and John Smith in Boston."
    before = [(entity.text, entity.label_) for entity in nlp(text).ents if entity.label_ in ("PERSON", "GPE")]
    keep_labels(nlp, {"PERSON", "GPE"})
    assert [(entity.text, entity.label_) for entity in nlp(text).ents] == before
    assert len(before) > 3 and nlp.get_pipe("ner").labels == ("GPE", "PERSON")


def test_nothing_to_learn_from_and_a_folder_in_use_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NerModelError, match="no marked note"):
        train((), (), tmp_path / "new", 1)
    (tmp_path / "x").write_text("x")
    for target in (tmp_path, tmp_path / "x"):
        with pytest.raises(NerModelError, match="is no empty folder"):
            train([gold("Seen by Mbeki.", ("Mbeki", Category.NAME))], (), target, 1)


def test_terms_are_read_in_notes_and_not_in_short_texts() -> None:
    ner, text = NotesNer(), "Positive Babinski, negative Kernig and Brudzinski. Started on apixaban 5 mg. "
    assert not {TERM} & {span.label for span in ner.analyze(text)}
    assert {TERM} <= {span.label for span in ner.analyze(text * 20)}


def test_a_model_of_ones_own_needs_its_pin(tmp_path: Path) -> None:
    digest = train([gold("Seen by Mbeki.", ("Mbeki", Category.NAME))], (), tmp_path / "own", 1)
    with pytest.raises(NerModelError, match="is not pinned"):
        NotesNer(tmp_path / "own", None)
    (tmp_path / "own" / "meta.json").write_text("{}")
    with pytest.raises(NerModelError, match="is pinned"):
        NotesNer(tmp_path / "own", digest)
