"""Who wrote, typed or checked: initials and login names, as signatures, logs and flowsheets have them."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.lexicon import is_function_word, is_listed_name, is_vocabulary, lexicon
from clinical_sdft.deid.recognizers.rules import Rule, RuleRecognizer
from clinical_sdft.deid.text import word_set

_BIG, _SMALL = r"(?-i:\p{Lu}{2,4})", r"(?-i:\p{Ll}{2,4})"
_DAY = r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
_WROTE = (
    r"(?:scribed?|typist|typed|transcribed|transcriptionist|transcriber|initials|initialed|initialled|keyed)"
    r"(?: by| are| is)?"
)
_CHECKED = (
    r"(?:entered|filed|verified|witnessed|checked|cosigned|co-signed|signed|reviewed|collected|drawn|resulted|released"
    r"|read back|called|given|administered|received|performed|done|charted|recorded|updated|edited|addend(?:ed|um)"
    rf"|documented|taken|obtained|tech|technologist|tech id|nurse|rn|asst|assistant|provider|author)(?: by|:"
    rf"| {_DAY})?(?: tech)?"
)
_DEGREE = r"(?-i:MD|DO|RN|NP|PA|PA-C|LPN|LVN|CNA|DDS|DPM|PT|RT|EMT|CRNA|APRN)"
_ENDS = r"(?![\w/'-]|\.\w)"
_NO_ONE = word_set(
    "am pm ml mg po iv im sq prn bid tid qid and the to of in on at for ok na no yes pt rn md np pa us x"
)
"""What stands where initials do and is nobody."""


def _is_nobody(low: str) -> bool:
    return (
        low in _NO_ONE
        or low in lexicon().clinical | lexicon().abbreviations | lexicon().departments
        or is_function_word(low)
    )


def _are_initials(text: str, start: int, end: int) -> bool:
    """Tell `by KTM` from `by EMS`: letters that are no word and no abbreviation."""
    parts = text[start:end].casefold().replace("/", " ").replace(":", " ").split()
    return not any(_is_nobody(part) or is_vocabulary(part) for part in parts)


def _is_somebody(text: str, start: int, end: int) -> bool:
    """Tell the `LR` that closes a note from `PO`: where only initials stand, other meanings do not count."""
    return not any(part in _NO_ONE for part in text[start:end].casefold().replace("/", " ").split())


def _is_led_by_initials(text: str, start: int, end: int) -> bool:
    """Tell `KW/dm` from `MG/dl` and `BP/hr`: the first letters are no abbreviation."""
    return not _is_nobody(text[start:end].casefold().partition("/")[0])


def _is_login(text: str, start: int, end: int) -> bool:
    """Tell `reviewed by jhofmeister` from `reviewed by pharmacy`."""
    value = text[start:end]
    return not is_function_word(value) and not any(
        is_vocabulary(part) and not is_listed_name(part) for part in (value, value.rstrip("0123456789"))
    )


def _pairs_of_initials() -> tuple[Rule, ...]:
    """Return rules for initials of who dictated and who typed."""
    return (
        Rule(rf"(?<![\w/.-])(?P<id>{_BIG}[/:]{_SMALL})[ \t]*(?=\n|$)", Category.NAME, 0.74, accept=_are_initials),
        Rule(rf"(?<![\w/.-])(?P<id>{_SMALL}[/:]{_SMALL})[ \t]*(?=\n|$)", Category.NAME, 0.72, accept=_is_somebody),
        Rule(
            rf"(?<= )(?P<id>{_BIG} ?/ ?{_SMALL}|{_BIG}-\p{{Lu}})(?=[ \t]*\n| (?-i:\p{{Lu}})\p{{L}}{{3}}"
            rf"| (?:consents|notified|aware)\b)",
            Category.NAME,
            0.72,
            accept=_is_somebody,
        ),
        Rule(rf"\n[ \t]*(?P<id>{_BIG}/{_BIG})[ \t]*(?=\n|$)", Category.NAME, 0.72, accept=_is_somebody),
        Rule(
            rf"(?<=[ \t])(?P<id>{_BIG}/{_SMALL})(?=[ \t]{{2}}|[ \t]*\n|[ \t]*$)",
            Category.NAME,
            0.72,
            accept=_is_led_by_initials,
        ),
        Rule(
            rf"\b[A-Z]{{2,4}}:(?P<id>{_SMALL})(?![\w:])(?=[ \t]*(?:\n|$| {{2}}))",
            Category.NAME,
            0.72,
            ignore_case=False,
            accept=_is_somebody,
        ),
    )


def _behind_acts() -> tuple[Rule, ...]:
    """Return rules for initials behind what was done, a day or a time."""
    return (
        Rule(rf"\b{_WROTE}[ :=]{{1,3}}(?P<id>{_BIG}|{_SMALL}){_ENDS}", Category.NAME, 0.74, accept=_are_initials),
        Rule(
            rf"\b{_CHECKED}[ :]{{1,2}}(?P<id>{_BIG}){_ENDS}(?! (?-i:\p{{Lu}}))",
            Category.NAME,
            0.7,
            accept=_are_initials,
        ),
        Rule(
            rf"\b(?:per|by|w/|with|cc:?|for) (?P<id>(?-i:\p{{Lu}}{{3}})){_ENDS}(?! \p{{L}}|s\b)",
            Category.NAME,
            0.66,
            accept=_are_initials,
        ),
        Rule(rf"\b[td][:.] ?{_DAY}[ ,;]{{1,2}}(?P<id>{_SMALL}){_ENDS}", Category.NAME, 0.74, accept=_is_somebody),
        Rule(
            rf"(?<=\d\d ?(?:[ap]m)?[ |]{{1,2}})(?P<id>{_BIG}(?: ?/ ?{_BIG})?)(?=:|[ \t]*\n|[ \t]*$)",
            Category.NAME,
            0.7,
            accept=_are_initials,
        ),
        Rule(
            rf"\b(?:[td]:|trans(?:cribed)?[:.]?|typed[:.]?"
            rf"|dict[:.]?) ?(?:{_DAY} )?(?P<id>{_SMALL}){_ENDS}(?= {{2}}|[ \t]*\n|[ \t]*$)",
            Category.NAME,
            0.72,
            accept=_is_somebody,
        ),
        Rule(
            rf"{_DAY}(?: \d{{4}}| \d\d:\d\d)?[ \t]{{1,3}}/ ?(?P<id>{_SMALL}){_ENDS}",
            Category.NAME,
            0.72,
            accept=_is_somebody,
        ),
    )


def _at_ends() -> tuple[Rule, ...]:
    """Return rules for initials at the end of a line or a note, or before a degree."""
    return (
        Rule(rf"//? ?(?:s/ ?)?(?P<id>{_SMALL}|{_BIG}) ?//?(?!\w)", Category.NAME, 0.74, accept=_are_initials),
        Rule(rf"\n[ \t]*(?P<id>{_BIG})[ \t\"]*$", Category.NAME, 0.72, accept=_is_somebody),
        Rule(
            rf"(?<=[\d/][ \t]?|\n)(?P<id>{_BIG}|(?-i:(?:\p{{Lu}}\.){{2,3}}))(?= {_DEGREE}\b)",
            Category.NAME,
            0.72,
            accept=_is_somebody,
        ),
        Rule(rf"(?<=[.;] )(?P<id>(?-i:(?:\p{{Lu}}\.){{2,3}}))(?= {_DEGREE}\b)", Category.NAME, 0.72),
        Rule(r"(?<=\s)-? ?(?P<id>(?-i:\p{Lu}\.\p{Lu}\.))(?=[ \t]*(?:\n|$))", Category.NAME, 0.72),
        Rule(rf"(?<=\s)--? ?(?P<id>{_BIG})(?=[ \t]*\n|[ \t]*$|[ \t]*/)", Category.NAME, 0.72, accept=_are_initials),
    )


def _logins() -> tuple[Rule, ...]:
    """Return rules for login names."""
    return (
        Rule(
            r"\b(?:user(?:name| ?id)?|log-?in|logon|operator|netid"
            r"|agent)[ :=]{1,3}(?P<id>(?=[\w.-]*[a-z])[a-z][\w.-]{2,}\w)",
            Category.NAME,
            0.8,
            accept=_is_login,
        ),
        Rule(
            rf"\b{_CHECKED}(?: by)?[ :]{{1,2}}(?P<id>(?-i:[a-z]{{5,}}\d{{0,3}}))(?=[ \t]*(?:[\n,;)]|$))",
            Category.NAME,
            0.7,
            accept=_is_login,
        ),
    )


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "sign_off",
        (*_pairs_of_initials(), *_behind_acts(), *_at_ends(), *_logins()),
    )
