"""Recommendations in running text, found by four stated rules; each keeps its sentence verbatim.

1. labelled: a heading or the begin of a paragraph says `Recommendation 3`.
2. graded: the sentence carries a strength (`Grade A`, `strong recommendation`, `Class I`, `category: B`, `[1B]`).
3. recommends: somebody recommends, suggests or advises, or something is recommended, advised or contraindicated.
4. should: the sentence says what should or must be done.

No answer is made up: a sentence says what to do, and a clinician says which question it answers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clinical_sdft.ingest.grades import evidence_of, is_only_a_grade, strength_of
from clinical_sdft.ingest.reading import Extracted, Found, Left
from clinical_sdft.phrases import normalize

LONGEST = 1200
"""Longest quote, characters; more is no statement."""
_SHORTEST_WORDS = 4

_LABEL = re.compile(
    r"^(?:key |clinical |good[- ]practice )?(?:recommendations?|statement|rec\.?)\s*(?:no\.?|number)?\s*#?\s*"
    r"\d{1,3}(?:\.\d{1,3}){0,3}[a-z]?\s*(?:[.:–—-](?=\s|$)|$)",
    re.IGNORECASE,
)
_RECOMMENDS = re.compile(
    r"\b(?:recommends|suggests that (?:clinicians|physicians|patients)|advises)\b"
    r"|\b(?:we|panel|group|committee|society|college|organization|cdc|who|nice|uspstf)\s+(?:\w{1,20}\s){0,2}"
    r"(?:recommend|suggest|advise)s?\b"
    r"|\b(?:is|are)\s+(?:\w{1,20}\s){0,2}(?:recommended|advised|contraindicated|not indicated)\b",
    re.IGNORECASE,
)
_SHOULD = re.compile(r"\b(?:should|must)\b", re.IGNORECASE)
_RESEARCH = re.compile(
    r"\b(?:future (?:research|studies|work)|(?:research|studies|trials|investigators|authors)\s+(?:should|must|are)"
    r"|further research)\b",
    re.IGNORECASE,
)
_NOT_SEARCHED = re.compile(
    r"^(?:\d{1,2}\.?\s+)?(?:references?|bibliography|literature cited|acknowledge?ments?|(?:table of )?contents|index|"
    r"funding|disclosures?|conflicts? of interest|competing interests|list of (?:tables|figures|abbreviations))$",
    re.IGNORECASE,
)
_END = re.compile(r"(?<=[.!?])[\"”’)\]]?\s+(?=[\"“‘(\[•●▪]?[A-Z0-9])")
_SHORT_FORM = re.compile(
    r"(?:\b(?:e\.g|i\.e|et al|vs|dr|mr|ms|fig|no|approx|cf|al|st|resp|ref|vol|pp?)|\b[A-Z])\.$", re.I
)


@dataclass(frozen=True)
class Block:
    """A paragraph, item, row or heading, on one line; `marks` are (offset, page) where pages begin in it."""

    text: str
    heading: int = 0
    """Level of a heading; 0 for other text."""
    line: int | None = None
    marks: tuple[tuple[int, int], ...] = ()

    def page(self, offset: int = 0) -> int | None:
        """Return on which page a character stands."""
        before = [page for start, page in self.marks if start <= offset]
        return before[-1] if before else None


@dataclass
class _Search:
    found: list[Found]
    left: list[Left]
    seen: dict[str, str]
    other: int = 0


def extract(format_name: str, blocks: list[Block], *, title: str | None, pages: int | None = None) -> Extracted:
    """Return what the rules find in the blocks of a document, in their order."""
    search = _Search([], [], {})
    heading, unsearched, labelled = "", 0, False
    hidden: dict[str, int] = {}
    for block in blocks:
        if block.heading:
            unsearched = 0 if block.heading <= unsearched else unsearched
            if _NOT_SEARCHED.match(block.text.strip(" :.")) and not unsearched:
                unsearched = block.heading
                hidden[_place(block, 0, block.text)] = 0
            heading, labelled = block.text, _LABEL.match(block.text) is not None
            continue
        if unsearched:
            hidden[next(reversed(hidden))] += 1
            continue
        _search_block(search, block, heading, labelled)
        labelled = False
    search.left += [
        Left(place=place, reason=f"section of {count} paragraphs is not searched: it recommends nothing itself")
        for place, count in hidden.items()
    ]
    if search.other:
        reason = f"{search.other} sentences without words of a recommendation"
        search.left.append(Left(place="whole text", reason=reason))
    text = "\n\n".join(block.text for block in blocks)
    return Extracted(
        format=format_name, text=text, found=tuple(search.found), left=tuple(search.left), pages=pages, title=title
    )


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """Yield the sentences of a block and where they begin; a grade in brackets stays with its sentence."""
    pieces: list[tuple[int, str]] = []
    start = 0
    for match in _END.finditer(text):
        if _SHORT_FORM.search(text[max(start, match.start() - 12) : match.start()]):
            continue
        pieces.append((start, text[start : match.end()].rstrip()))
        start = match.end()
    pieces.append((start, text[start:].rstrip()))
    joined: list[tuple[int, str]] = []
    for begin, piece in pieces:
        if joined and is_only_a_grade(piece):
            first = joined.pop()[0]
            joined.append((first, text[first : begin + len(piece)]))
        else:
            joined.append((begin, piece))
    yield from (entry for entry in joined if entry[1])


def _search_block(search: _Search, block: Block, heading: str, labelled: bool) -> None:
    label = _LABEL.match(block.text)
    own = block.text[label.end() :].strip() if label else ""
    if (labelled and len(block.text) <= LONGEST) or (label and len(own.split()) >= _SHORTEST_WORDS):
        whole = block.text if labelled else own
        if len(whole) <= LONGEST:
            _take(search, block, block.text.find(whole), whole, heading, "labelled")
            return
    for offset, sentence in sentences(block.text):
        rule = _rule(sentence)
        if rule is None:
            search.other += 1
        elif len(sentence) > LONGEST:
            search.left.append(
                Left(place=_place(block, offset, heading), reason=f"a sentence of more than {LONGEST} characters")
            )
        elif sentence.endswith("?"):
            search.left.append(Left(place=_place(block, offset, heading), reason="a question, no statement"))
        elif _RESEARCH.search(sentence):
            search.left.append(Left(place=_place(block, offset, heading), reason="about research, not about care"))
        else:
            _take(search, block, offset, sentence, heading, rule)


def _rule(sentence: str) -> str | None:
    if len(sentence.split()) < _SHORTEST_WORDS:
        return None
    if strength_of(sentence):
        return "graded"
    if _RECOMMENDS.search(sentence):
        return "recommends"
    return "should" if _SHOULD.search(sentence) else None


def _take(search: _Search, block: Block, offset: int, quote: str, heading: str, rule: str) -> None:
    place = _place(block, offset, heading)
    key = normalize(quote)
    if key in search.seen:
        search.left.append(Left(place=place, reason=f"says the same as {search.seen[key]}"))
        return
    search.seen[key] = place
    search.found.append(
        Found(
            quote=quote,
            statement=quote.lstrip("•●▪○–- ") or quote,
            place=place,
            found_by=rule,
            page=block.page(offset),
            strength=strength_of(quote),
            evidence=evidence_of(quote),
        )
    )


def _place(block: Block, offset: int, heading: str) -> str:
    page = block.page(offset)
    where = f"page {page}" if page else f"line {block.line}" if block.line else ""
    section = f"under “{heading[:80]}”" if heading else ""
    return ", ".join(part for part in (where, section) if part) or "begin of the text"
