"""Names behind a word that announces a person: `Patient:`, `seen by`, `wife`, `emergency contact`."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.lexicon import (
    is_common_family,
    is_drug,
    is_function_word,
    is_listed_given,
    is_listed_name,
    is_noun_only,
    is_rare_name,
    is_vocabulary,
    large_list,
    lexicon,
    may_be_family,
    plain_letters,
    stem,
)
from clinical_sdft.deid.recognizers.person import NAME
from clinical_sdft.deid.recognizers.rules import Rule, RuleRecognizer
from clinical_sdft.deid.text import matches
from clinical_sdft.deid.words import eponym_words, flat_text, is_flat, term_words, words_of

_ROLE = (
    r"(?:(?:primary care|admitting|referring|ordering|rendering|supervising|covering|consulting)"
    r"(?: (?:physician|provider|doctor|surgeon|md))?"
    r"|patient|pt|client|name|re|attending|physician|provider|doctor|surgeon|pcp|gp|consultant|cardiologist"
    r"|dermatologist|neurologist|rheumatologist|therapist|pharmacist|resident|nurse|midwife|employer"
    r"|(?:emergency )?contact|next of kin|nok|kin|guardian|spouse|husband|wife|partner|mother|father"
    r"|mom|mum|dad|parent"
    r"|son|daughter|brother|sister|twin|aunt|uncle|cousin|niece|nephew|grand(?:mother|father|son|daughter)|friend"
    r"|neighbou?r|(?:social|case|youth|outreach) worker|case manager|(?:physical|occupational|speech"
    r"|respiratory) therapist|chaplain"
    r"|hospitalist|scribe|pastor|rabbi|interpreter|navigator|coordinator|technologist|transcriptionist|registrar|paramedic"
    r"|roommate|housemate|caregiver|carer|caretaker|boyfriend|girlfriend|fianc[eé]e?"
    r"|(?:safety |probation |parole |police |resource )?officer|dispatcher|sponsor|adjuster|technician"
    r"|supervisor|co-?worker"
    r"|teacher|principal|counsell?or|attorney|lawyer|landlord|priest|god(?:son|daughter|mother|father)"
    r"|(?:half|step|foster|great)[ -]?(?:brother|sister|mother|father|son|daughter|aunt|uncle|niece|nephew)"
    r"|(?:mother|father|sister|brother|son|daughter)-in-law|(?:life|domestic) partner"
    r"|radiologist|pathologist|an(?:a)?esthesiologist|psychologist|psychiatrist|oncologist|nephrologist|urologist"
    r"|podiatrist|dentist|hygienist|audiologist|optometrist|dietitian|nutritionist|phlebotomist|sonographer|doula|midwife"
    r"|crew|historian|informant|witness|cosign(?:ed|er)?|rendering|interpreting|charge (?:rn|nurse)|circulator|scrub)"
)
_VERB = (
    r"(?:(?:seen|evaluated|treated|referred|examined|signed|dictated|accompanied|brought in|reported"
    r"|reviewed|called|admitted"
    r"|followed|operated|prescribed|assessed|interviewed|attended|transcribed|entered|ordered|booked"
    r"|written|typed) by"
    r"|(?:history|obtained|collateral|consent) from|ask for|arranged through|paged|surgeon|anesthesia by|shown by"
    r"|discharged with|attending(?: physician)?:?|performed by|spoke (?:with|to)|discussed with|lives with"
    r"|known as|named|called"
    r"|care of|c/o|signed|cc|attn|attention|dear"
    r"|(?:patient|pt|person|someone|man|woman|lady|case|male|female)(?: is)?(?: named| called)?)"
)


_TYPED_BEFORE = (
    r"(?:\d[.,]\d+ ?|\b(?:t|tmax|temp|temperature)[ :]*\d{2,3} ?|\b(?:mg|g|mcg|ng|mmol|meq|iu|u|y)/"
    r"|\b(?:hepatitis|vitamin|type|grade|level|mallampati|group|class|stage|influenza|hep|vit|factor|protein) )$"
)
"""What stands before a capital letter that is no initial."""


def _is_initialled(text: str, start: int, end: int) -> bool:
    """Tell `B. Brzezinski` and `A. Rivers` from `E. Coli` and `C. Difficile`."""
    words = text[start:end].rsplit(".", 1)[-1].split()
    low, known = stem(words[-1]), lexicon()
    unit = text[start] in "CFGLMVW" and any(matches(r"\d ?$", text[max(0, start - 2) : start]))
    typed = unit or any(matches(_TYPED_BEFORE, text[max(0, start - 16) : start]))
    if low in known.clinical or is_drug(low) or typed:
        return False
    if text[start:end].isupper() and flat_text(text):
        return is_listed_name(low) or not is_vocabulary(low)
    return may_be_family(low) or is_noun_only(low) or is_common_family(low) or low in known.eponyms


def _is_family_first(text: str, start: int, end: int) -> bool:
    """Tell `FALEAFA,TALLULAH` and `de Jong, Annemieke` from `Portland, Maine` and `Pain, Nausea`."""
    before, _, after = text[start:end].partition(",")
    last, first = stem(before.split()[-1]), stem(after.split()[0])
    known = lexicon()
    if ({last, first} - {"ng"}) & (known.clinical | known.departments | known.states | known.regions):
        return False
    town = plain_letters(first) in large_list("places_large") and not is_listed_given(first)
    family = may_be_family(last) or is_noun_only(last) or is_common_family(last)
    if first in known.scale_names and any(matches(r"^ \d{1,2}(?:/\d{1,2})?(?=[.,;\n]|$)", text[end : end + 8])):
        return False
    if flat_text(text) and not (is_listed_name(last) or is_listed_given(first)):
        return False
    double = "-" in last and any(is_listed_name(part) for part in last.split("-"))
    if is_vocabulary(last) and not known.is_surely_name(last) and not double:
        told = is_listed_given(first) or is_rare_name(first)
    else:
        told = is_listed_given(first) or (not is_vocabulary(first) and not town)
    if "-" in first and is_rare_name(last) and not town:
        told = told or not any(part in known.clinical or is_function_word(part) for part in first.split("-"))
    return told and family and not (is_drug(last) or is_drug(first))


def _is_full(text: str, start: int, end: int) -> bool:
    """Tell whether each part of a capitalised phrase is in a list of names."""
    words = [stem(match.group()) for match in matches(r"\p{L}[\p{L}\p{M}]+", text[start:end])]
    if start in eponym_words(text):
        return False
    if flat_text(text) and all(is_vocabulary(word) and not lexicon().is_surely_name(word) for word in words):
        return False
    clean = lexicon().clinical.isdisjoint(words) and lexicon().departments.isdisjoint(words)
    return len(words) > 1 and clean and is_listed_given(words[0]) and all(map(is_listed_name, words[1:]))


def _is_close_set(text: str, start: int, end: int) -> bool:
    """Tell `SELF,POPPY` from `CBC,BMP` and `Tylenol,Advil`: prose has a space behind its comma."""
    words = [stem(match.group()) for match in matches(r"\p{L}[\p{L}\p{M}'-]+", text[start:end])]
    known = lexicon()
    plain = any(word in known.clinical or word in known.departments or is_drug(word) for word in words)
    return not plain and any(is_listed_name(word) for word in words) and all(len(word) > 1 for word in words)


def _is_called(text: str, start: int, end: int) -> bool:
    """Tell `coordinator SERENITY, (332)` from `nurse NOTIFIED, and`."""
    low, known = stem(text[start:end]), lexicon()
    return is_listed_given(low) and low not in known.clinical | known.departments and not is_function_word(low)


def _is_given_inside(text: str, start: int, end: int) -> bool:
    """Tell `in hall w/ Hung, pain 5/10` from `with Sudden onset`: a given name, where capitals say something."""
    low, words = stem(text[start:end]), words_of(text)
    plain = low in lexicon().clinical or low in lexicon().departments or is_drug(low)
    return is_listed_given(low) and not plain and not is_flat(words) and start not in term_words(text)


def _is_greeted(text: str, start: int, end: int) -> bool:
    return text[start:end].casefold() not in (
        "doctor",
        "colleague",
        "sir",
        "madam",
        "sirs",
        "dr",
        "team",
        "patient",
        "all",
    )


def _is_no_label(text: str, start: int, end: int) -> bool:
    return text[end : end + 1] != ":" and stem(text[start:end].split()[0]) not in lexicon().clinical


_SOLID = r"(?:\p{Lu}['-]?[\p{L}\p{M}]+(?:['-]\p{L}+)*)"
_PARTICLES = (
    r"(?:(?i:de|van|von|der|den|la|del|da|do|dos|di|du|le|ten|ter|te|zu|al|el|ben|bin|bint|binti|ibn|ó|ní"
    r"|st\.?) )*"
)


_SYLLABLE = (
    r"(?:ho|jin|soo|su|sook|suk|hee|hye|jung|jeong|young|yeon|woo|hyun|hyeon|ah|mi|ji|ok|won|kyung|eun|ja|chul|sik|seok"
    r"|hoon|hwan|wei|ming|ling|fen|lun|wen|chih|mei|hua|jen|hsin|lan|yi|yu|kai|ying|fang|chun|ching|hsiang|tao|sang|joon"
    r"|jun|kyu|rae|bae|sub|seop|tae|nam|chan|bin)"
)
"""The second syllable of a Korean or Chinese given name, as in `Young-ho`."""


_BEHIND_WORDS = (
    Rule(
        rf"\b(?i:{_ROLE})\b(?: name)? ?(?:\((?i:[a-z ]+)\))?[:,=-]? {{0,2}}(?:is |named "
        rf"|called )?(?P<id>{NAME})",
        Category.NAME,
        0.7,
        ignore_case=False,
        guess=True,
    ),
    Rule(
        rf"\b(?i:{_VERB})\b[:,]? (?:(?i:her|his|their|my|our|the) )?(?:(?i:{_ROLE}),? )?(?P<id>{NAME})",
        Category.NAME,
        0.7,
        ignore_case=False,
        guess=True,
    ),
    Rule(
        (
            r"\b(?i:(?:maiden |full |first |last |legal |preferred |birth )?name(?: is|:)|my name is"
            r"|goes by|a\.?k\.?a\.?|n[eé]e\b) ?(?P<id>\p{Lu}[\p{L}'-]+(?: \p{Lu}[\p{L}'-]+){0,2})"
        ),
        Category.NAME,
        0.72,
        ignore_case=False,
        accept=_is_no_label,
    ),
    Rule(
        (
            r"\b(?i:dear) (?P<id>\p{Lu}[\p{L}'-]+)"
            r"(?=[,:;. \n])"
        ),
        Category.NAME,
        0.73,
        ignore_case=False,
        accept=_is_greeted,
    ),
    Rule(
        r"\b(?:w/|with|and|by|per|from|found|called|says|said) (?P<id>\p{Lu}\p{Ll}{2,})(?= (?:and|in|at|who"
        r"|today|for|on|re)\b|[,.;:]|$)",
        Category.NAME,
        0.64,
        ignore_case=False,
        accept=_is_given_inside,
    ),
    Rule(
        rf"\b(?i:from|to|with|via|per|author|reached|contact|as)\b[ |:]{{1,3}}(?P<id>{NAME})",
        Category.NAME,
        0.64,
        ignore_case=False,
        accept=_is_full,
    ),
    Rule(
        r"\b(?i:cosign(?:ed by)?|signed(?: by)?|dictated by|referring|interpreting|ordering|rendering|attending"
        r"|pathologist"
        r"|radiologist|provider|physician|resident|surgeon|patient|client|pt|name)(?: name)?[ ]?: ?"
        r"(?P<id>\p{Lu}[\p{L}'-]+, ?\p{Lu}[\p{L}'-]+(?: \p{Lu}\b\.?)?)",
        Category.NAME,
        0.73,
        ignore_case=False,
        accept=_is_no_label,
    ),
    Rule(r"<(?:given|family)>(?P<id>[^<>\n]{1,40})</", Category.NAME, 0.8),
    Rule(
        r"(?<= / )(?P<id>\p{Lu}[\p{L}'-]+(?: \p{Lu}[\p{L}'-]+)?)(?= / \d)",
        Category.NAME,
        0.7,
        ignore_case=False,
        accept=_is_no_label,
    ),
    Rule(
        r"\b(?i:coordinator|dispatcher|manager|worker|nurse|sponsor|adjuster|supervisor|officer|daughter|son|wife|husband"
        r"|mother|father|sister|brother|guardian|roommate|partner|aunt|uncle|niece|nephew|cousin|friend)[ \n]"
        r"(?P<id>\p{Lu}[\p{L}'-]{2,})(?=[,;]| \()",
        Category.NAME,
        0.7,
        ignore_case=False,
        accept=_is_called,
    ),
    Rule(
        r"\b(?i:patient|pt|name)\b(?: name)?:? ?"
        r"(?P<id>\p{Lu}[\p{L}'-]+, ?\p{Lu}[\p{L}'-]+(?: \p{Lu}\b\.?)?)",
        Category.NAME,
        0.71,
        ignore_case=False,
        guess=True,
    ),
)
"""A name behind a role, a verb or a label."""

_BY_FORM = (
    Rule(
        (
            rf"(?<![\p{{L}}\d.])(?P<id>\p{{Lu}}\.(?:\s?\p{{Lu}}\.)?\s?{_PARTICLES}"
            r"(?:\p{Lu}[\p{L}\p{M}]*['-])?\p{Lu}[\p{L}\p{M}'-]{2,})(?!\w)"
        ),
        Category.NAME,
        0.64,
        ignore_case=False,
        accept=_is_initialled,
    ),
    Rule(
        (
            rf"(?<![\p{{L}}-])(?P<id>{_PARTICLES}{_SOLID}(?: {_SOLID})?,[ ]?{_SOLID}"
            rf"(?: (?:{_PARTICLES}{_SOLID}|\p{{Lu}}\b\.?))?)(?!\w)"
        ),
        Category.NAME,
        0.66,
        ignore_case=False,
        accept=_is_family_first,
    ),
    Rule(
        rf"(?<!\w)(?:{_PARTICLES}{_SOLID} (?:\p{{Lu}}\.? )?|(?:\p{{Lu}}\. )+)?'[tT] \p{{Lu}}[\p{{L}}-]{{2,}}",
        Category.NAME,
        0.78,
        ignore_case=False,
    ),
    Rule(
        rf"(?<![\p{{L}}-])(?P<id>{_PARTICLES}{_SOLID},{_SOLID}(?: \p{{Lu}}\b\.?)?)(?!\w)",
        Category.NAME,
        0.72,
        ignore_case=False,
        accept=_is_close_set,
    ),
    Rule(
        rf"(?<![\p{{L}}-])\p{{Lu}}\p{{Ll}}{{1,5}}-{_SYLLABLE}(?![\p{{L}}'-])",
        Category.NAME,
        0.66,
        ignore_case=False,
    ),
    Rule(
        (
            r"\b(?i:abd|abdul|abdel)[ -](?i:al|el|ul|ur"
            r"|us)[ -]?\p{L}{3,}"
        ),
        Category.NAME,
        0.75,
        ignore_case=False,
    ),
)
"""A name that its own form gives away: initials, family name first, a particle of descent."""


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer("label_name", (*_BEHIND_WORDS, *_BY_FORM))
