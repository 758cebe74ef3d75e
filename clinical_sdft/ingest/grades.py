"""Strength of a recommendation and grade of its evidence, as sentences state them."""

import re

_STRENGTHS = (
    re.compile(r"\brecommendation category:? ?(?P<value>[A-D])\b", re.I),
    re.compile(r"\b(?P<value>(?:strong|weak|conditional)) recommendation\b", re.I),
    re.compile(r"\bstrength of recommendation:? ?(?P<value>strong|weak|conditional|[A-D1-3])\b", re.I),
    re.compile(r"\b[Gg]rade:? ?(?P<value>[A-DI]|[12][A-D])\b(?! (?:point|scale))"),
    re.compile(r"\b[Cc]lass(?: of recommendation)?:? ?(?P<value>III|IIa|IIb|II|I)\b"),
    re.compile(r"[\[(](?P<value>[12] ?[A-D])[\])]"),
)
_EVIDENCE = (
    re.compile(r"\bevidence type:? ?(?P<value>[1-4])\b", re.I),
    re.compile(r"\b[Ll]evel(?: of evidence)?:? ?(?P<value>[ABC](?:-[A-Z]{1,3})?|[1-5][a-c]?)\b"),
    re.compile(r"\b(?P<value>very low|low|moderate|high)[- ](?:quality|certainty)(?: of)?(?: the)? evidence\b", re.I),
    re.compile(
        r"\b(?:quality|certainty) of (?:the )?evidence(?: is|:)? ?(?P<value>very low|low|moderate|high)\b", re.I
    ),
)
_NEGATED = re.compile(r"\b(?:no|not a|without a?)\s*$", re.I)


def strength_of(sentence: str) -> str | None:
    """Return the strength in the sentence's own words, or None."""
    return _first(_STRENGTHS, sentence)


def evidence_of(sentence: str) -> str | None:
    """Return the grade of the evidence in the sentence's own words, or None."""
    return _first(_EVIDENCE, sentence)


def is_only_a_grade(piece: str) -> bool:
    """Say whether a bracket that follows a sentence holds its grade and no more."""
    bare = piece.strip()
    if not (bare.startswith(("(", "[")) and bare.rstrip(".").endswith((")", "]")) and len(bare) <= 120):
        return False
    return strength_of(bare) is not None or evidence_of(bare) is not None


def _first(patterns: tuple[re.Pattern[str], ...], sentence: str) -> str | None:
    for pattern in patterns:
        match = pattern.search(sentence)
        if match and not _NEGATED.search(sentence[max(0, match.start() - 12) : match.start()]):
            return match.group().strip("[]()")
    return None
