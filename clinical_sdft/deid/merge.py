"""One set of spans out of many overlapping ones, without uncovering a character that any of them covers."""

from collections import defaultdict
from dataclasses import replace

from clinical_sdft.deid.categories import Category, Span
from clinical_sdft.deid.lexicon import lexicon, stem
from clinical_sdft.deid.safe import keep_safe
from clinical_sdft.deid.text import matches

_WORDS = (Category.NAME, Category.PLACE, Category.FACILITY, Category.ADDRESS)
_GAPS = {
    (Category.NAME, Category.NAME): r"^(?:[ .,]|\. |, |'s )$",
    (Category.FACILITY, Category.PLACE): r"^(?: |, |,? (?:in|at|of|near) |'s )$",
    (Category.PLACE, Category.FACILITY): r"^(?: |'s )$",
    (Category.FACILITY, Category.FACILITY): r"^(?: |,? (?:in|at|of) |'s |' )$",
    (Category.PLACE, Category.PLACE): r"^(?: |-)$",
    (Category.NAME, Category.ADDRESS): r"^ and $",
}
"""What may stand between two spans that are one."""


def merge(text: str, spans: list[Span]) -> tuple[Span, ...]:
    """Return spans in order and without overlap.

    The span with the higher score wins, then the longer one. What a loser covers beyond the winner stays a span
    of the loser's category, unless only punctuation or words that say nothing are left of it. Parts of one name
    that stand side by side become one span.
    """
    taken: list[Span] = []
    for span in sorted(_widest(spans), key=_rank):
        taken.extend(_beyond(text, span, taken))
    return _joined(text, sorted(taken, key=lambda span: span.start))


def _widest(spans: list[Span]) -> list[Span]:
    """Drop spans inside a sure span of the same category: `Mercy Hospital` in `Mercy Hospital Boston`.

    The wider one is as sure as the surest inside it: else a name inside would break it, and the rest say nothing.
    """
    alike: dict[Category, list[Span]] = defaultdict(list)
    for span in spans:
        alike[span.category].append(span)
    kept = [span for span in spans if span.score == 1.0 or not _is_within(span, alike[span.category])]
    return [span if span.guess else _raised(span, _surest(span, alike[span.category])) for span in kept]


def _is_within(span: Span, others: list[Span]) -> bool:
    return any(not other.guess and _holds(other, span) for other in others)


def _raised(span: Span, score: float) -> Span:
    return span if score == span.score else replace(span, score=score)


def _surest(outer: Span, spans: list[Span]) -> float:
    return max(outer.score, *(span.score for span in spans if span.score < 1.0 and _holds(outer, span)), 0.0)


def _holds(outer: Span, inner: Span) -> bool:
    """Tell whether a span lies within a wider one (of its category)."""
    within = outer.start <= inner.start and inner.end <= outer.end
    return within and outer.end - outer.start > inner.end - inner.start


def _rank(span: Span) -> tuple[bool, float, int, int, str]:
    """Order spans: whole addresses and file names of pictures first, since names inside them must not break them."""
    picture = span.category == Category.OTHER_ID and 0.92 < span.score < 1
    address = picture or span.category in (Category.EMAIL, Category.URL, Category.ADDRESS)
    return not address, -span.score, span.start - span.end, span.start, span.category


def _beyond(text: str, span: Span, taken: list[Span]) -> list[Span]:
    """Return the parts of a span that no taken span covers."""
    pieces = [span]
    for other in (one for one in taken if one.start < span.end and span.start < one.end):
        pieces = [
            replace(piece, start=start, end=end)
            for piece in pieces
            for start, end in _minus((piece.start, piece.end), (other.start, other.end))
        ]
    if pieces == [span]:
        return pieces
    initials = [piece for piece in (_stripped(text, piece) for piece in pieces) if _is_initial(text, piece)]
    kept = [piece for piece in (_stripped(text, piece) for piece in pieces) if _says_something(text, piece)]
    if span.category in _WORDS and span.guess:
        return [*initials, *keep_safe(text, [replace(piece, guess=True) for piece in kept])]
    return [*initials, *kept]


def _minus(one: tuple[int, int], other: tuple[int, int]) -> list[tuple[int, int]]:
    if other[1] <= one[0] or one[1] <= other[0]:
        return [one]
    return [(start, end) for start, end in ((one[0], other[0]), (other[1], one[1])) if end > start]


def _stripped(text: str, span: Span) -> Span:
    inner = text[span.start : span.end]
    left = len(inner) - len(inner.lstrip(" \n,.;:()^'-"))
    return replace(
        span, start=span.start + left, end=max(span.start + left, span.start + len(inner.rstrip(" \n,;:(-'")))
    )


def _is_initial(text: str, span: Span) -> bool:
    """Tell whether what is left of a name is its middle initial: the `Q.` between two known names."""
    left = text[span.start : span.end].rstrip(".")
    return span.category == Category.NAME and len(left) == 1 and left.isupper()


def _says_something(text: str, span: Span) -> bool:
    words = [match.group() for match in matches(r"[\p{L}\d][\p{L}\d'-]*", text[span.start : span.end])]
    generic = lexicon().departments | {"dr", "mr", "mrs", "ms"}
    return any(len(word) > 1 and stem(word) not in generic for word in words)


def _joined(text: str, spans: list[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for span in spans:
        if joined and _are_one(text, joined[-1], span):
            wider = span.category if span.category == Category.ADDRESS else joined[-1].category
            joined[-1] = replace(joined[-1], end=span.end, category=wider)
        else:
            joined.append(span)
    return tuple(joined)


def _are_one(text: str, left: Span, right: Span) -> bool:
    """Tell whether two spans are one identifier: `Jane` `Doe`, `Mercy Hospital` in `Boston`."""
    gaps = _GAPS.get((left.category, right.category))
    gap = text[left.end : right.start]
    return gaps is not None and (gap == "" or any(matches(gaps, gap)))
