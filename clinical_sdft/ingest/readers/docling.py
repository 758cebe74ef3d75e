"""What docling made of a document: the JSON of a DoclingDocument, with its headings, lists, tables and page numbers.

Docling itself reads PDFs by models of their layout and runs elsewhere, in an environment of its own; here only its
result is read. The types are docling-core's, an optional extra.
"""

import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.json_values import load_json, looks_like_json
from clinical_sdft.ingest.reading import Extracted, Left, SourceFile, squeeze
from clinical_sdft.ingest.statements import Block, extract
from clinical_sdft.validation import first_problem

if TYPE_CHECKING:
    from docling_core.types.doc.document import DoclingDocument
    from docling_core.types.doc.items.node import DocItem
    from docling_core.types.doc.items.table.table import TableItem
    from docling_core.types.doc.items.text import TextItem

_SCHEMA = "DoclingDocument"
_EXTRA = "reading docling's JSON needs the extra `docling`: pip install 'clinical-sdft[docling]'"
_CLOSING = tuple(",.;:!?)]}”’%")
_NOT_READ = {
    "picture": "a picture: what it shows is not read",
    "chart": "a chart: what it shows is not read",
    "formula": "a formula: not read",
    "form": "a form: not read",
    "key_value_region": "a form: not read",
}


class Docling:
    """Paragraphs, list items and table rows in reading order, searched by the rules for documents."""

    name = "docling JSON"
    together = False

    def reads(self, file: SourceFile) -> bool:
        """Say whether it is JSON that calls itself a DoclingDocument.

        The types are loaded here, because a reader's own time and memory are no more than the file is worth.
        """
        if not looks_like_json(file) or f'"{_SCHEMA}"'.encode() not in file.data:
            return False
        _types()
        return True

    def read(self, files: tuple[SourceFile, ...]) -> tuple[Extracted, ...]:
        """Return the recommendations of each document.

        Raises:
            InputError: the extra is not installed, or a file is no whole DoclingDocument or holds no text.
        """
        return tuple(_read(file) for file in files)


def _types() -> Any:
    """Return docling-core's module of documents; None where the extra is not installed."""
    try:
        from docling_core.types.doc import document
    except ImportError:
        return None
    return document


def _read(file: SourceFile) -> Extracted:
    raw = load_json(file)
    if not isinstance(raw, dict) or raw.get("schema_name") != _SCHEMA:
        raise InputError(f"{file.name}: schema_name: docling writes {_SCHEMA!r}; convert the document again")
    if _types() is None:
        raise InputError(f"{file.name}: {_EXTRA}")
    try:
        with warnings.catch_warnings(action="ignore"):  # of boxes that leave their page: nothing is drawn here
            document = _types().DoclingDocument.model_validate(raw)
        blocks, left = _blocks(document)
    except ValidationError as error:
        newer = "; upgrade docling-core to read it" if any(one["loc"] == ("version",) for one in error.errors()) else ""
        raise InputError(f"{file.name}: {first_problem(error)}{newer}") from error
    except MemoryError:
        raise
    except Exception as error:  # references that lead nowhere end in a dozen kinds of errors within the types
        kind = type(error).__name__
        raise InputError(f"{file.name}: a damaged DoclingDocument ({kind}); convert the document again") from error
    if not blocks:
        raise InputError(f"{file.name}: no text in it; of a scanned document docling needs to recognise the text (OCR)")
    title = next((block.text for block in blocks if block.heading == 1), squeeze(document.name) or None)
    made = extract(Docling.name, blocks, title=title, pages=len(document.pages) or None)
    return made.model_copy(update={"left": made.left + tuple(left)})


def _blocks(document: "DoclingDocument") -> tuple[list[Block], list[Left]]:
    """Return what is read, in reading order, and what is left out; running heads and feet are no body and not read."""
    types = _types()
    blocks: list[Block] = []
    left: list[Left] = []
    for item, below in _parts(document):
        label = str(getattr(item.label, "value", item.label))
        if label in _NOT_READ:
            left.append(Left(place=_place(item), reason=_NOT_READ[label]))
        elif isinstance(item, types.GroupItem):  # a paragraph in several fonts comes in pieces
            blocks += _block([piece for piece in below if isinstance(piece, types.TextItem)], 0)
        elif isinstance(item, types.TableItem):
            blocks += _rows(item)
        elif isinstance(item, types.TextItem):
            blocks += _block([item], _level(item, types))
    return blocks, left


def _parts(document: "DoclingDocument") -> Iterator[tuple[Any, list[Any]]]:
    """Yield every part that stands for itself; a table, and a paragraph of pieces, with all that is below it."""
    types = _types()
    head: Any = None
    depth = 0
    below: list[Any] = []
    for item, level in document.iterate_items(with_groups=True):
        if head is not None and level > depth:
            below.append(item)
            continue
        if head is not None:
            yield head, below
            head, below = None, []
        if isinstance(item, types.TableItem | types.InlineGroup):
            head, depth = item, level
        elif not isinstance(item, types.GroupItem):
            yield item, []
    if head is not None:
        yield head, below


def _level(item: "TextItem", types: Any) -> int:
    """Return the level of a heading, the title's being 1; 0 for other text."""
    if isinstance(item, types.SectionHeaderItem):
        return int(item.level) + 1
    return 1 if isinstance(item, types.TitleItem) else 0


def _block(pieces: Sequence["TextItem"], heading: int) -> list[Block]:
    """Return the pieces as one block with the places where its pages begin; none where they say nothing."""
    text = ""
    marks: dict[int, int] = {}
    for piece in pieces:
        words = squeeze(piece.text)
        text += (" " if text and words[:1] not in _CLOSING else "") + words
        start = len(text) - len(words)
        for place in piece.prov:
            marks.setdefault(start + len(squeeze(piece.text[: max(place.charspan[0], 0)])), place.page_no)
    return [Block(text=text, heading=heading, marks=tuple(sorted(marks.items())))] if text else []


def _rows(table: "TableItem") -> Iterator[Block]:
    """Yield a block for each row; a cell that spans rows stands in its first."""
    rows: dict[int, dict[int, str]] = {}
    for cell in table.data.table_cells:
        rows.setdefault(cell.start_row_offset_idx, {})[cell.start_col_offset_idx] = squeeze(cell.text)
    page = table.prov[0].page_no if table.prov else None
    for _, row in sorted(rows.items()):
        text = " | ".join(words for _, words in sorted(row.items()))
        if text.strip("| "):
            yield Block(text=text, marks=((0, page),) if page is not None else ())


def _place(item: "DocItem") -> str:
    return f"page {item.prov[0].page_no}" if item.prov else f"part {item.self_ref}"
