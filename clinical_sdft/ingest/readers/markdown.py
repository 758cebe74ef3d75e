"""Markdown and plain text, parsed as CommonMark; raw HTML in it is left out."""

from markdown_it import MarkdownIt
from markdown_it.token import Token

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.reading import Extracted, SourceFile, squeeze
from clinical_sdft.ingest.statements import Block, extract

MAX_NESTING = 40


class Markdown:
    """Headings, paragraphs, list items and table rows, searched by the rules for documents."""

    name = "Markdown"
    together = False

    def reads(self, file: SourceFile) -> bool:
        """Say whether it is called so; what Markdown is cannot be told by content."""
        return file.suffix in (".md", ".markdown", ".txt")

    def read(self, files: tuple[SourceFile, ...]) -> tuple[Extracted, ...]:
        """Return the recommendations of each text.

        Raises:
            InputError: a text is not UTF-8, or empty.
        """
        return tuple(_read(file) for file in files)


def _read(file: SourceFile) -> Extracted:
    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING, "html": True}).enable("table")
    blocks = _blocks(parser.parse(file.text().replace("\x00", " ")))
    if not blocks:
        raise InputError(f"{file.name}: there is no text in it")
    title = next((block.text for block in blocks if block.heading), None)
    return extract(Markdown.name, blocks, title=title)


def _blocks(tokens: list[Token]) -> list[Block]:
    blocks: list[Block] = []
    row: list[str] | None = None
    heading = 0
    for token in tokens:
        if token.type == "heading_open":
            heading = int(token.tag[1])
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            _add(blocks, " | ".join(row), 0, token)
            row = None
        elif token.type == "inline":
            words = _words(token)
            if row is not None:
                row.append(words)
            else:
                _add(blocks, words, heading, token)
            heading = 0
    return blocks


def _add(blocks: list[Block], text: str, heading: int, token: Token) -> None:
    if squeeze(text).strip("| "):
        line = token.map[0] + 1 if token.map else None
        blocks.append(Block(text=squeeze(text), heading=heading, line=line))


def _words(token: Token) -> str:
    """Return what is read of an inline token: text and code, images by their words, no HTML."""
    parts: list[str] = []
    for child in token.children or ():
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "image":
            parts.append(child.content)
    return "".join(parts)
