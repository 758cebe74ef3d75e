"""Files and folders become one guideline, whole or not at all."""

from datetime import date
from pathlib import Path

import pytest
from guideline_files import OTHER, SENTENCE, every_format, write_all

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.collect import Facts, collect
from data_contracts import Guideline, sha256_digest

FACTS = Facts(date=date(2026, 2, 1))


@pytest.mark.parametrize("name", sorted(every_format()))
def test_each_recommendation_keeps_its_quote_place_and_the_digest_of_its_file(name: str, tmp_path: Path) -> None:
    data = every_format()[name]
    guideline, report = collect(write_all(tmp_path, {name: data}) / name, FACTS)
    (one,) = guideline.recommendations
    assert one.source_sha256 == sha256_digest(data)
    assert one.path == name and one.place and one.found_by
    assert one.quote in guideline.document
    assert report.guideline == guideline.digest and report.recommendations == 1
    assert report.files[0].sha256 == one.source_sha256
    assert Guideline.from_bytes(guideline.canonical_bytes()) == guideline


@pytest.mark.parametrize("name", ["gout.md", "gout.html", "gout.docx", "gout.pdf"])
def test_a_document_states_no_answer_and_none_is_made_up(name: str, tmp_path: Path) -> None:
    guideline, report = collect(write_all(tmp_path, {name: every_format()[name]}) / name, FACTS)
    (one,) = guideline.recommendations
    assert (one.quote, one.answer, one.strength, one.found_by) == (SENTENCE, None, "Grade B", "graded")
    assert report.to_complete == (one.id,) and guideline.cases == ()
    assert OTHER in guideline.document


def test_a_page_of_a_pdf_and_a_line_of_a_markdown_file_are_kept(tmp_path: Path) -> None:
    files = write_all(tmp_path, every_format())
    (from_pdf,) = collect(files / "gout.pdf", FACTS)[0].recommendations
    (from_markdown,) = collect(files / "gout.md", FACTS)[0].recommendations
    assert from_pdf.page == 1
    assert from_markdown.place == "line 5, under “Care”"


def test_a_folder_of_mixed_files_is_one_guideline(tmp_path: Path) -> None:
    folder = write_all(tmp_path / "gout-2026", every_format() | {"LICENSE.md": b"should", "picture.png": b"\x89PNG"})
    guideline, report = collect(folder, FACTS)
    assert guideline.id == "gout-2026"
    assert len(guideline.recommendations) == len(every_format()) == len(report.files)
    assert len({item.id for item in guideline.recommendations}) == len(guideline.recommendations)
    why = {one.path: one.reason for one in report.skipped if one.place == "whole file"}
    assert why == {"LICENSE.md": "licence or notes beside the guideline", "picture.png": "no reader for .png files"}


def test_one_bad_file_and_nothing_of_the_folder_comes_in(tmp_path: Path) -> None:
    folder = write_all(tmp_path / "mixed", every_format() | {"broken.csv": b"question,reply\na,b\n"})
    with pytest.raises(InputError, match=r"^broken\.csv: line 1: no column answer"):
        collect(folder, FACTS)


def test_what_a_plan_says_of_itself_counts_unless_told_otherwise(tmp_path: Path) -> None:
    files = write_all(tmp_path, every_format())
    guideline, report = collect(files / "gout-plan.json", Facts())
    (one,) = guideline.recommendations
    assert (guideline.issuer, guideline.version, guideline.date) == ("A society", "3", date(2026, 2, 1))
    assert (one.strength, one.evidence, one.condition) == ("Strong", "Low quality", "Toe = hot")
    assert [case.question for case in guideline.cases] == ["Toe = hot. What is recommended?"]
    assert report.not_stated == ()
    told, _ = collect(files / "gout-plan.json", Facts(id="mine", issuer="us", version="4", date=date(2026, 3, 1)))
    assert (told.id, told.issuer, told.version, told.date) == ("mine", "us", "4", date(2026, 3, 1))


def test_a_date_that_nobody_states_is_asked_for(tmp_path: Path) -> None:
    files = write_all(tmp_path, every_format())
    with pytest.raises(InputError, match="--date"):
        collect(files / "gout.md", Facts())


def test_text_without_a_recommendation_is_refused(tmp_path: Path) -> None:
    file = write_all(tmp_path, {"toe.md": OTHER.encode()}) / "toe.md"
    with pytest.raises(InputError, match="no recommendation found"):
        collect(file, FACTS)


def test_a_guideline_people_wrote_keeps_the_digest_it_always_had() -> None:
    import yaml

    from clinical_sdft.demo import data

    raw = yaml.safe_load((Path(data.__path__[0]) / "guideline_differentials.yaml").read_text())
    raw["date"] = str(raw["date"])
    guideline = Guideline.model_validate_json(__import__("json").dumps(raw))
    written = guideline.model_dump(mode="json")
    assert all(set(item) <= OLD_FIELDS for item in written["recommendations"])
    assert all(set(case) == {"id", "recommendation", "question", "answer"} for case in written["cases"])


OLD_FIELDS = {"id", "answer", "statement", "quote", "strength", "evidence", "source", "confusable"}
