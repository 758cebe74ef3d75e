"""What only looks like an identifier: clinical numbers, eponyms, drugs, spinal levels, plain words."""

from dataclasses import replace
from functools import lru_cache

from clinical_sdft.deid.categories import Category, Span
from clinical_sdft.deid.lexicon import Lexicon, is_act, is_listed_given, is_slip, lexicon, stem
from clinical_sdft.deid.text import matches, matches_at

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
_SPINE = r"\b[CTLS]\d{1,2}(?:[-/][CTLS]?\d{1,2})?\b"
_SCORED = (
    r"(?: (?:score|scale|index|grade|class|stage|type|category|risk|q))?(?: (?:of|is|was|at))?[ :=]{1,2}"
    r"(?:\d{1,2}(?![\d:/-])|\d{1,2}/\d{1,2}(?![\d/])|(?-i:(?:[IV]{1,3}|i{1,3}|iv)[abAB]?)|(?:low|high|moderate|mild|severe))\b"
)
"""What follows the name of a scale: `Braden 18`, `Mallampati class II`."""
_GUESS_TOKEN = r"[\p{L}\d][\p{L}\d'-]*\.?"


def is_clinical_number(text: str, start: int, end: int) -> bool:
    """Tell whether a number is a count, a dose or a laboratory value, by the unit or the analyte beside it."""
    after, before = text[end : end + 16], text[max(0, start - 40) : start]
    return any(matches(_UNIT_AFTER, after)) or any(matches(_ANALYTE_BEFORE, before))


@lru_cache(maxsize=1)
def _eponym_forms() -> tuple[str, ...]:
    words = lexicon()
    names, heads, lone, scales = (
        "|".join(sorted(listed, key=len, reverse=True))
        for listed in (words.eponym_names | words.eponyms, words.eponym_heads, words.eponyms, words.scale_names)
    )
    return (
        rf"\b(?:{names})(?:'s|s'|s)?(?:[ \n-](?:{names})(?:'s)?)*(?:[ -]\p{{Ll}}+)?[ \n](?:{heads})\b",
        rf"\b(?:{lone})(?:'s)?\b",
        rf"(?<!\. )\b(?:{scales})(?:'s)?{_SCORED}",
    )


@lru_cache(maxsize=1)
def _first_letters() -> frozenset[str]:
    """Return the letters that the names of terms begin with, up to a hyphen or an apostrophe."""
    words = lexicon()
    listed = words.eponym_names | words.eponyms | words.scale_names | words.scale_more
    return frozenset(next(matches(r"^\p{L}+", word)).group().casefold() for word in listed)


def _begins(text: str) -> list[int]:
    first = _first_letters()
    return [
        match.start()
        for match in matches(r"(?<!\p{L})\p{L}+", text)
        if (low := match.group().casefold()) in first or low.removesuffix("s") in first
    ]


