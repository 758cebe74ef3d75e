"""What docling made of a document comes in with its headings, pages and tables; what is wrong ends in one line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from docling_core.types.doc import DocItemLabel, DoclingDocument
from guideline_files import OTHER, SENTENCE, docling, file

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.bounded import bounded
from clinical_sdft.ingest.guidelines import is_project_format
from clinical_sdft.ingest.readers import READERS
from clinical_sdft.ingest.readers.docling import Docling
from clinical_sdft.ingest.reading import Extracted


def read(document: DoclingDocument | dict) -> Extracted:
    text = json.dumps(document) if isinstance(document, dict) else document.model_dump_json(by_alias=True)
    source = file("gout.json", text)
    assert next(reader for reader in READERS if reader.reads(source)).name == Docling.name
    return bounded(Docling().read, (source,))[0]


def test_paragraphs_items_and_rows_come_in_with_their_pages() -> None:
    made = read(docling("is recommended"))
    assert [(one.quote, one.page, one.place) for one in made.found] == [
        (SENTENCE, 2, "page 2, under “Care”"),
        ("Rest is recommended, and so is ice.", 2, "page 2, under “Care”"),
        ("A second look is recommended.", 2, "page 2, under “Care”"),
        ("a hot toe | aspiration is recommended", 2, "page 2, under “Care”"),
    ]
    assert (made.title, made.pages, made.format) == ("Gout in adults", 2, "docling JSON")
    assert made.text.index(OTHER) < made.text.index(SENTENCE) < made.text.index("second look")
    assert "should not read" not in made.text and "x = y" not in made.text


def test_pictures_and_formulas_are_listed_as_left_out() -> None:
    reasons = [(one.place, one.reason) for one in read(docling()).left]
    assert ("page 2", "a picture: what it shows is not read") in reasons
    assert ("page 2", "a formula: not read") in reasons


def test_a_document_without_pages_and_title_has_its_name() -> None:
    document = DoclingDocument(name="ice")
    document.add_text(DocItemLabel.TEXT, "We recommend ice for the toe.")
    made = read(document)
    assert (made.title, made.pages) == ("ice", None) and made.found[0].page is None


def damaged(**changes) -> dict:
    return json.loads(docling().model_dump_json(by_alias=True)) | changes


TWICE = {"self_ref": "#/body", "children": [{"$ref": "#/texts/0"}] * 2, "label": "unspecified", "name": "_root_"}
ROUND = TWICE | {"children": [{"$ref": "#/body"}]}
NOWHERE = TWICE | {"children": [{"$ref": "#/texts/99"}]}
METHOD = TWICE | {"children": [{"$ref": "#/export_to_html"}]}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (DoclingDocument(name="empty"), "no text in it"),
        (damaged(version="9.0.0"), "upgrade docling-core to read it"),
        (damaged(texts=[{"label": "text"}]), "texts"),
        (damaged(body=TWICE), "already reachable"),
        (damaged(body=ROUND), "already reachable"),
        (damaged(body=NOWHERE), "damaged DoclingDocument"),
        (damaged(body=METHOD), "damaged DoclingDocument"),
        (damaged(schema_name="DoclingDocument2", note="DoclingDocument"), "schema_name"),
    ],
    ids=["empty", "newer", "no text", "twice", "round", "nowhere", "method", "other schema"],
)
def test_bad_documents_end_in_one_line(document: DoclingDocument | dict, said: str) -> None:
    with pytest.raises(InputError) as refused:
        read(document)
    assert str(refused.value).startswith("gout.json: ") and said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_its_json_is_not_taken_for_a_guideline_of_the_project(tmp_path: Path) -> None:
    path = tmp_path / "gout.json"
    path.write_text(docling().model_dump_json(by_alias=True))
    assert not is_project_format(path)


def test_without_the_extra_one_line_says_how_to_install_it(tmp_path: Path) -> None:
    path = tmp_path / "gout.json"
    path.write_text(docling().model_dump_json(by_alias=True))
    program = (
        "import sys; sys.modules['docling_core'] = None\n"
        "from pathlib import Path; from clinical_sdft.errors import InputError\n"
        "from clinical_sdft.ingest.collect import Facts, collect\n"
        "try: collect(Path(sys.argv[1]), Facts())\n"
        "except InputError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert said.stdout == (
        "gout.json: reading docling's JSON needs the extra `docling`: pip install 'clinical-sdft[docling]'\n"
    )
