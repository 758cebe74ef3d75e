import json
from pathlib import Path

import pytest

from clinical_sdft.deid.errors import GoldError
from clinical_sdft.deid.quality.choices import GoldFormat, Half, Split
from clinical_sdft.deid.quality.gold import chosen, read_gold
from data_contracts import GoldDocument

ASQ = """===QUERY===
Is Dr. Ann Lee at Elm Clinic in Austin? Ann Lee (MRN 99887).
===PHI_TAGS===
{"identifier_type": "NAME", "value": "Ann Lee"}
{"identifier_type": "GEOGRAPHIC_LOCATION", "value": "Elm Clinic"}
{"identifier_type": "GEOGRAPHIC_LOCATION", "value": "Austin"}
{"identifier_type": "MEDICAL_RECORD_NUMBER", "value": "99887"}

===QUERY===
Dose of metformin at 60?
===PHI_TAGS===

"""
PRESIDIO = [
    {
        "full_text": "Judy flew from Austria to Bauru",
        "template_id": 7,
        "spans": [
            {"entity_type": "PERSON", "start_position": 0, "end_position": 4},
            {"entity_type": "LOCATION", "start_position": 15, "end_position": 22},
            {"entity_type": "LOCATION", "start_position": 26, "end_position": 31},
        ],
    }
]


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "gold"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def found(document: GoldDocument) -> list[tuple[str, str]]:
    return [(document.text[span.start : span.end], span.category) for span in document.spans]


def test_asq_phi_is_recognized_and_every_occurrence_counts(tmp_path: Path) -> None:
    first, second = read_gold(written(tmp_path, ASQ))
    assert found(first) == [
        ("Ann Lee", "name"),
        ("Elm Clinic", "facility"),
        ("Austin", "place"),
        ("Ann Lee", "name"),
        ("99887", "mrn"),
    ]
    assert second.spans == ()


def test_presidio_research_is_recognized_and_countries_are_neutral(tmp_path: Path) -> None:
    (document,) = read_gold(written(tmp_path, json.dumps(PRESIDIO)))
    assert found(document) == [("Judy", "name"), ("Bauru", "place")]
    assert [(span.start, span.end) for span in document.neutral] == [(15, 22)]
    assert document.group == "presidio-template-7"


def test_own_lines_are_read_with_record_and_facts(tmp_path: Path) -> None:
    line = {
        "id": "a",
        "text": "Ann takes 5 mg",
        "spans": [{"start": 0, "end": 3, "category": "name"}],
        "keep": [{"start": 10, "end": 14, "kind": "dose"}],
        "patient": {"id": "p", "name": "Ann"},
    }
    (document,) = read_gold(written(tmp_path, json.dumps(line) + "\n\n"))
    assert (document.keep[0].kind, document.patient) == ("dose", {"id": "p", "name": "Ann"})


OWN = '{"id": "a", "text": "Secretname", "spans": [%s]}'


@pytest.mark.parametrize(
    ("content", "form", "message"),
    [
        (b"\xff\xfe\x00", GoldFormat.AUTO, "not UTF-8"),
        ("", GoldFormat.AUTO, "holds no document"),
        ("not json", GoldFormat.AUTO, "line 1: not a gold document"),
        (OWN % '{"start": 0, "end": 99, "category": "name"}', GoldFormat.AUTO, "0-99 does not lie in the text"),
        (OWN % '{"start": 0, "end": 3, "category": "shoe"}', GoldFormat.AUTO, "no category 'shoe'"),
        ((OWN % "") + "\n" + (OWN % ""), GoldFormat.AUTO, "line 2: an earlier document has the same id"),
        ("===QUERY===\nSecretname", GoldFormat.AUTO, "query 1: no ===PHI_TAGS==="),
        ("===QUERY===\nSecretname\n===PHI_TAGS===\n{", GoldFormat.AUTO, "not JSON"),
        (ASQ.replace('"NAME"', '"SHOE"'), GoldFormat.AUTO, "of no type"),
        ("[1, 2]", GoldFormat.AUTO, "sample 1: needs full_text"),
        ('[{"full_text": "Secretname"}]', GoldFormat.AUTO, "sample 1: needs full_text"),
        ("{}", GoldFormat.PRESIDIO, "not a list"),
    ],
)
def test_a_wrong_file_gives_one_line_without_its_text(
    tmp_path: Path, content: str | bytes, form: GoldFormat, message: str
) -> None:
    with pytest.raises(GoldError, match=message) as caught:
        read_gold(written(tmp_path, content), form)
    assert "Secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match="no such gold file"):
        read_gold(tmp_path / "none.jsonl")


def test_parts_are_disjoint_complete_and_do_not_split_groups() -> None:
    documents = tuple(GoldDocument(id=f"d{i}", text="x", group=f"g{i // 3}") for i in range(61))
    for parts in ([Half.FIRST, Half.SECOND], [Split.TUNING, Split.HELD_OUT]):
        one, two = (
            chosen(
                documents, part if isinstance(part, Half) else Half.ALL, part if isinstance(part, Split) else Split.ALL
            )
            for part in parts
        )
        assert {d.id for d in one} | {d.id for d in two} == {d.id for d in documents}
        assert len(one) + len(two) == 61
        assert min(len(one), len(two)) > 15
    assert not {d.group for d in one} & {d.group for d in two}
