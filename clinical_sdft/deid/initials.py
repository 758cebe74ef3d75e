"""The initials of the people of a note: who is called Blessing Nwosu-Hart signs as BNH."""

from collections.abc import Sequence

from clinical_sdft.deid.categories import Category, Span
from clinical_sdft.deid.lexicon import lexicon
from clinical_sdft.deid.text import matches

SCORE = 0.63
_PART = r"\p{Lu}[\p{L}\p{M}']*"
_TOKEN = r"(?<![\w/.&-])\p{Lu}{2,4}(?![\w&-]|\.\w)"
_LONG_NAME = r"\p{Lu}[\p{L}'-]*(?: (?:of |the |for |and |& )*\p{Lu}[\p{L}'-]+){2,3}"
"""Three words or four: the initials of two say too little."""
_SIGNED = r"(?:\b(?:initials?|per|by|for|signed|dr|with|w/)[ :]{1,2}|(?:--?|[/(]) ?|\n|^)$"
"""What stands before two letters that are somebody's; three are always."""
_ENDS = r"^[ \t]*(?:[:)\n]|$|on the\b|on [RL]\b)"


def initials(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return where the initials of a found name stand: of people, and of facilities such as Sierra Meridian Health."""
    return [*_of_people(text, spans), *_of_facilities(text, spans)]


def _of_facilities(text: str, spans: Sequence[Span]) -> list[Span]:
    told = (span for span in spans if span.category == Category.FACILITY and not span.guess)
    names = (match for span in told for match in matches(_LONG_NAME, text[span.start : span.end], ignore_case=False))
    wanted = {"".join(part[0] for part in name.group().split() if part[0].isupper()) for name in names}
    wanted = {short for short in wanted if short.casefold() not in lexicon().clinical | lexicon().abbreviations}
    if not wanted:
        return []
    return [
        Span(match.start(), match.end(), Category.FACILITY, SCORE)
        for match in matches(_TOKEN, text, ignore_case=False)
        if match.group() in wanted
    ]


def _of_people(text: str, spans: Sequence[Span]) -> list[Span]:
    wanted = {
        letters for span in spans if span.category == Category.NAME for letters in _of(text[span.start : span.end])
    }
    if not wanted:
        return []
    return [
        Span(match.start(), match.end(), Category.NAME, SCORE)
        for match in matches(_TOKEN, text, ignore_case=False)
        if match.group() in wanted and _is_signed(text, match.start(), match.end())
    ]


def _of(name: str) -> set[str]:
    """Return the initials of a name, double names as one part and as two."""
    parts = [match.group() for match in matches(_PART, name.split(",")[0], ignore_case=False)]
    whole = [part for part in name.split(",")[0].split() if part[:1].isupper()]
    if len(whole) < 2 or any(len(part) > 2 and part.isupper() for part in parts):
        return set()
    ends = {whole[0][0] + whole[-1][0]}
    return {"".join(part[0] for part in parts), "".join(part[0] for part in whole), *ends}


def _is_signed(text: str, start: int, end: int) -> bool:
    low, known, before = text[start:end].casefold(), lexicon(), text[max(0, start - 12) : start]
    if any(matches(r"\b(?:initials?|per|signed)[ :]{1,2}$", before)):
        return True
    if low in known.clinical or low in known.departments:
        return False
    return end - start > 2 or (any(matches(_SIGNED, before)) and any(matches(_ENDS, text[end : end + 8])))
