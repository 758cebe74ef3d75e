"""Small valid files of every format, made by the libraries that people make them with."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from docling_core.types.doc import (
    BoundingBox,
    DocItemLabel,
    DoclingDocument,
    ProvenanceItem,
    Size,
    TableCell,
    TableData,
)
from docling_core.types.doc.document import ContentLayer
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from clinical_sdft.ingest.reading import SourceFile

SENTENCE = "Clinicians should suspect gout when a single toe is hot and swollen (Grade B)."
OTHER = "The toe is a part of the foot and was known to the ancients."


def file(name: str, data: bytes | str) -> SourceFile:
    return SourceFile(name, data.encode() if isinstance(data, str) else data)


def pdf(pages: list[list[str]], *, password: str | None = None) -> bytes:
    stream = io.BytesIO()
    from reportlab.lib.pdfencrypt import StandardEncryption

    canvas = Canvas(stream, pagesize=A4, encrypt=StandardEncryption(password) if password else None, invariant=1)
    for lines in pages:
        for number, line in enumerate(lines):
            canvas.drawString(40, 780 - 16 * number, line)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def docx(paragraphs: list[tuple[str, str]], *, prologue: str = "", extra: dict[str, bytes] | None = None) -> bytes:
    """Return a document of (style, text) paragraphs; the package is as Word writes it, without what is not read."""
    body = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'
        for style, text in paragraphs
    )
    document = f'<?xml version="1.0"?>{prologue}<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", document)
        for name, data in (extra or {}).items():
            package.writestr(name, data)
    return stream.getvalue()


def plan(**changes: Any) -> dict[str, Any]:
    action = {
        "title": "Suspect gout",
        "description": "Suspect gout when a single toe is hot and swollen.",
        "condition": [{"kind": "applicability", "expression": {"description": "Toe = hot", "language": "text/cql"}}],
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/cqf-strengthOfRecommendation",
                "valueCodeableConcept": {"coding": [{"code": "strong", "display": "Strong"}]},
            },
            {
                "url": "http://hl7.org/fhir/StructureDefinition/cqf-qualityOfEvidence",
                "valueCodeableConcept": {"coding": [{"code": "low", "display": "Low quality"}]},
            },
        ],
    }
    base = {
        "resourceType": "PlanDefinition",
        "id": "gout",
        "url": "http://example.org/PlanDefinition/gout",
        "title": "Gout",
        "publisher": "A society",
        "version": "3",
        "date": "2026-02-01",
        "copyright": "CC0-1.0",
        "action": [action],
    }
    return base | changes


def uspstf() -> dict[str, Any]:
    record = {
        "id": 7,
        "title": "Gout: Screening -- Adults",
        "grade": "D",
        "sex": "men and women",
        "ageRange": [18, 99],
        "text": "The USPSTF recommends against screening for gout.<br><br>It is <b>seen</b>.",
    }
    return {"specificRecommendations": [record]}


def docling(verb: str = "is known") -> DoclingDocument:
    """Return a document as docling makes it of a PDF of two pages; besides `SENTENCE` it says what `verb` says."""

    def at(page: int, *span: int) -> ProvenanceItem:
        return ProvenanceItem(page_no=page, bbox=BoundingBox(l=0, t=0, r=9, b=9), charspan=(span[0], span[1]))

    made = DoclingDocument(name="gout")
    for number in (1, 2):
        made.add_page(page_no=number, size=Size(width=100, height=100))
    made.add_title("Gout in adults", prov=at(1, 0, 14))
    made.add_heading("Care", level=1, prov=at(1, 0, 4))
    made.add_text(DocItemLabel.PAGE_HEADER, "You should not read this.", content_layer=ContentLayer.FURNITURE)
    both = made.add_text(DocItemLabel.TEXT, f"{OTHER} {SENTENCE}", prov=at(1, 0, len(OTHER)))
    both.prov.append(at(2, len(OTHER) + 1, len(OTHER) + 1 + len(SENTENCE)))
    inline = made.add_inline_group()
    for piece in ("Rest", verb, ", and so is ice."):
        made.add_text(DocItemLabel.TEXT, piece, parent=inline, prov=at(2, 0, len(piece)))
    items = made.add_list_group()
    made.add_list_item(f"A second look {verb}.", parent=items, prov=at(2, 0, 14))
    cells = [["Finding", "Action"], ["a hot toe", f"aspiration {verb}"]]
    made.add_table(
        TableData(
            num_rows=2,
            num_cols=2,
            table_cells=[
                TableCell(
                    text=text,
                    start_row_offset_idx=row,
                    end_row_offset_idx=row + 1,
                    start_col_offset_idx=column,
                    end_col_offset_idx=column + 1,
                )
                for row, texts in enumerate(cells)
                for column, text in enumerate(texts)
            ],
        ),
        prov=at(2, 0, 0),
    )
    made.add_picture(prov=at(2, 0, 0))
    made.add_text(DocItemLabel.FORMULA, "we recommend x = y", prov=at(2, 0, 18))
    return made


def every_format() -> dict[str, bytes]:
    """Return one valid file of each format by name."""
    markdown = f"# Gout\n\n## Care\n\n- {SENTENCE}\n\n{OTHER}\n\n## References\n\nWe recommend this book.\n"
    html = f"<!doctype html><title>Gout</title><h1>Care</h1><p>{SENTENCE}</p><script>should()</script><p>{OTHER}</p>"
    return {
        "gout.md": markdown.encode(),
        "gout.html": html.encode(),
        "gout.docx": docx([("Heading1", "Care"), ("Normal", SENTENCE), ("Normal", OTHER)]),
        "gout.pdf": pdf([["Gout", "", SENTENCE, "", OTHER], ["", "Read on."]]),
        "gout-plan.json": json.dumps(plan()).encode(),
        "gout-uspstf.json": json.dumps(uspstf()).encode(),
        "gout-docling.json": docling().model_dump_json(by_alias=True).encode(),
        "gout.jsonl": b'{"question": "A hot toe: what is it?", "answer": "gout", "strength": "strong"}\n',
        "gout.csv": b'question,answer\n"A hot, swollen toe: what is it?",gout\n',
    }


def write_all(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder
