"""People by what they are called: a word with a capital behind a role, in quotation marks, or after `ask for`.

In prose a capital behind `cousin` or `driver` says enough, be the word a plain one: `cousin Peanut`.
"""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.lexicon import (
    is_common_family,
    is_drug,
    is_english,
    is_function_word,
    is_listed_given,
    is_listed_name,
    is_vocabulary,
    lexicon,
    stem,
)
from clinical_sdft.deid.recognizers.rules import Rule, RuleRecognizer
from clinical_sdft.deid.text import matches
from clinical_sdft.deid.words import flat_text, term_words

_KIN = (
    r"(?:wife|husband|hubby|spouse|partner|boyfriend|girlfriend|bf|gf|fianc[eé]e?|son|daughter|dtr|mother|father|mom"
    r"|mum|mama|dad|daddy|papa|parents?|brother|sister|sib(?:ling)?|twin|aunt(?:ie)?|uncle|niece|nephew|cousin"
    r"|grand(?:mother|father|ma|pa|son|daughter|child|kid)|granny|nana|gma|gpa|papaw|mamaw|meemaw|grandson"
    r"|step(?:mother|father|mom|dad|son|daughter|brother|sister)|neighbou?rs?|friend|buddy|roommate|housemate"
    r"|caregiver|caretaker|godmother|godfather|sitter|babysitter|landlord|landlady|boss|foreman|supervisor|co-?worker"
    r"|teacher|coach|pastor|sponsor|driver|deputy|trooper|chaplain|infant|baby|newborn|pt|patient|kid|child|(?:mother"
    r"|father|sister|brother|son|daughter|dtr|sis|bro)-in-law|pilot|responder|volunteer|scoutmaster|kiddo|sib|gran"
    r"|agent|godson|goddaughter|ward|bride|groom|widow|widower|ex|foster (?:mom|dad|mother|father)|guardian|proxy|hcp"
    r"|poa|rep|break-?up w(?:ith|/)|broke up with|doula|leader|buddy|pediatrician|hairdresser|barber|tenant|boarder"
    r"|teammate|classmate|mentor|pal)"
)
_STAFF = (
    r"(?:(?i:\p{L}+(?:ologist|iatrist|ician|ontist))|ADJUSTER|SURGEON|SURG|ANES|ATTENDING|RN|LPN|LVN|CNA|PCA|PCT|NP"
    r"|PA|PA-C|MA|RT|RRT|PT|PTA|OT|OTA|SLP|SW|LCSW|CM|CO|EMT|EMT-P|RD|HHA|[Mm]edic|[Pp]aramedic|[Tt]ech|[Tt]echnician"
    r"|[Aa]sst|[Aa]ssistant|[Hh]ospitalist|[Ii]ntensivist|[Rr]esident|[Ii]ntern|[Ff]ellow|[Ee]xaminer|[Aa]tty"
    r"|[Aa]ttorney|[Aa]djuster|[Oo]fficer|[Oo]fc|[Ss]gt|[Ll]t|[Cc]apt|[Ss]cribe|[Ii]nterp(?:reter)?|[Ss]urgeon"
    r"|[Aa]ttending|[Pp]harmacist|[Dd]ietitian|[Cc]ounselor|[Tt]herapist|[Nn]urse|[Dd]oula|[Mm]idwife|[Ww]itness"
    r"|[Aa]ide|[Ss]ecurity|[Gg]uard|[Cc]lerk|[Cc]irc(?:ulator)?|[Ss]crub|[Aa]nesthesia|[Ss]onographer|[Pp]erfusionist"
    r"|[Cc]oordinator|[Pp]rincipal|[Dd]oc|[Ff]irst [Aa]sst|[Cc]harge|[Rr]ecorder|[Cc]aseworker|[Gg]uardian|[Ww]arden)"
)
_LINK = r"(?: is| was| named| called| by)?(?:, |: ?| ?\(| [\"']| ?= ?| - | )"
_WORD = r"\p{Lu}[\p{L}\p{M}]+(?:['-]\p{L}[\p{L}\p{M}]+)*"
_PHRASE = rf"(?P<id>{_WORD}(?:(?: (?:de|la|del|van|von|der|al|el|bin))* {_WORD}){{0,2}}(?: \p{{Lu}}\b\.?)?)"
_BEHIND = r"(?!['’](?!s\b)\w|\w|[:/])"