@lru_cache(maxsize=4)
def eponym_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Return where a person's name is part of a medical term, such as Graves disease or Murphy's sign."""
    begins = _begins(text)
    found = [match.span() for form in _eponym_forms() for match in matches_at(form, text, begins)]
    return (*found, *(match.span() for match in matches(_SPINE, text)))


_TERM_HEADS = (
    r"(?:syndromes?|disease|signs?|phenomenon|palsy|reflex|man(?:eu|oeu)vers?|lymphoma|sarcoma|contracture|criteria|triad"
    r"|(?:coma |pain |rating |frailty |sedation |depression )?(?:scale|score)|classification"
    r"|deformity|catheters?|drains?"
    r"|fractures?|dislocation|cysts?|nodes?|nodules?|tumou?r|dystrophy|neuropathy|ataxia|chorea|dementia|tremor|gait"
    r"|diverticulum|gangrene|stain|anastomosis|forceps|retractor|cannula|esophagus|thyroiditis|an(?:a)?emia"
    r"|needles?|blades?|grid|rules?|formula|(?:mono)?filaments?|pupil|impingement|boots?|rings?|collar|brace|splint|shift|screen"
    r"|contrast|view|hernia|monitor|mask|airway|tube|stockings?|dressing|sutures?|osteotomy|bypass|shunt|valve|mesh|pads?"
    r"|bandage|wrap|lens|chart|lamp|equivocal|elicited|positive(?! for)|negative(?! for)|not (?:met|needed|tested"
    r"|elicited)"
    r"|test|position|procedure|technique|incision|staging|index|equation|protocol|nomogram|questionnaire|inventory"
    r"|fields?|angle|triangle|transformation|naming|boots?|tape|grip|dynamometer|safety plan|keratos[ei]s|cell"
    r"|(?:gastr|esophag|oesophag|hyster|col|cyst|mast|pancreaticoduoden)ectomy|fundoplication|gastroplasty|arthroplasty"
    r"|amputation|osteotome|rongeur|elevator|curette|speculum|dilator|applicator|tongs|harness|insole|wedge"
    r"|granulomatosis|vasculitis|arteritis|encephalopathy|encephalitis|retinopathy|nephropathy|dermatitis|pemphigoid|adenoma|(?:o)?edema|ef|biplane|endoscopic|percentile|composite|reversed|thyroiditis"
    r"|papilloma|leuk(?:a)?emia|myopathy|porphyria|epilepsy|aphasia|apraxia|psychosis(?!\p{L})|ratio|coefficient|correction"
    r"|body|bodies|granules|corpuscles?|spots?|lines?(?= on\b)|crystals|membrane|space|fissure|ganglion|papilla"
    r"|pouch|hum|rub"
    r"|(?:grade|level|stage|class|type)(?=[ \n](?:[IVX]+|\d|[A-D]\b)))"
)
"""Words of medicine before which a capitalised word is a term's and not a person's."""
_TITLE_BEFORE = (
    r"(?:\b(?:mr|mrs|ms|mx|dr|miss|prof|nurse|doctor|rn|patient|pt|name)\b[.:]? ?|(?-i:(?<!\p{L})\p{Lu}\.? ))$"
)
_TESTED = (
    r"(?:\b(?:positive|negative|neg|pos|equivocal|bilateral)[ \n](?P<id>(?-i:\p{Lu}[\p{L}'-]+))(?= (?:and|or|sign"
    r"|test|shift)\b|[,.;])"
    r"|(?P<id>(?-i:\p{Lu}\p{Ll}+))[ \n]and[ \n](?-i:\p{Lu}\p{Ll}+)[ \n](?:positive|negative|equivocal|absent)(?! for)\b"
    r"|(?<=[,;:] )(?P<id>(?-i:\p{Lu}\p{L}+)) \d{1,2}(?= (?:blade|in|at|on)\b)"
    r"|\b(?:by|per)[ \n](?P<id>(?-i:\p{Lu}\p{L}+)),[ \n](?-i:\p{Lu}{3,5}) (?:negative|positive)"
    r"|\b(?:min|mod|max) (?:a|assist)\b)"
)
"""Names of tests by what stands beside them: `positive Finkelstein,`, `Neer and Jobe positive`, `Miller 2 blade`."""
_TWO_WORDS = (
    r"\b(?:los[ \n]angeles(?=[ \n]grade)|st\.?[ \n]louis(?=[ \n]enceph)|cornelia[ \n]de[ \n]lange"
    r"|pierre[ \n]robin|cox[ \n-]maze"
    r"|boston[ \n]scientific|country[ \n]club|marcus[ \n]gunn|lou[ \n]gehrig|austin[ \n]flint|graham[ \n]steell"
    r"|ann[ \n]arbor|miami[ \n]j|le[ \n]fort"
    r"|sister[ \n]mary[ \n]joseph|von[ \n](?:willebrand|hippel|recklinghausen|gierke)(?:-lindau)?"
    r"|de[ \n](?:quervain|musset)"
    r"|mary[ \n]jane|bell[ \n]mont|brown[ -]s[eé]quard|kayser[ -]fleischer|st\.?[ \n]jude[ \n](?:valve|mitral"
    r"|aortic))(?:'s)?\b"
)
_AIDS = (
    r"\b(?:(?:rolling|wheeled|standard|a|the|uses?|using|his|her|own) walker|foster(?=[ \n-](?:mother|father"
    r"|mom|dad|parents?"
    r"|brother|sister|son|daughter|child(?:ren)?|care|home|family|placement))|life(?=[ \n]partner)"
    r"|(?:white|black|brown|green)(?=[ \n](?:male|female|man|woman|boy|girl|lady|gentleman|cells?|count|matter"
    r"|stool|sputum)))\b"
)
"""Things that are family names too."""
_TAGS = r"</?[a-z][\w:]{1,30}(?=[ />])"
"""Names of elements, as an export in XML or HTML leaves them in a note."""


_RATED = (
    r"(?: ?:? ?| (?:score|scale|index) (?:of )?)(?-i:\d{1,3}(?:\.\d)?(?![\d/:-]|\.\d)|[IVX]+[ab]?(?![\p{L}\d])|[A-Z]\d)"
)
"""What follows the name of a scale that is a common family name too; no fraction, which is a date as well."""
_NO_PERSON_BEFORE = r"(?<!\b(?:by|with|per|from|to|for|and|rn|np|pa) )"


@lru_cache(maxsize=1)
def _rated() -> str:
    names = "|".join(sorted(lexicon().scale_more, key=len, reverse=True))
    return rf"{_NO_PERSON_BEFORE}\b(?:{names})(?:'s)?{_RATED}"


@lru_cache(maxsize=4)
def term_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Return where a capitalised word before a word of medicine makes a term, be its name in no list: `Spurling test`.

    A word behind a title, an initial or a given name is a person's all the same, and so is a possessive form before a
    word that is said of persons too: `Mr. Lee's disease`, `Jane Lee's test`.
    """
    found = [match.span() for form in (_AIDS, _TAGS, _TESTED, _TWO_WORDS) for match in matches(form, text)]
    word = r"\p{Lu}[\p{L}\p{M}]{2,}(?:-\p{Lu}[\p{L}\p{M}]+)*"
    headed = rf"(?<![\p{{L}}'-])(?-i:{word})(?:'s?)?[ \n]{_TERM_HEADS}(?!\p{{L}})"
    for match in (*matches(headed, text), *matches_at(_rated(), text, _begins(text))):
        before = text[max(0, match.start() - 24) : match.start()]
        last = before.split()[-1:] if before.endswith(" ") else []
        if not any(matches(_TITLE_BEFORE, before)) and not any(stem(word) in lexicon().given for word in last):
            found.append(match.span())
    return tuple(found)


def keep_safe(text: str, spans: list[Span]) -> list[Span]:
    """Trim plain words off guessed spans and drop those of which nothing is left; sure spans stay as they are.

    Args:
        text: the text as `fold` leaves it.
        spans: what the recognizers found in it.
    """
    eponyms = (*eponym_spans(text), *term_spans(text))
    kept = []
    for span in spans:
        if not span.guess:
            kept.append(span)
        elif not any(start <= span.start and span.end <= end for start, end in eponyms):
            kept.extend(_trimmed(text, span, eponyms))
    return kept


def _trimmed(text: str, span: Span, eponyms: tuple[tuple[int, int], ...]) -> list[Span]:
    words = lexicon()
    if span.category == Category.PLACE and _is_open_place(text[span.start : span.end], words):
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


def _is_open_place(phrase: str, words: Lexicon) -> bool:
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
    if cued and is_listed_given(word) and stem(word) not in words.clinical | words.departments:
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
