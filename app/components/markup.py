"""Other people's words on the page: escaped, highlighted and linked, never interpreted."""

import re
from collections.abc import Iterable
from html import escape
from urllib.parse import urlsplit

import streamlit as st

from data_contracts import Source

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$:<>&@])")
_MARK = '<mark style="background:#fff3bf;color:inherit;padding:0 2px;border-bottom:2px solid #8a6d00">'
_QUOTE = "border-left:3px solid #5b7083;padding:2px 0 2px 10px;margin:6px 0"


def plain(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return _MARKDOWN.sub(r"\\\1", text)


def html(*parts: str) -> None:
    """Show pieces of HTML one after the other; the caller escaped what others wrote."""
    st.html("".join(parts))


def tag(name: str, text: str, style: str = "") -> str:
    """Return an element around text that is escaped here."""
    return f'<{name} style="{style}">{escape(text)}</{name}>'


def quoted(quote: str) -> str:
    """Return a guideline's words as a marked quotation."""
    return f'<blockquote style="{_QUOTE}">{_MARK}{escape(quote)}</mark></blockquote>'


def link(source: Source) -> str:
    """Return a link to where a fact is published; an address that is no web address stays text."""
    name = f"{source.title}, {source.publisher}"
    if urlsplit(source.url).scheme not in ("http", "https"):
        return f"{escape(name)} ({escape(source.url)})"
    return f'<a href="{escape(source.url)}" target="_blank" rel="noopener noreferrer">{escape(name)}</a>'


def highlighted(document: str, quotes: Iterable[str]) -> str:
    """Return a document with every quote in it marked; overlapping quotes become one mark."""
    pieces, position = [], 0
    for start, end in _spans(document, quotes):
        pieces += [escape(document[position:start]), _MARK, escape(document[start:end]), "</mark>"]
        position = end
    return "".join([*pieces, escape(document[position:])])


def at_places(document: str, places: Iterable[tuple[int, int]]) -> str:
    """Return a document with these places marked and numbered from one; places that overlap share the words.

    Args:
        document: plain text.
        places: half-open offsets into it, in characters.
    """
    pieces, position = [], 0
    for number, (start, end) in sorted(enumerate(places, start=1), key=lambda one: one[1]):
        start = max(start, position)
        pieces += [escape(document[position:start]), f"<sup>{number}</sup>", _MARK]
        pieces += [escape(document[start:end]), "</mark>"]
        position = max(position, end)
    return "".join([*pieces, escape(document[position:])])


def _spans(document: str, quotes: Iterable[str]) -> list[tuple[int, int]]:
    found = sorted(
        (match.start(), match.end()) for quote in quotes for match in re.finditer(re.escape(quote), document)
    )
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
