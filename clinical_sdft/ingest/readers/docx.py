"""Word documents (DOCX): the main text of the package, read as XML that may declare no entities.

Macros, embedded objects and linked files are never opened; a document with macros is refused, for a guideline needs
none.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.reading import Extracted, SourceFile, squeeze
from clinical_sdft.ingest.statements import Block, extract

MAX_PARTS = 5000
MAX_PART = 64 * 2**20
"""Largest XML part once unpacked, bytes."""
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MAIN, _STYLES, _CORE = "word/document.xml", "word/styles.xml", "docProps/core.xml"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_MAX_DEPTH = 200


class Docx:
    """Paragraphs and table rows, searched by the rules for documents."""

    name = "DOCX"
    together = False

    def reads(self, file: SourceFile) -> bool:
        """Say whether it is a zip with a Word document in it, or is called like one."""
        named = file.suffix in (".docx", ".docm", ".doc", ".dotm")
        return named or (file.data[:4] == b"PK\x03\x04" and _MAIN.encode() in file.data)

    def read(self, files: tuple[SourceFile, ...]) -> tuple[Extracted, ...]:
        """Return the recommendations of each document.

        Raises:
            InputError: a document is encrypted, damaged, has macros or entities, or unpacks to too much.
        """
        return tuple(_read(file) for file in files)


def _read(file: SourceFile) -> Extracted:
    if file.data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise InputError(f"{file.name}: an encrypted or old Word file (.doc); save it as .docx without a password")
    try:
        with zipfile.ZipFile(io.BytesIO(file.data)) as package:
            parts = _parts(file, package)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        kind = type(error).__name__
        raise InputError(f"{file.name}: truncated or damaged ({kind}); save the document again") from error
    body = parts[_MAIN].find(f"{_W}body")
    blocks = list(_blocks(body, _heading_styles(parts.get(_STYLES)))) if body is not None else []
    if not blocks:
        raise InputError(f"{file.name}: the document has no text")
    title = parts[_CORE].findtext(_TITLE) if _CORE in parts else None
    return extract(Docx.name, blocks, title=squeeze(title or "") or None)


def _parts(file: SourceFile, package: zipfile.ZipFile) -> dict[str, Element]:
    names = package.namelist()
    if len(names) > MAX_PARTS:
        raise InputError(f"{file.name}: {len(names)} parts in the package; this is no document")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise InputError(f"{file.name}: the document has macros; save it as .docx, without them")
    if _MAIN not in names:
        raise InputError(f"{file.name}: a zip without {_MAIN}; save the document as .docx")
    return {name: _xml(file, package, name) for name in (_MAIN, _STYLES, _CORE) if name in names}


def _xml(file: SourceFile, package: zipfile.ZipFile, name: str) -> Element:
    if package.getinfo(name).flag_bits & 1:
        raise InputError(f"{file.name}: {name} is encrypted; save the document without a password")
    with package.open(name) as stream:
        data = stream.read(MAX_PART + 1)  # the size in the directory may lie
    if len(data) > MAX_PART:
        raise InputError(f"{file.name}: {name} unpacks to more than {MAX_PART // 2**20} MiB; this is no document")
    try:
        root: Element = fromstring(data, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        raise InputError(f"{file.name}: {name} declares a document type or entities; none is resolved") from error
    except (ParseError, ValueError, LookupError) as error:
        raise InputError(f"{file.name}: {name}: not XML: {str(error)[:80]}; save the document again") from error
    return root


def _heading_styles(styles: Element | None) -> dict[str, int]:
    """Return the level of each paragraph style that is a heading."""
    levels: dict[str, int] = {"Title": 1} | {f"Heading{level}": level for level in range(1, 7)}
    for style in styles.findall(f"{_W}style") if styles is not None else ():
        name = style.find(f"{_W}name")
        words = (name.get(f"{_W}val") or "").lower() if name is not None else ""
        if words.startswith("heading ") and words[8:].isdecimal() and len(words) < 11:
            levels[style.get(f"{_W}styleId") or ""] = int(words[8:])
    return levels


def _blocks(body: Element, levels: dict[str, int], depth: int = 0) -> Iterator[Block]:
    if depth > _MAX_DEPTH:
        return
    for child in body:
        if child.tag == f"{_W}p":
            text = _words(child)
            if text:
                style = child.find(f"{_W}pPr/{_W}pStyle")
                level = levels.get(style.get(f"{_W}val") or "", 0) if style is not None else 0
                yield Block(text=text, heading=level)
        elif child.tag == f"{_W}tr":
            cells = [squeeze(" ".join(_words(p) for p in cell.iter(f"{_W}p"))) for cell in child.iter(f"{_W}tc")]
            row = " | ".join(cells)
            if row.strip("| "):
                yield Block(text=row)
        else:
            yield from _blocks(child, levels, depth + 1)


def _words(paragraph: Element) -> str:
    """Return what is shown of a paragraph; deleted text and field codes are not."""
    parts: list[str] = []
    for node in paragraph.iter():
        if node.tag == f"{_W}t":
            parts.append(node.text or "")
        elif node.tag in (f"{_W}tab", f"{_W}br", f"{_W}cr"):
            parts.append(" ")
    return squeeze("".join(parts))
