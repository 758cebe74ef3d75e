"""Any other unique number: what a note calls an id or a reference, and long codes without a label."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.lexicon import lexicon, stem
from clinical_sdft.deid.recognizers.rules import CODE, LONG_CODE, TO_VALUE, Rule, RuleRecognizer
from clinical_sdft.deid.safe import is_clinical_number
from clinical_sdft.deid.text import matches

_LABEL = (
    r"\b(?:ids?|identifier|identification|ref(?:erence)?|file|record|study|subject|participant|case|room|bed|job|report"
    r"|accession|specimen|band|badge|tag|claim|invoice|ticket|order|requisition|docket|permit|confirmation|tracking"
    r"|authori[sz]ation|auth|prescription|rx|locker|incident|complaint|dictation|doc(?:ument)?|number|no\.)"
)
_SURE = r"\b(?:ids?|identifier|identification)"


def _is_identifier(text: str, start: int, end: int) -> bool:
    return not is_clinical_number(text, start, end)


def _is_no_value(text: str, start: int, end: int) -> bool:
    """Tell `ID: K7-204` from `ID: BNP 1240`, where a laboratory value follows a heading."""
    head = next((match.group() for match in matches(r"^\p{L}[\p{L}-]*(?= )", text[start:end])), "")
    return stem(head) not in lexicon().clinical if head else True


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "other_id",
        (
            Rule(rf"{_SURE}{TO_VALUE}{CODE}", Category.OTHER_ID, 0.7, accept=_is_no_value),
            Rule(rf"{_LABEL}{TO_VALUE}{LONG_CODE}", Category.OTHER_ID, 0.7, accept=_is_no_value),
            Rule(rf"{_LABEL}{TO_VALUE}(?P<id>\d{{2,4}}-\d{{3,7}})(?![\w/-]|[.,]\d)", Category.OTHER_ID, 0.7),
            Rule(r"(?<![\w.,/-])\d{2,4}-\d{5,7}(?![\w/-]|[.,]\d)", Category.OTHER_ID, 0.6, accept=_is_identifier),
            Rule(r"(?<![\w.,/-])[A-Z]\d{3,4} \d{2} \d{6}(?![\w/-])", Category.OTHER_ID, 0.88),
            Rule(
                r"\b(?:case|claim|reference|ref|dictation|path(?:ology)?|accession|specimen(?: label)?|unit"
                r"|report|auth|job)"
                rf"{TO_VALUE}(?P<id>[A-Z]{{2,5}}\d{{3,}})\b",
                Category.OTHER_ID,
                0.7,
                accept=_is_no_value,
            ),
            Rule(r"(?<![\w.,/-])[A-Z]{4,5}\d{3,}(?![\w/-]|[.,]\d)", Category.OTHER_ID, 0.6, ignore_case=False),
            Rule(r"(?<![\w.,/-])\d{4,7}-[A-Z](?![\w/-])", Category.OTHER_ID, 0.7, ignore_case=False),
            Rule(r"(?<![\w.,/-])#[: ]{0,2}(?P<id>[A-Z0-9-]*\d{4,}[A-Z0-9-]*)", Category.OTHER_ID, 0.7),
            Rule(r"(?<![\w.,/-])\d{6,}(?![\w/]|[.,]\d)", Category.OTHER_ID, 0.6, accept=_is_identifier),
            Rule(
                r"(?<![\w.,/-])(?=[A-Z0-9-]*[A-Z])(?=(?:[A-Z0-9-]*?\d){5})[A-Z0-9]+(?:-[A-Z0-9]+)*(?![\w/]|[.,]\d)",
                Category.OTHER_ID,
                0.6,
                accept=_is_identifier,
            ),
            Rule(r"(?<![\w.,/-])\d{5,}(?:-\d{2,})+(?![\w/]|[.,]\d)", Category.OTHER_ID, 0.6),
            Rule(r"(?<![\w.,/-])\d{2,4}(?:-\d{2,6}){2,4}(?![\w/]|[.,]\d)", Category.OTHER_ID, 0.55),
        ),
    )
