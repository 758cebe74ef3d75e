"""What only looks like an identifier: clinical numbers, and guesses that are terms, drugs or plain words."""

from collections.abc import Sequence
from dataclasses import replace

from clinical_sdft.deid.categories import Category, Span
from clinical_sdft.deid.lexicon import (
    Lexicon,
    is_act,
    is_listed_given,
    is_listed_name,
    is_noun_only,
    is_slip,
    lexicon,
    stem,
)
from clinical_sdft.deid.terms import eponym_spans, term_spans
from clinical_sdft.deid.text import matches

_UNIT_AFTER = (
    r"^ ?(?:-?\d* ?)?(?:/ ?(?:[uµμ]l|ml|l|mm3?|cc|hpf|lpf|cmm|day|mcl|min)\b|(?:cells?|copies|iu"
    r"|units?|u|ml|mcg|mg|g|kg|ng|pg|meq"
    r"|mmol|cfu|per|x ?10|k|steps|colonies|cal|kcal|platelets|leu[ck]ocytes|beats)\b|%|\^\d)"
)
_ANALYTE_BEFORE = (
    r"(?:platelets?|plts?|wbc|rbc|leu[ck]ocytes?|neutrophils?|eosinophils?|lymphocytes?|cd4|viral load"
    r"|count|ferritin|ck|cpk|bnp"
    r"|ast|alt|ldh|d-dimer|hcg|psa|troponin|level|titer|titre|dose|cholesterol|glucose|creatinine|copies|rna)"
    r"(?: (?:count|level|of|is|was|at|rose to|fell to))*[ :=~<>]*(?:of |to |at |about |only )?$"
)
_GUESS_TOKEN = r"[\p{L}\d][\p{L}\d'-]*\.?"


def is_clinical_number(text: str, start: int, end: int) -> bool:
    """Tell whether a number is a count, a dose or a laboratory value, by the unit or the analyte beside it."""
    after, before = text[end : end + 16], text[max(0, start - 40) : start]
    return any(matches(_UNIT_AFTER, after)) or any(matches(_ANALYTE_BEFORE, before))


def keep_safe(text: str, spans: list[Span], terms: Sequence[tuple[int, int]] = ()) -> list[Span]:
    """Trim plain words off guessed spans and drop those of which nothing is left; sure spans stay as they are.

    Args:
        text: the text as `fold` leaves it.
        spans: what the recognizers found in it.
        terms: eponyms, drugs and scores that a model has read, beside those in the lists.
    """
    eponyms = (*eponym_spans(text), *term_spans(text), *terms)
    rows = _rows(eponyms)
    kept = []
    for span in spans:
        if span.category == Category.NAME and _is_degree(text, span):
            continue
        if not span.guess:
            weak = span.score < _WEAK.get(span.category, 0)
            if not (weak and any(_is_of_term(span, row) for row in rows)):
                kept.append(span)
        elif not any(start <= span.start and span.end <= end for start, end in eponyms):
            kept.extend(_trimmed(text, span, eponyms))
    return kept


_SIGNED = 0.75
"""The score of a name before a degree: there a famous person's name is a person's too, as in `Caspian Rutledge MD`."""
_DEGREE_BEFORE = r"(?-i:\b(?:MD|M\.D\.|DO|D\.O\.|RN|NP|PA|PA-C|DDS|PhD|APRN|PharmD|DPT|RD|LPN|FACP|FACS),? )$"
_WEAK = {Category.NAME: 0.67, Category.PLACE: 0.69, Category.FACILITY: 0.45}
"""Scores below which a form, a list or a model alone told, such as `FABER, Thomas`, and `Paris`."""


def _is_degree(text: str, span: Span) -> bool:
    """Tell whether a guessed name is the letters of one more degree: `Sevgi Aydin, MD, FACG`."""
    value = text[span.start : span.end]
    letters = value.isupper() and value.isalpha() and 2 < len(value) < 7
    return letters and span.score < 1 and any(matches(_DEGREE_BEFORE, text[max(0, span.start - 12) : span.start]))


