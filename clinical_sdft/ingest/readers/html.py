"""HTML: headings, paragraphs, list items and table rows; nothing is run, fetched or resolved."""

from html.parser import HTMLParser

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.reading import Extracted, SourceFile, squeeze
from clinical_sdft.ingest.statements import Block, extract

_SILENT = frozenset({"script", "style", "noscript", "template", "head", "nav", "footer", "svg", "math", "iframe"})
_BREAKS = frozenset(
    {"p", "div", "section", "article", "main", "header", "li", "ul", "ol", "dl", "dt", "dd", "table", "tr", "thead"}
    | {"tbody", "blockquote", "pre", "figure", "figcaption", "hr", "form", "body", "html", "aside", "details"}
    | {"summary", "address", "fieldset", "caption", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}


class Html:
    """Blocks of the page, searched by the rules for documents."""

    name = "HTML"
    together = False

    def reads(self, file: SourceFile) -> bool:
        """Say whether it begins like a page, or is called like one."""
        head = file.data[:1000].lower()
        return file.suffix in (".html", ".htm", ".xhtml") or b"<!doctype html" in head or b"<html" in head

    def read(self, files: tuple[SourceFile, ...]) -> tuple[Extracted, ...]:
        """Return the recommendations of each page.

        Raises:
            InputError: a page is not UTF-8 or has no text.
        """
        return tuple(_read(file) for file in files)


def _read(file: SourceFile) -> Extracted:
    blocks, title = blocks_of(file.text())
    if not blocks:
        raise InputError(f"{file.name}: the page has no text; save the page as it is shown, not its empty shell")
    return extract(Html.name, blocks, title=title)


def blocks_of(text: str) -> tuple[list[Block], str | None]:
    """Return the blocks of an HTML page, and its title."""
    collector = _Collector()
    try:
        collector.feed(text)
        collector.close()
    except AssertionError:  # what html.parser raises on some malformed declarations
        pass
    collector.end_block()
    return collector.blocks, squeeze("".join(collector.title)) or None


def strip_tags(text: str) -> str:
    """Return the words of a fragment of HTML."""
    blocks, _ = blocks_of(text)
    return " ".join(block.text for block in blocks)


class _Collector(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.title: list[str] = []
        self._words: list[str] = []
        self._heading = 0
        self._silent: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a block, or fall silent."""
        if tag == "title":
            self._in_title = True
        elif tag in _SILENT:
            self._silent.append(tag)
        elif tag in _BREAKS:
            self.end_block()
            self._heading = _HEADINGS.get(tag, 0)
        elif tag in ("br", "td", "th"):
            self._words.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an empty element for the white space it shows as."""
        if tag in _BREAKS:
            self.end_block()
        else:
            self._words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """End a block, or speak again."""
        if tag == "title":
            self._in_title = False
        elif tag in self._silent:
            while self._silent.pop() != tag:
                pass
        elif tag in _BREAKS:
            self.end_block()

    def handle_data(self, data: str) -> None:
        """Collect words that are shown."""
        if self._in_title:
            self.title.append(data)
        elif not self._silent:
            self._words.append(data)

    def end_block(self) -> None:
        """Close the block that is open."""
        text = squeeze("".join(self._words))
        self._words.clear()
        if text:
            self.blocks.append(Block(text=text, heading=self._heading))
        self._heading = 0
