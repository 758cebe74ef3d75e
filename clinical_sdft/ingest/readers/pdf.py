"""PDF with a text layer. A scanned page has none; nothing is guessed from its picture."""

import io
import logging

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.pdf_lines import Line, paragraphs, without_line_numbers
from clinical_sdft.ingest.reading import Extracted, Left, SourceFile, squeeze
from clinical_sdft.ingest.statements import extract

MAX_PAGES = 1000
_LEAST_WORDS_A_PAGE = 5


class Pdf:
    """Paragraphs of the text layer, searched by the rules for documents; each quote keeps its page."""

    name = "PDF"
    together = False

    def reads(self, file: SourceFile) -> bool:
        """Say whether the signature of a PDF stands in the first kilobyte, or the name says so."""
        return b"%PDF-" in file.data[:1024] or file.suffix == ".pdf"

    def read(self, files: tuple[SourceFile, ...]) -> tuple[Extracted, ...]:
        """Return the recommendations of each document.

        Raises:
            InputError: a document is encrypted, scanned, damaged, or has more than `MAX_PAGES` pages.
        """
        return tuple(_read(file) for file in files)


def _read(file: SourceFile) -> Extracted:
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    reader = _opened(file)
    count = len(reader.pages)
    if count > MAX_PAGES:
        raise InputError(f"{file.name}: {count} pages; at most {MAX_PAGES} are read, split the document")
    lines: list[Line] = []
    empty: list[int] = []
    for number, page in enumerate(reader.pages, start=1):
        text = _page_text(file, page, number)
        if len(text.split()) < _LEAST_WORDS_A_PAGE:
            empty.append(number)
        lines += [Line(part, number) for part in text.splitlines()]
    if len(empty) == count:
        raise InputError(f"{file.name}: no text on {count} pages: scanned; run text recognition (OCR) on it first")
    made = extract(Pdf.name, paragraphs(without_line_numbers(lines)), title=_title(reader), pages=count)
    left = tuple(Left(place=f"page {number}", reason="no text: a picture, or an empty page") for number in empty)
    return made.model_copy(update={"left": made.left + left})


def _opened(file: SourceFile) -> PdfReader:
    try:
        reader = PdfReader(io.BytesIO(file.data), strict=False)
        if reader.is_encrypted:
            raise InputError(f"{file.name}: the PDF is encrypted; save it without a password")
        if len(reader.pages) == 0:
            raise InputError(f"{file.name}: the PDF has no pages")
    except InputError:
        raise
    except MemoryError:
        raise
    except Exception as error:  # pypdf meets damage with any of a dozen kinds of errors
        raise InputError(f"{file.name}: {_damage(error)}") from error
    return reader


def _page_text(file: SourceFile, page: object, number: int) -> str:
    try:
        return str(page.extract_text()).replace("\x00", " ")  # type: ignore[attr-defined]
    except MemoryError:
        raise
    except Exception as error:
        raise InputError(f"{file.name}: page {number}: {_damage(error)}") from error


def _title(reader: PdfReader) -> str | None:
    try:
        title = reader.metadata.title if reader.metadata else None
        return squeeze(title) or None if isinstance(title, str) else None
    except Exception:  # a damaged title is no title
        return None


def _damage(error: Exception) -> str:
    kind = "is truncated or damaged" if isinstance(error, PyPdfError) else "is damaged"
    return f"the PDF {kind} ({type(error).__name__}); fetch it again from its publisher"