def _words(text: str, start: int, end: int) -> list[str]:
    return [stem(match.group()) for match in matches(r"\p{L}[\p{L}\p{M}'-]*", text[start:end])]


def _is_none(word: str) -> bool:
    """Tell whether a word is no name wherever it stands."""
    known = lexicon()
    return (
        word in known.clinical
        or word in known.departments
        or word in known.states
        or word in known.regions
        or (is_drug(word) and not is_listed_name(word))
        or is_function_word(word)
        or (word.endswith(("ed", "ing")) and "-" not in word and is_english(word) and not is_listed_name(word))
    )


def _is_called(text: str, start: int, end: int) -> bool:
    """Tell `cousin Peanut` from `patient Denies` and from a line of capitals."""
    words = _words(text, start, end)
    if flat_text(text) or start in term_words(text) or text[start:end].split()[0].isupper():
        return False
    return (
        len(words[0]) > 1
        and not any(_is_none(word) for word in words if len(word) > 1)
        and text[start:end].split()[-1] not in ("I", "A", "Self")
    )


def _is_child(text: str, start: int, end: int) -> bool:
    """Tell `Ayaan 8, Bilal 3` from `Hct 41, Cr 2`."""
    return _is_called(text, start, end) and all(
        len(word) > 2 and is_listed_given(word) for word in _words(text, start, end)
    )


def _is_staff(text: str, start: int, end: int) -> bool:
    """Tell `RT Spring Waldner` from `PT Eval` and `RN Notes`: some word of a list of names, or of no list."""
    if not _is_called(text, start, end):
        return False
    told = any(is_listed_name(word) or not is_vocabulary(word) for word in _words(text, start, end) if len(word) > 1)
    return told or any(matches(r" \p{Lu}\.?$", text[start:end], ignore_case=False))


def _is_no_term(text: str, start: int, end: int) -> bool:
    return not any(map(_is_none, _words(text, start, end)))


def _is_quoted(text: str, start: int, end: int) -> bool:
    """Tell `Ming-Zhu "May"` from `Order "STAT"`: one word behind a name, and none of medicine."""
    word, known = stem(text[start:end]), lexicon()
    return not flat_text(text) and word not in known.clinical | known.departments


def _is_in_brackets(text: str, start: int, end: int) -> bool:
    """Tell `Ortho (Young) aware` from `Abbott (Confirm)`: a listed name that is no word of medicine."""
    word, known = stem(text[start:end]), lexicon()
    told = (
        is_listed_given(word)
        or is_common_family(word)
        or (is_listed_name(word) and not is_vocabulary(word))
        or ("-" in word and not is_vocabulary(word))
    )
    named = word not in known.eponyms | known.eponym_names and not _is_none(word)
    return told and named and not flat_text(text) and start not in term_words(text)


def _is_nickname(text: str, start: int, end: int) -> bool:
    words = _words(text, start, end)
    told = any(is_listed_given(word) for word in words)
    return not flat_text(text) and told and not any(map(_is_none, words))


def _behind_roles() -> tuple[Rule, ...]:
    """Return rules for names behind a relative's or a clinician's role, and of siblings with their ages."""
    return (
        Rule(
            rf"\b(?i:{_KIN}){_LINK}{_PHRASE}{_BEHIND}",
            Category.NAME,
            0.71,
            ignore_case=False,
            accept=_is_called,
            anywhere=True,
        ),
        Rule(
            rf"(?<![\w/-]){_STAFF}{_LINK}{_PHRASE}{_BEHIND}",
            Category.NAME,
            0.71,
            ignore_case=False,
            accept=_is_staff,
            anywhere=True,
        ),
        Rule(
            rf"(?<=\p{{Lu}}\p{{L}}+,? \(?\d{{1,2}}\)?[,;] (?:and )?)(?P<id>{_WORD})(?=,? \(?\d{{1,2}}\b(?![./:%-]"
            rf"| ?(?:mg|ml|mcg|units?)))",
            Category.NAME,
            0.68,
            ignore_case=False,
            accept=_is_child,
        ),
        Rule(
            r"\b(?:BY|TO|WITH|PER|FROM) (?P<id>\p{Lu}{3,} \p{Lu}{3,})(?=,? (?:RN|MD|DO|NP|PA|LPN|MT|CLS|RT|EMT)\b)",
            Category.NAME,
            0.73,
            ignore_case=False,
            accept=_is_no_term,
        ),
    )


