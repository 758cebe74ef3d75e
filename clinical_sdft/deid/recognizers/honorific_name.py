"""Names behind a title or before a credential."""

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.recognizers.person import NAME
from clinical_sdft.deid.recognizers.rules import Rule, RuleRecognizer

_TITLE = (
    r"\b(?:(?:Mr|Mrs|Ms|Mx|Dr|Drs|Prof|Rev|Fr|Capt|Sgt|Lt|Col|Hon|MR|MRS|MS|DR)\b\.?|Miss|MISS|Mister"
    r"|[Dd]octor|[Pp]rofessor"
    r"|[Nn]urse|Sir|Dame|Lady|Judge|Officer|Pastor|Rabbi|Imam|Deacon|Señora?|Sra?\.)"
)
_CREDENTIAL = (
    r"(?:M\.?D\b\.?|D\.?O\b\.?|R\.?N\b\.?|N\.?P\b\.?|PA(?:-C)?\b|Ph\.?D\b\.?|DDS|FNP|LPN|APRN|DNP"
    r"|PharmD|CRNP|MBBS|FACP|FRCP|MSW|LCSW"
    r"|DPM|DMD|CNM|CRNA|BSN|MSN)"
)


def recognizer() -> RuleRecognizer:
    """Return the recognizer."""
    return RuleRecognizer(
        "honorific_name",
        (
            Rule(rf"{_TITLE} ?(?P<id>{NAME})", Category.NAME, 0.76, ignore_case=False, guess=True),
            Rule(
                rf"(?<![\p{{L}}.])(?P<id>{NAME}),? (?-i:{_CREDENTIAL})(?!\w)",
                Category.NAME,
                0.75,
                ignore_case=False,
                guess=True,
            ),
            Rule(
                r"\b(?:mr|mrs|ms|dr)\.? (?P<id>\p{Ll}{3,}(?: \p{Ll}{3,})?)\b",
                Category.NAME,
                0.6,
                ignore_case=False,
                guess=True,
            ),
        ),
    )
