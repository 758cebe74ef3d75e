"""From the lines of a PDF's text layer to paragraphs: line numbers, page numbers and bullets understood."""

import itertools
import re
import statistics
from collections.abc import Iterator
from typing import NamedTuple

from clinical_sdft.ingest.reading import squeeze
from clinical_sdft.ingest.statements import Block

_TRAILING = re.compile(r"\s*(\d{1,5})\s*$")
_BEGIN = re.compile(
    r"^\s*(?:[•●▪○◦‣■–]|o\s|\(?\d{1,2}[.)]\s+[A-Z]|\(?[a-z][.)]\s|(?:recommendation|statement)\s+#?\d+[.:]?(?:\s+(?-i:[A-Z])|\s*$))",
    re.I,
)
_BULLET_ALONE = re.compile(r"^\s*[•●▪○◦‣■]\s*$")
_LONE_NUMBER = re.compile(r"^\s*\d{1,4}\s*$")
_HEADING_WORDS = re.compile(
    r"^(?:references|bibliography|acknowledge?ments?|(?:table of )?contents|appendix.{0,60}|recommendations?|"
    r"introduction|methods|results|discussion|background|summary|conclusions?.{0,40})$",
    re.I,
)
_MIN_NUMBERED = 20


class Line(NamedTuple):
    """A line and its page."""

    text: str
    page: int


def without_line_numbers(lines: list[Line]) -> list[Line]:
    """Return the lines without the running numbers that drafts carry at every line's end.

    Only numbers that continue the count are taken away, and only where most lines carry one.
    """
    said = [line for line in lines if line.text.strip()]
    numbers = [int(match.group(1)) for line in said if (match := _TRAILING.search(line.text))]
    steps = sum(1 for one, two in itertools.pairwise(numbers) if two == one + 1)
    if steps < _MIN_NUMBERED or steps < len(said) / 2:
        return lines
    count, cleaned = 0, []
    for line in lines:
        match = _TRAILING.search(line.text)
        if match and count < int(match.group(1)) <= count + 3:
            count = int(match.group(1))
            cleaned.append(Line(line.text[: match.start()], line.page))
        else:
            cleaned.append(line)
    return cleaned


def paragraphs(lines: list[Line]) -> list[Block]:
    """Return paragraphs: a bullet, a number, a blank line or a short last line ends one; pages do not."""
    lines = list(_without_page_numbers(lines))
    lengths = [len(line.text) for line in lines if len(line.text) > 20]
    full = statistics.median(lengths) if lengths else 80.0
    blocks: list[Block] = []
    held: list[Line] = []
    for line in lines:
        text = squeeze(line.text)
        if not text:
            # A page may break a sentence; only a finished one is ended by a blank line there.
            if held and (held[-1].page == line.page or _finished(held[-1].text)):
                _close(blocks, held)
            continue
        if _HEADING_WORDS.match(text):
            _close(blocks, held)
            blocks.append(Block(text=text, heading=1, marks=((0, line.page),)))
            continue
        if _titles(held, text, full):
            blocks.append(Block(text=held[0].text, heading=2, marks=((0, held[0].page),)))
            held.clear()
        ended = bool(held) and _finished(held[-1].text) and len(held[-1].text) < 0.75 * full
        bullet = len(held) == 1 and _BULLET_ALONE.match(held[0].text)
        if (ended or _BEGIN.match(text)) and not bullet:
            _close(blocks, held)
        held.append(Line(text, line.page))
    _close(blocks, held)
    return blocks


def _without_page_numbers(lines: list[Line]) -> Iterator[Line]:
    """Yield all lines but numbers that stand alone first or last on their page."""
    by_page: dict[int, list[Line]] = {}
    for line in lines:
        by_page.setdefault(line.page, []).append(line)
    for page in by_page.values():
        said = [index for index, line in enumerate(page) if line.text.strip()]
        alone = {index for index in said[:1] + said[-1:] if _LONE_NUMBER.match(page[index].text)}
        yield from (line for index, line in enumerate(page) if index not in alone)


def _finished(text: str) -> bool:
    return text.rstrip().endswith((".", "!", "?", ":", ")", "]"))


def _titles(held: list[Line], following: str, full: float) -> bool:
    """Say whether the one line held is a title: short, without an end, and the next line begins anew."""
    if len(held) != 1 or not following[:1].isupper():
        return False
    text = held[0].text
    short = len(text) < 0.6 * full and len(text.split()) <= 10
    return short and text[:1].isupper() and not _BEGIN.match(text) and not text.rstrip().endswith((".", ",", ";"))


def _close(blocks: list[Block], held: list[Line]) -> None:
    text = ""
    marks: list[tuple[int, int]] = []
    for line in held:
        joined = text[:-1] if _hyphenated(text, line.text) else f"{text} " if text else ""
        if not marks or marks[-1][1] != line.page:
            marks.append((len(joined), line.page))
        text = joined + line.text
    if text.strip("•●▪○◦‣■ "):
        blocks.append(Block(text=text, marks=tuple(marks)))
    held.clear()


def _hyphenated(text: str, following: str) -> bool:
    """Say whether a soft hyphen breaks a word at the line's end; a hard one may belong to the word and stays."""
    return text.endswith("\u00ad") and following[:1].islower()