def _is_of_term(span: Span, term: tuple[int, int]) -> bool:
    """Tell whether a span lies within a term, or, a facility, begins with one: `Glasgow Coma Scale 15`."""
    start, end = term
    return start <= span.start and (span.end <= end or (span.category == Category.FACILITY and span.start < end))


def _rows(terms: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Return terms, those that stand side by side as one: `FABER, Thomas`."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(terms):
        if joined and start - joined[-1][1] <= 2:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _trimmed(text: str, span: Span, eponyms: tuple[tuple[int, int], ...]) -> list[Span]:
    words = lexicon()
    if span.category == Category.PLACE and is_open_place(text[span.start : span.end], words):
        return []
    tokens = [m.span() for m in matches(_GUESS_TOKEN, text[span.start : span.end])]
    tokens = [(span.start + start, span.start + end) for start, end in tokens]
    alone = len(tokens) == 1
    while tokens and _is_safe(text, tokens[0], span, words, alone, eponyms):
        tokens = tokens[1:]
    while tokens and _is_safe(text, tokens[-1], span, words, alone, eponyms):
        tokens = tokens[:-1]
    if not tokens or not any(_has_two_letters(text[start:end]) for start, end in tokens):
        return []
    end = tokens[-1][1]
    if text[end - 1] == "." and end - tokens[-1][0] > 2:
        end -= 1
    return [replace(span, start=tokens[0][0], end=end)]


def _has_two_letters(token: str) -> bool:
    return sum(character.isalpha() for character in token) > 1


def is_open_place(phrase: str, words: Lexicon) -> bool:
    """Tell whether a place is a state, a country or larger, and so may stay."""
    plain = stem(phrase).removeprefix("the ")
    return plain in words.states or plain in words.regions or phrase in words.state_codes


def _is_safe(
    text: str,
    token: tuple[int, int],
    span: Span,
    words: Lexicon,
    alone: bool,
    eponyms: tuple[tuple[int, int], ...],
) -> bool:
    start, end = token
    word = text[start:end].rstrip(".")
    if not word[0].isupper():
        return span.score >= 0.6 or words.is_plain(word) or not words.is_name(word)
    if any(left <= start and end <= right for left, right in eponyms):
        return True
    if len(word) == 1:
        return alone
    if word.isupper() and stem(word) in words.abbreviations:
        return True
    if span.score <= 0.5 and is_slip(stem(word)):
        return True
    if span.category == Category.PLACE and (
        stem(text[span.start : span.end]) in words.cities or stem(word) in words.cities
    ):
        return False
    if span.score <= 0.4 and alone and not words.is_name(word):
        return True
    if span.score < 0.5 and alone and _begins_sentence(text, start):
        return True
    if span.score < 0.5 and word.isupper() and len(word) < 6:
        return True
    if _follows_given_name(text, start, span, words) and word.istitle() and stem(word) not in words.clinical:
        return is_act(stem(word))
    cued = span.category == Category.NAME and span.score >= 0.69 and word.istitle()
    if (
        cued
        and span.score >= _SIGNED
        and is_noun_only(stem(word))
        and stem(word) not in words.clinical | words.departments
    ):
        return False
    if cued and is_listed_given(word) and stem(word) not in words.clinical | words.departments:
        return False
    if cued and "-" in word and all(is_listed_name(part) for part in word.split("-")):
        return False
    if words.is_name(word):
        return alone and span.score <= 0.7 and stem(word) in words.ambiguous and _begins_sentence(text, start)
    return words.is_plain(word) or any(character.isdigit() for character in word)


def _follows_given_name(text: str, start: int, span: Span, words: Lexicon) -> bool:
    """Tell whether the word before, in a guessed name, is a given name: `Jane Doe`, `Jane A. Doe`."""
    before = text[span.start : start].split()
    while before and len(before[-1].rstrip(".")) == 1:
        before.pop()
    if span.category != Category.NAME or not before:
        return False
    return stem(before[-1]) in words.given or (span.score >= 0.69 and is_listed_given(before[-1]))


def _begins_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" ")
    return not before or before[-1] in '.:;?!\n"('