def _as_called() -> tuple[Rule, ...]:
    """Return rules for names by which somebody is asked for, called or told."""
    return (
        Rule(
            rf"\b(?i:ask(?:ed|ing|s)? for|aka|a\.k\.a\.|goes by|likes to be called|prefers|known as"
            rf"|nickname(?:d)?|call (?:me|him|her|them))[ :]{{1,2}}[\"']?{_PHRASE}{_BEHIND}",
            Category.NAME,
            0.72,
            ignore_case=False,
            accept=_is_called,
        ),
        Rule(
            rf"\b(?i:call(?:ed)?|page[ds]?|text(?:ed)?|reach(?:ed)?|contact(?:ed)?|phoned?) {_PHRASE}(?= (?:on|at"
            rf"|@) \(?\d|[ ,]\(?\d{{3}})",
            Category.NAME,
            0.72,
            ignore_case=False,
            accept=_is_called,
        ),
        Rule(
            rf"\b[Tt]ell {_PHRASE}(?= (?:to|that|I|we|he|she)\b)",
            Category.NAME,
            0.7,
            ignore_case=False,
            accept=_is_called,
        ),
    )


def _in_quotes_and_brackets() -> tuple[Rule, ...]:
    """Return rules for nicknames in quotation marks, and names in brackets."""
    return (
        Rule(
            rf"(?<=\p{{Lu}}[\p{{L}}.'-]+ )\"(?P<id>{_WORD})\"",
            Category.NAME,
            0.7,
            ignore_case=False,
            accept=_is_quoted,
        ),
        Rule(
            rf"(?<=\p{{Lu}}[\p{{L}}.'-]+,? )[\"(']+{_PHRASE}[\")']+(?= \p{{Lu}}\p{{Ll}}|[,;.]? (?:MD|DO|RN|NP|is"
            rf"|was|has)\b)",
            Category.NAME,
            0.7,
            ignore_case=False,
            accept=_is_nickname,
        ),
        Rule(
            r"(?<=[\p{L}\d.]{2} ?)\((?P<id>\p{Lu}\p{Ll}{2,}(?:-\p{Lu}\p{Ll}+)?)(?=\)|, (?:badge|cell|ext|\d))",
            Category.NAME,
            0.67,
            ignore_case=False,
            accept=_is_in_brackets,
        ),
        Rule(rf"(?<!\w)\"{_PHRASE}\"", Category.NAME, 0.66, ignore_case=False, accept=_is_nickname),
        Rule(
            rf"(?<=[\"(]{{1,2}}){_PHRASE}(?= (?:looks|helps|drives|drove|takes|checks|watches|says|said|told"
            rf"|brought|brings)\b)",
            Category.NAME,
            0.68,
            ignore_case=False,
            accept=_is_called,
        ),
        Rule(
            rf"(?<![\p{{L}}'-])(?P<id>{_WORD}(?: \p{{Lu}}\.?)? [\"'(]\p{{Lu}}\p{{L}}+(?: \p{{L}}+)?[\"')] {_WORD})"
            r"(?![\w'-])",
            Category.NAME,
            0.8,
            ignore_case=False,
            accept=_is_called,
        ),
    )


def _by_form() -> tuple[Rule, ...]:
    """Return rules for names whose form alone tells them."""
    return (
        Rule(
            rf"\b(?:Wm|Chas|Jos|Geo|Thos|Jas|Robt|Edw|Benj|Saml|Danl|Alex|Jno|Fred'k"
            rf"|Fredk)\. (?:\p{{Lu}}\. ?)?{_WORD}(?:-{_WORD})?",
            Category.NAME,
            0.8,
            ignore_case=False,
        ),
        Rule(r"(?<![\w.])\p{Lu}\. ?\p{Lu}-\p{Lu}\.(?!\w)", Category.NAME, 0.7, ignore_case=False),
        Rule(r"(?<![\w-])\p{Lu}(?:-\p{Lu}){3,}(?![\w-])", Category.NAME, 0.72, ignore_case=False),
        Rule(
            r"(?<![\w^])\p{L}[\p{L}'-]+(?:\^[\p{L}'.-]+){1,4}\^*(?!\w)",
            Category.NAME,
            0.85,
        ),
    )


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "role_name",
        (*_behind_roles(), *_as_called(), *_in_quotes_and_brackets(), *_by_form()),
    )
