"""Notes as plain text: out of HTML and out of base64 attachments."""

import base64
import binascii
import codecs
from html.parser import HTMLParser

from clinical_sdft.deid.errors import NoteError
from clinical_sdft.deid.text import word_set

_BLOCKS = word_set(
    "address article aside blockquote br caption dd div dl dt footer h1 h2 h3 h4 h5 h6 header hr item li list main "
    "ol p paragraph pre section table tbody tfoot thead title tr ul"
)
_CELLS = frozenset(("td", "th"))
_SILENT = frozenset(("head", "script", "style", "template"))
_PLAIN = frozenset(("", "text/plain", "text/markdown"))
_MARKED_UP = frozenset(("text/html", "application/xhtml+xml"))
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def html_text(source: str) -> str:
    """Return the text that a reader of an HTML page sees, a block a line; nothing is fetched or run."""
    parser = _TextParser()
    parser.feed(source)
    parser.close()
    return tidy("".join(parser.pieces))


def tidy(text: str) -> str:
    """Return text without blank lines and doubled spaces."""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def attachment_text(data: str, content_type: str) -> str:
    """Return the text of a base64 attachment.

    Args:
        data: base64, with or without line breaks.
        content_type: MIME type, with its charset where it has one.

    Raises:
        NoteError: it is not base64, not text of a kind that is read here, or not in the charset it states.
    """
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().casefold()
    if kind not in _PLAIN | _MARKED_UP:
        raise NoteError("an attachment that is neither plain text nor HTML")
    try:
        raw = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise NoteError("an attachment that is not base64") from None
    text = decoded(raw, parameters)
    return html_text(text) if kind in _MARKED_UP else text.strip()


def decoded(raw: bytes, parameters: str = "") -> str:
    """Return bytes as text: by their byte-order mark, by the charset stated, or as UTF-8.

    Raises:
        NoteError: they are not text in that charset.
    """
    stated = (
        parameters.casefold().rpartition("charset=")[2].strip(" \"';") if "charset=" in parameters.casefold() else ""
    )
    charset = next((name for mark, name in _MARKS if raw.startswith(mark)), stated or "utf-8")
    try:
        return raw.decode(charset)
    except (LookupError, UnicodeDecodeError):
        raise NoteError("text that is not in the charset it states, nor in UTF-8") from None


class _TextParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0
        self._part(tag)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data.replace("\n", " ").replace("\r", " "))

    def _part(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag in _CELLS:
            self.pieces.append(" ")
