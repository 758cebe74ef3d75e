"""Identifiers that were found in part are covered whole: the rest of a code, a suffix of a name, a floor, a wing."""

from dataclasses import replace
from itertools import pairwise

from clinical_sdft.deid.categories import Category, Span
from clinical_sdft.deid.lexicon import is_drug, is_function_word, is_listed_name, is_vocabulary, lexicon, stem
from clinical_sdft.deid.text import matches, word_set
from clinical_sdft.deid.words import flat_text, term_words

_CODES = (
    Category.MRN,
    Category.ACCOUNT,
    Category.HEALTH_PLAN,
    Category.LICENCE,
    Category.DEVICE,
    Category.OTHER_ID,
    Category.VEHICLE,
    Category.SSN,
)
_DOUBLE = r"^ \p{Lu}-\p{Lu}\b\.?"
"""The initials of a double name."""
_GENERATION = r"^,? (?:Jr|Sr|JR|SR|II|III|IV)\b\.?"
_HALL = (
    r"^(?:'s office\b|(?: \p{Lu}[\p{L}'-]+){0,2} (?:(?:Waiting |Conference )?Room|Clinic|Hospital|Center|Wing|Tower"
    r"|Hall|Library|Church|School|Foundation|Fund|Surgery|Pharmacy|Pathology|Imaging|Rehab|Endocrine|Dental|Medicine"
    r"|Health|Detox|Oncology|Lab|Farms?|Ranch|Funeral Home|church|parish|school|funeral home|farm|credit union)\b)"
)
"""What makes a person's name one of a place."""
_CODE_RIGHT = r"^(?:[-/.*][A-Za-z0-9]+)*[A-Za-z0-9]*(?: (?:\d{1,2}|[A-Z]\d?)(?= *(?:[\n,;)]|$|\.\s| {2})))?"
_CODE_LEFT = r"(?:[A-Za-z0-9]+[-/.*])+$"
_PREFIX_LEFT = (
    r"(?<![\p{L}-])(?P<id>(?!(?:MRN|NPI|DEA|SSN|ID|RN|MD|DO|NP|PA|SN|UDI|LOT|FIN|CSN|HAR|VIN|DL|LIC|REF|ACCT|AUTH|PID"
    r"|EMR|HRN|FAX|TEL|PH|EXT|DOB|NO) )\p{Lu}{2,4} )$"
)
_UNIT = r"^,? (?:suite|ste|apt|unit|lot|bldg|building|room|rm|floor|fl)\b\.? ?#?(?:[A-Z]|\d{1,4})(?:-?[A-Z0-9])?\b"
_FLOOR = r"^,? (?:first|second|third|fourth|fifth|sixth|\d{1,2}(?:st|nd|rd|th)|ground|lower|main|top) (?:floor|level)\b"
_QUARTER = r"^ (?-i:[NSEW]{1,2})\b(?!\.\p{L})"
_BOX_LEFT = r"\b(?:RR|R\.R\.|HC|rural route|route|rt)\.? \d{1,3},? $"
_SMALL_TAIL = (
    r"^ (?:area )?(?:church|parish|school|credit union|library|shelter|clinic|hospital|pharmacy|office|campus|lounge"
    r"|diner|chapel|temple|mosque|casino|dairy|bldg|building|satellite|annex|depot|garage|lab|hub|outreach"
    r"|nursing home|rehab|jail|prison|dispensary|plant|mill|farm|ranch|factory|warehouse)\b"
)
_TAIL_WORDS = word_set(
    "regional memorial community general hospital clinic center centre medical health healthcare care lab labs "
    "laboratory laboratories plan schools school church parish unit wing campus tower pavilion room sports women's "
    "children's heart surgical surgery imaging dental pediatrics rheumatology infusion disorders sleep family med "
    "medicine pharmacy drug dept department associates group partners institute foundation services system network "
    "district county mutual insurance office rehab rehabilitation therapy physical hospice home nursing village manor "
    "lodge house ambulance ems fire rescue college university academy elementary union co inc llc offices outreach "
    "jail homes annex high access critical campus hall market foods arts diabetes endocrine oncology cardiac hand "
    "outpatient detox pathology"
)
_LINKED = r"^ (?:&|and|of(?: the)?|for(?: the)?|on|at) (?P<id>\p{Lu}[\p{L}'-]*)"
_NEXT = r"^ (?P<id>\p{Lu}[\p{L}'-]*)"
_BEFORE = r"(?P<id>\p{Lu}[\p{L}'-]+\.?) (?:(?:&|and|of|de|the) )?$"
_NOT_BEFORE = word_set("dr mr mrs ms dept pharm ref fax tel ph attn re from to at the and via per s/p hx pt")


