"""Names behind a word that announces a person: `Patient:`, `seen by`, `wife`, `emergency contact`."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.person import NAME
from clinical_sdft.deid.recognizers.rules import Rule, RuleRecognizer

_ROLE = (
    r"(?:patient|pt|client|name|re|attending|physician|provider|doctor|surgeon|pcp|gp|consultant|cardiologist"
    r"|dermatologist|neurologist|rheumatologist|therapist|pharmacist|resident|nurse|midwife|employer"
    r"|(?:emergency )?contact|next of kin|nok|kin|guardian|spouse|husband|wife|partner|mother|father"
    r"|mom|mum|dad|parent"
    r"|son|daughter|brother|sister|twin|aunt|uncle|cousin|niece|nephew|grand(?:mother|father|son|daughter)|friend"
    r"|neighbou?r|roommate|housemate|caregiver|carer|caretaker|boyfriend|girlfriend|fianc[eé]e?)"
)
_VERB = (
    r"(?:(?:seen|evaluated|treated|referred|examined|signed|dictated|accompanied|brought in|reported"
    r"|reviewed|called|admitted"
    r"|followed|operated|prescribed|assessed|interviewed|attended|transcribed|entered|ordered|booked"
    r"|written|typed) by"
    r"|spoke (?:with|to)|discussed with|lives with|known as|named|called|care of|c/o|signed|cc|attn|attention|dear"
    r"|(?:patient|pt|person|someone|man|woman|lady|case|male|female)(?: is)?(?: named| called)?)"
)


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "label_name",
        (
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
                r"\b(?i:patient|pt|name)\b(?: name)?:? ?"
                r"(?P<id>\p{Lu}[\p{L}'-]+, ?\p{Lu}[\p{L}'-]+(?: \p{Lu}\b\.?)?)",
                Category.NAME,
                0.71,
                ignore_case=False,
                guess=True,
            ),
        ),
    )
