"""What a person marked in a held record, brought together with what the engine found."""

from collections.abc import Sequence
from dataclasses import replace

from clinical_sdft.deid.categories import Category, Span
from clinical_sdft.deid.errors import MarkError
from data_contracts.records import MarkedSpan, QuarantinedSpan


def with_marks(spans: Sequence[Span], marked: Sequence[MarkedSpan], length: int) -> tuple[Span, ...]:
    """Return the engine's spans with a person's identifiers among them; where both stand, the person's wins.

    What the engine covers beyond a mark stays covered.

    Args:
        spans: ordered spans without overlap.
        marked: the person's marks; those without a category change nothing here.
        length: of the narrative, in characters.

    Raises:
        MarkError: a mark lies outside the narrative, names no category, or overlaps another.
    """
    own: list[Span] = []
    for mark in sorted(marked, key=lambda mark: mark.start):
        if not mark.start < mark.end <= length:
            raise MarkError(f"the mark {mark.start}-{mark.end} lies outside the narrative of {length} characters")
        if mark.category is None:
            continue
        if own and mark.start < own[-1].end:
            raise MarkError(f"the mark {mark.start}-{mark.end} overlaps another")
        own.append(Span(mark.start, mark.end, category(mark.category), 1.0))
    rest = list(spans)
    for mine in own:
        rest = [part for span in rest for part in _outside(span, mine)]
    return tuple(sorted([*own, *rest], key=lambda span: span.start))


def category(name: str) -> Category:
    """Return the category of that name.

    Raises:
        MarkError: there is none.
    """
    try:
        return Category(name)
    except ValueError:
        raise MarkError(f"`{name}` is no category; choose one of: {', '.join(Category)}") from None


def not_kept(hits: Sequence[QuarantinedSpan], marked: Sequence[MarkedSpan]) -> tuple[QuarantinedSpan, ...]:
    """Return the places of the second scan that no person said to be no identifier: exactly these places."""
    kept = {(mark.start, mark.end) for mark in marked if mark.category is None}
    return tuple(hit for hit in hits if (hit.start, hit.end) not in kept)


def unanswered(held: Sequence[QuarantinedSpan], marked: Sequence[MarkedSpan]) -> tuple[QuarantinedSpan, ...]:
    """Return the places shown to a person of which the marks say nothing."""
    taken_out = [mark for mark in marked if mark.category is not None]
    touched = (hit for hit in held if not any(mark.start < hit.end and hit.start < mark.end for mark in taken_out))
    return not_kept(tuple(touched), marked)


def _outside(span: Span, mine: Span) -> list[Span]:
    if mine.end <= span.start or span.end <= mine.start:
        return [span]
    parts = ((span.start, mine.start), (mine.end, span.end))
    return [replace(span, start=start, end=end) for start, end in parts if start < end]
