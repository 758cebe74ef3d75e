from pathlib import Path

import pytest
import yaml

from clinical_sdft.errors import InputError
from clinical_sdft.ingest import bounded, guidelines
from clinical_sdft.ingest.demonstrations import Phrasing, draft_demonstrations
from clinical_sdft.ingest.guidelines import read_guideline
from data_contracts import DeidentifiedRecord

DIGEST = "sha256:" + "0" * 64
SOURCE = {"title": "t", "publisher": "p", "url": "https://example.org"}


def written(folder: Path, **changes) -> Path:
    recommendation = {"id": "R1", "answer": "gout", "statement": "s", "quote": "a hot toe", "source": SOURCE}
    fields = {
        "schema_version": 1,
        "id": "g",
        "title": "t",
        "issuer": "i",
        "version": "1",
        "date": "2026-01-01",
        "licence": "CC0-1.0",
        "document": "Gout is a hot toe.",
        "recommendations": [recommendation],
        "cases": [{"id": "C1", "recommendation": "R1", "question": "My toe is hot.", "answer": "gout"}],
    }
    file = folder / "guideline.yaml"
    file.write_text(yaml.safe_dump(fields | changes))
    return file


def record(text: str, diagnosis: str) -> DeidentifiedRecord:
    return DeidentifiedRecord(
        record=DIGEST, patient=DIGEST, policy="safe_harbor", text=text, diagnosis=diagnosis, replaced=()
    )


def test_cases_and_fitting_records_become_demonstrations(tmp_path: Path) -> None:
    guideline = read_guideline(written(tmp_path))
    records = [record("Toe hot.", "Gout"), record("Head aches.", "migraine")]
    drafted = draft_demonstrations(guideline, records, Phrasing())
    assert (drafted.records_used, drafted.records_elsewhere) == (1, 1)
    first, second = drafted.demonstrations
    assert first.question == "Which diagnosis is most likely? My toe is hot."
    assert (first.answer, first.label, first.quote) == ("Most likely: gout.", "gout", "a hot toe")
    assert (first.record, second.record) == (None, DIGEST)
    assert {d.guideline for d in drafted.demonstrations} == {guideline.digest}


def test_equal_demonstrations_are_kept_once(tmp_path: Path) -> None:
    guideline = read_guideline(written(tmp_path))
    drafted = draft_demonstrations(guideline, [record("my TOE is hot", "gout")], Phrasing())
    assert [d.id for d in drafted.demonstrations] == ["C1"]


def test_nothing_to_learn_from_is_refused(tmp_path: Path) -> None:
    guideline = read_guideline(written(tmp_path, cases=[]))
    with pytest.raises(InputError, match="nothing to learn from"):
        draft_demonstrations(guideline, [record("Head aches.", "migraine")], Phrasing())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recommendations": []}, "no recommendations"),
        ({"surprise": 1}, "surprise: Extra inputs"),
        ({"document": "Other words."}, "quote does not stand in the document"),
        ({"date": "someday"}, "date:"),
        (
            {"cases": [{"id": "C1", "recommendation": "R1", "question": "q", "answer": "a"}] * 2},
            "duplicate case id: C1",
        ),
    ],
)
def test_a_guideline_that_cannot_be_used_gets_one_line(tmp_path: Path, changes: dict, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_guideline(written(tmp_path, **changes))
    assert "guideline.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_utf8_are_refused_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "g.yaml"
    file.write_bytes(b"id: caf\xe9\n")
    with pytest.raises(InputError, match="byte 7 is not UTF-8"):
        read_guideline(file)


def test_bad_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "g.yaml"
    file.write_text("id: a\ntitle: [\n")
    with pytest.raises(InputError, match="line 3: not YAML"):
        read_guideline(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.yaml: no such file"):
        read_guideline(tmp_path / "no.yaml")


def test_a_guideline_that_takes_too_long_ends_in_one_line(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*parts: object) -> None:
        while True:
            pass

    monkeypatch.setattr(bounded, "_SECONDS", 0.5)
    monkeypatch.setattr(guidelines, "parse", endless)
    file = tmp_path / "slow.yaml"
    file.write_text("id: slow")
    with pytest.raises(InputError, match=r"slow\.yaml: reading took more than"):
        read_guideline(file)
