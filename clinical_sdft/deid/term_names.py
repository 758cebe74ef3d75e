"""Finding the names of terms by their first word: they are thousands, and a pattern of all of them would be slow."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache

from clinical_sdft.deid.lexicon import lexicon
from clinical_sdft.deid.text import matches, matches_at

_FIRST = r"\p{L}+"


@cache
def _listed(kind: str) -> dict[str, list[str]]:
    """Return the names of a kind, the longest first, by the letters that they begin with."""
    words = lexicon()
    kinds = {
        "eponyms": words.eponym_names | words.eponyms,
        "lone": words.eponyms,
        "scales": words.scale_names,
        "rated": words.scale_more,
        "resulted": words.eponyms | words.eponym_names | words.scale_names | words.scale_more,
    }
    by_first: dict[str, list[str]] = defaultdict(list)
    for name in sorted(kinds[kind], key=len, reverse=True):
        by_first[next(matches(rf"^{_FIRST}", name)).group().casefold()].append(name)
    return dict(by_first)


@lru_cache(maxsize=4)
def _firsts(text: str) -> tuple[tuple[int, str], ...]:
    return tuple((match.start(), match.group().casefold()) for match in matches(rf"(?<!\p{{L}}){_FIRST}", text))


def named(text: str, kind: str, behind: str, before: str = "") -> Iterator[tuple[int, int]]:
    """Yield the half-open offsets of names of a kind together with what stands behind them, without overlap.

    Args:
        text: where to look.
        kind: `eponyms`, `lone`, `scales`, `rated` or `resulted`.
        behind: a pattern of what must follow a name.
        before: a pattern without width of what must be true where a name begins.
    """
    listed, end = _listed(kind), 0
    for begin, low in _firsts(text):
        if begin < end:
            continue
        for name in listed.get(low) or listed.get(low.removesuffix("s")) or ():
            over = begin + len(name)
            if text[begin:over].casefold() != name or (before and not any(matches_at(before, text, (begin,)))):
                continue
            match = next(matches_at(behind, text, (over,)), None)
            if match is not None:
                end = match.end()
                yield begin, end
                break
