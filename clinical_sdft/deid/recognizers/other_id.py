"""Any other unique number: what a note calls an id or a reference, and long codes without a label."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.lexicon import lexicon, stem
from clinical_sdft.deid.recognizers.rules import CODE, LONG_CODE, TO_VALUE, Rule, RuleRecognizer
from clinical_sdft.deid.safe import is_clinical_number
from clinical_sdft.deid.text import matches

_LABEL = (
    r"\b(?:ids?|identifier|identification|ref(?:erence)?|file|record|study|subject|participant|case|room|bed|job"
    r"|report|accession|specimen|band|badge|tag|claim|invoice|ticket|order|requisition|docket|permit|confirmation"
    r"|tracking|authori[sz]ation|auth|prescription|rx|locker|incident|complaint|dictation|doc(?:ument)?|number|no\.)"
)
_SURE = r"\b(?:ids?|identifier|identification)"


def _is_identifier(text: str, start: int, end: int) -> bool:
    return not is_clinical_number(text, start, end)


_MEASURED = (
    r"^\d+(?:-\d+)?-?(?:mg|mcg|ug|g|kg|ml|cc|l|dl|k|u|iu|units?|cm|mm|m|hz|khz|mmhg|h|hrs?|hours?|am|pm|ft|lbs?|oz"
    r"|cal|kcal|x|s|st|nd|rd|th|day|week|year|month|min|yo)$|^(?:x|q|fev|co|ca|cd|hba|vit|t|n|m|h)\d{1,3}(?![\w-])"
    r"|^g\d+p\d+|^[ctls]\d{1,2}[-/][ctls]?\d{1,2}$|^(?:19|20)\d\d[a-z]$|^(?:covid|sars|icd|dsm|ecog|gold)"
    r"|cpt[- ]?\d{5}$|^[adeghjklqsvz]\d{4}$"
)
"""Numbers with their unit, and names of what is measured."""


def _is_mixed_code(text: str, start: int, end: int) -> bool:
    """Tell `8Y5G0D41` from `1500ML`, `CD4-1200` and `1430h`."""
    return _is_identifier(text, start, end) and not any(matches(_MEASURED, text[start:end]))


def _is_prefixed(text: str, start: int, end: int) -> bool:
    """Tell `BME 228413` from `PLT 210000`."""
    return _is_no_value(text, start, end) and not is_clinical_number(text, start + 4, end)


def _is_prefixed_groups(text: str, start: int, end: int) -> bool:
    """Tell `UFE 300 551 88G` from `NA 138 104`: no word of medicine before the groups."""
    head = next((match.group() for match in matches(r"^\p{L}+", text[start:end])), "").casefold()
    return head not in lexicon().clinical and not is_clinical_number(text, start, end)


def _is_no_value(text: str, start: int, end: int) -> bool:
    """Tell `ID: K7-204` from `ID: BNP 1240`, where a laboratory value follows a heading."""
    head = next((match.group() for match in matches(r"^\p{L}[\p{L}-]*(?= )", text[start:end])), "")
    return stem(head) not in lexicon().clinical if head else True


def _behind_labels() -> tuple[Rule, ...]:
    """Return rules for codes that a label or a sign tells."""
    return (
        Rule(rf"{_SURE}{TO_VALUE}{CODE}", Category.OTHER_ID, 0.7, accept=_is_no_value),
        Rule(rf"{_LABEL}{TO_VALUE}{LONG_CODE}", Category.OTHER_ID, 0.7, accept=_is_no_value),
        Rule(
            r"\b(?:access|hep|login|confirmation|activation|door|lock ?box|pin|pass ?code|voucher|promo|join"
            r"|meeting|study|chart|census)(?: (?:code|no|number|#"
            r"|id))?\.?[ :#]{1,3}(?P<id>(?=[A-Z0-9-]*\d)[A-Z0-9]{3,}(?:[-,][A-Z0-9]{2,})*)(?![\w-])",
            Category.OTHER_ID,
            0.72,
            accept=_is_no_value,
        ),
        Rule(r"\bcode[ :]{1,2}(?P<id>(?-i:[A-Z0-9]{3,5}(?:-[A-Z0-9]{3,5}){2,}))(?![\w-])", Category.OTHER_ID, 0.8),
        Rule(
            r"\b(?:by|tech|user|phleb|rn|badge|armband|seals?|bottle|workstation|station|terminal"
            r"|host)[ :#]{1,2}(?P<id>(?-i:(?:[A-Z]{1,3}[ -]?)?\d{4,6}))(?![\w/-]|[.,]\d| ?(?:mg|ml|mcg|units?"
            r"|cells|steps|hours|hrs|h)\b)",
            Category.OTHER_ID,
            0.7,
            accept=_is_no_value,
        ),
        Rule(
            r"\bcode[ :]{1,2}(?P<id>(?-i:(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[A-Z0-9]{5,}))(?![\w-])",
            Category.OTHER_ID,
            0.72,
        ),
        Rule(rf"{_LABEL}{TO_VALUE}(?P<id>\d{{2,4}}-\d{{3,7}})(?![\w/-]|[.,]\d)", Category.OTHER_ID, 0.7),
        Rule(
            r"\b(?:case|claim|reference|ref|dictation|path(?:ology)?|accession|specimen(?: label)?|unit"
            r"|report|auth|job)"
            rf"{TO_VALUE}(?P<id>[A-Z]{{2,5}}\d{{3,}})\b",
            Category.OTHER_ID,
            0.7,
            accept=_is_no_value,
        ),
        Rule(r"(?<![\w.,/-])#[: ]{0,2}(?P<id>[A-Z0-9-]*\d{4,}[A-Z0-9-]*)", Category.OTHER_ID, 0.7),
    )


def _file_names() -> tuple[Rule, ...]:
    """Return rules for names of files, and what is joined by underscores."""
    return (
        Rule(r"(?<![\w.])(?=\w*\d)[A-Z]{2,}(?:_[A-Za-z0-9]+)+(?!\w)", Category.OTHER_ID, 0.86, ignore_case=False),
        Rule(
            r"(?<![\w./-])[\w-]+(?:\.[\w-]+)*?\.(?:svs|ged|dcm|jpe?g|png|tiff?|pdf|heic|docx?|xlsx?|csv|zip|mp4|mov|wav|m4a|edf"
            r"|nii|eml|msg|hl7|xml|txt|bmp|gif)(?!\w)",
            Category.OTHER_ID,
            0.93,
        ),
    )


def _letters_before_groups() -> tuple[Rule, ...]:
    """Return rules for letters, then groups of digits with blanks between."""
    return (
        Rule(
            r"(?<![\w.,/-])(?P<id>[A-Z]{1,4}\d{0,4}(?:[ -]\d{3,7}){2,4}[A-Z]?)(?![\w/-]|[.,]\d)",
            Category.OTHER_ID,
            0.72,
            ignore_case=False,
            accept=_is_prefixed_groups,
        ),
        Rule(
            r"(?<![\w.,/-])[A-Z]{1,3}\d{2} \d{4,7}(?![\w/-]|[.,]\d)",
            Category.OTHER_ID,
            0.7,
            ignore_case=False,
            accept=_is_prefixed_groups,
        ),
        Rule(r"(?<![\w.,/-])\d{2} [A-Z]{2,4} \d{4,6}(?![\w/-]|[.,]\d)", Category.OTHER_ID, 0.84, ignore_case=False),
        Rule(r"(?<![\w.,/-])[A-Z]{1,2}(?: \d{2,3}){3}(?![\w/-]|[.,]\d)", Category.OTHER_ID, 0.84, ignore_case=False),
        Rule(r"(?<![\w.,/-])[A-Z]\d{3,4} \d{2} \d{6}(?![\w/-])", Category.OTHER_ID, 0.88),
        Rule(
            r"(?<![\w.,/-])[A-Z]\d{3}[ \n]\d{3}(?:[ \n]\d{3}|\d)(?![\w/-]|[.,]\d)",
            Category.OTHER_ID,
            0.87,
            ignore_case=False,
        ),
        Rule(
            r"(?<![\w.,/-])(?P<id>[A-Z]{3} (?:\d{6}|\d{9}))(?![\w/-]|[.,]\d)",
            Category.OTHER_ID,
            0.6,
            ignore_case=False,
            accept=_is_prefixed,
        ),
    )


def _letters_and_digits() -> tuple[Rule, ...]:
    """Return rules for letters and digits in one."""
    return (
        Rule(
            r"(?<![\w.,/-])\d{2}[A-Z]{1,3}\d{4,}(?: ?/ ?\d{3,})?(?![\w/-])",
            Category.OTHER_ID,
            0.84,
            ignore_case=False,
        ),
        Rule(r"(?<![\w.,/:-])[A-Z]{1,3}\d{2}:\d{3,6}(?![\w/:-]|[.,]\d)", Category.OTHER_ID, 0.84),
        Rule(r"(?<![\w.,/-])[A-Z]\d{5,}/\d{1,3}(?![\w/-]|[.,]\d)", Category.OTHER_ID, 0.84),
        Rule(r"(?<![\w.,/-])\d{6,}[A-Z](?![\w/-]|[.,]\d)", Category.OTHER_ID, 0.8, ignore_case=False),
        Rule(
            r"(?<![\w./-])(?=(?:[A-Z0-9-]*?\d){3})(?=(?:[A-Z0-9-]*?[A-Z]){2})[A-Z0-9]{2,}(?:-[A-Z0-9]{2,}){2,}(?![\w/])",
            Category.OTHER_ID,
            0.66,
            ignore_case=False,
            accept=_is_mixed_code,
        ),
        Rule(r"(?<![\w.,/-])[A-Z]{4,5}\d{3,}(?![\w/-]|[.,]\d)", Category.OTHER_ID, 0.6, ignore_case=False),
        Rule(r"(?<![\w.,/-])\d{4,7}-[A-Z](?![\w/-])", Category.OTHER_ID, 0.7, ignore_case=False),
        Rule(
            r"(?<![\w.,/-])(?=[A-Z0-9-]*[A-Z])(?=(?:[A-Z0-9-]*?\d){4})[A-Z0-9]+(?:-[A-Z0-9]+)*(?![\w/]|[.,]\d)",
            Category.OTHER_ID,
            0.6,
            accept=_is_mixed_code,
        ),
        Rule(r"(?<![\w.,/-])\d:\d\d-[a-z]{2}-\d{4,6}(?!\w)", Category.OTHER_ID, 0.9),
        Rule(r"(?<![\w.,/-])[A-Z]{0,3}\d{6,}\*\d{1,3}(?!\w)", Category.OTHER_ID, 0.9),
        Rule(r"(?<![\w.,/-])[A-Z]{2}\.\d{5,}(?!\w)", Category.OTHER_ID, 0.87),
        Rule(
            r"(?<![\w.,/-])(?=[A-Z0-9]*\d\d)(?=[A-Z0-9]*[A-Z]{3})[A-Z0-9]{9,}(?![\w/])",
            Category.OTHER_ID,
            0.6,
            ignore_case=False,
            accept=_is_mixed_code,
        ),
    )


def _digits_alone() -> tuple[Rule, ...]:
    """Return rules for digits alone, in one or in groups."""
    return (
        Rule(r"(?<![\w.,/-])\d{4} \d{4} \d{2}(?![\w/-]|[.,]\d)", Category.OTHER_ID, 0.8),
        Rule(r"(?<![\w.,/-])\d{4} \d{4} \d{4}(?![\w/-]|[.,]\d)", Category.OTHER_ID, 0.84),
        Rule(r"(?<![\w.,/-])\d{2,4}-\d{5,7}(?![\w/-]|[.,]\d)", Category.OTHER_ID, 0.6, accept=_is_identifier),
        Rule(r"(?<![\w.,/-])\d{6,}(?![\w/]|[.,]\d)", Category.OTHER_ID, 0.6, accept=_is_identifier),
        Rule(r"(?<![\w.,/-])\d{5,}(?:-\d{2,})+(?:-\d)?(?![\w/]|[.,]\d)", Category.OTHER_ID, 0.6),
        Rule(r"(?<![\w.,/-])\d{5,}/\d{5,}(?![\w/-]|[.,]\d)", Category.OTHER_ID, 0.87),
        Rule(r"(?<![\w.,/-])\d{4} \d{3} \d{3}(?![\w/-]|[.,]\d)", Category.OTHER_ID, 0.84),
        Rule(r"(?<![\w.,/-])\d{7,9}[ .]\d{1,3}(?![\w/-]|[.,]\d)", Category.OTHER_ID, 0.6, accept=_is_identifier),
        Rule(r"(?<![\w.,/-])\d{1,4}-\d{2,4}-\d{5,7}(?![\w/-]|[.,]\d)", Category.OTHER_ID, 0.6),
        Rule(r"(?<![\w.,/:-])\d{2}:\d{4,6}(?![\w/:-]|[.,]\d)", Category.OTHER_ID, 0.6),
        Rule(r"(?<![\w.,/-])\d{2,4}(?:-\d{2,6}){2,4}(?![\w/]|[.,]\d)", Category.OTHER_ID, 0.55, accept=_is_identifier),
    )


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "other_id",
        (*_behind_labels(), *_file_names(), *_letters_before_groups(), *_letters_and_digits(), *_digits_alone()),
    )