def widened(text: str, spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Return the spans, each grown over what belongs to it and no other covers; offsets stay in order."""
    flat = flat_text(text)
    grown = [_grown(text, span, flat) for span in spans]
    apart = [
        replace(left, end=min(left.end, right.start)) if left.end > right.start else left
        for left, right in pairwise(grown)
    ]
    return tuple(_no_overlap([*apart, *grown[-1:]]))


def _no_overlap(spans: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in spans:
        start = max(span.start, kept[-1].end if kept else 0)
        if span.end > start:
            kept.append(replace(span, start=start))
    return kept


def _grown(text: str, span: Span, flat: bool) -> Span:
    if span.category == Category.NAME:
        return _right(text, _right(text, _right(text, span, _DOUBLE), _GENERATION), _HALL)
    if span.category in _CODES:
        span = _left(text, _right(text, span, _CODE_RIGHT), _CODE_LEFT)
        prefixed = _left(text, span, _PREFIX_LEFT)
        low = stem(text[prefixed.start : span.start].strip())
        plain = low in lexicon().clinical | lexicon().departments | lexicon().abbreviations or is_vocabulary(low)
        told = any(matches(r"[:#=] ?$", text[max(0, prefixed.start - 2) : prefixed.start]))
        return span if plain and not told else prefixed
    if span.category == Category.ADDRESS:
        for pattern in (_QUARTER, _UNIT, _FLOOR):
            span = _right(text, span, pattern, ignore_case=True)
        return _left(text, span, _BOX_LEFT, ignore_case=True)
    if span.category == Category.PLACE and not flat:
        wider = _over_capitals(text, span)
        return span if wider == span else _facility(text, replace(wider, category=Category.FACILITY))
    if span.category == Category.FACILITY and not flat:
        return _facility(text, _over_capitals(text, span, prose=False))
    return span


def _right(text: str, span: Span, pattern: str, ignore_case: bool = False) -> Span:
    found = next(matches(pattern, text[span.end : span.end + 40], ignore_case=ignore_case), None)
    return replace(span, end=span.end + found.end()) if found else span


def _left(text: str, span: Span, pattern: str, ignore_case: bool = False) -> Span:
    begin = max(0, span.start - 40)
    found = next(matches(pattern, text[begin : span.start], ignore_case=ignore_case), None)
    if found is None:
        return span
    return replace(span, start=begin + found.start("id" if "id" in found.re.groupindex else 0))


def _facility(text: str, span: Span) -> Span:
    """Grow a facility's name in prose: words of its kind behind it, and words with a capital before it."""
    span = _right(text, span, r"^'s\b")
    for _ in range(4):
        wider = _step(text, span)
        if wider == span:
            break
        span = wider
    span = _right(text, _right(text, span, _SMALL_TAIL), r"^,? (?:#|No\. ?)\d{1,4}\b")
    for _ in range(3):
        wider = _left_step(text, span)
        if wider == span:
            break
        span = wider
    return span


_CAPITAL = r"^ (?P<id>\p{Lu}[\p{L}'-]*)(?![\p{L}.]|:)"
_NOT_BEHIND = word_set(
    "dr mr mrs ms miss md do rn np pa he she his her they the pt patient i monday tuesday wednesday thursday friday "
    "saturday sunday january february march april may june july august september october november december mon tue "
    "tues wed thu thur thurs fri sat sun jan feb mar apr jun jul aug sep sept oct nov dec phone tel fax ph cell attn "
    "re mrn dob"
)


def _over_capitals(text: str, span: Span, prose: bool = True) -> Span:
    """Grow a place over the words with a capital that follow it in prose: `Saginaw Bay Comprehensive`, `Ohio State`.

    Behind a facility words of medicine are none of its name: a heading may follow it.
    """
    for _ in range(3):
        found = next(matches(_CAPITAL, text[span.end : span.end + 30], ignore_case=False), None)
        if found is None:
            break
        word = stem(found["id"])
        known = lexicon()
        if not prose and ((is_vocabulary(word) and not known.is_surely_name(word)) or found["id"].isupper()):
            break
        if word in _NOT_BEHIND or is_function_word(word) or word in known.states or found["id"] in known.state_codes:
            break
        span = replace(span, end=span.end + found.end())
    return span


def _step(text: str, span: Span) -> Span:
    after = text[span.end : span.end + 40]
    for pattern, told in ((_LINKED, _may_be_linked), (_NEXT, _is_tail)):
        found = next(matches(pattern, after, ignore_case=False), None)
        if found is not None and told(stem(found["id"])):
            return replace(span, end=span.end + found.end())
    return span


def _may_be_linked(word: str) -> bool:
    return _is_tail(word) or not (
        word in _NOT_BEHIND or is_function_word(word) or word in lexicon().clinical or is_listed_name(word)
    )


def _is_tail(word: str) -> bool:
    return word in _TAIL_WORDS or word.removesuffix("'") in _TAIL_WORDS


def _left_step(text: str, span: Span) -> Span:
    begin = max(0, span.start - 30)
    found = next(matches(_BEFORE, text[begin : span.start], ignore_case=False), None)
    if found is None:
        return span
    word, start = stem(found["id"]), begin + found.start()
    before = text[max(0, start - 2) : start]
    known = lexicon()
    plain = word in known.clinical or is_function_word(word) or word in _NOT_BEFORE or is_drug(word)
    begins = not before.strip() or before.rstrip(" ")[-1:] in ".:;?!\n("
    if plain or start in term_words(text) or (begins and is_vocabulary(word) and not is_listed_name(word)):
        return span
    return replace(span, start=start)
