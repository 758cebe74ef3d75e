"""The shape of a written name, shared by the recognizers that look beside a title or a label."""

_TOKEN = (
    r"(?:\p{Lu}\p{Ll}+(?:['-]\p{Lu}?\p{Ll}+)*|\p{Lu}'\p{Lu}\p{Ll}+|(?:Mc|Mac|De|La|Le|Van|Di|O')\p{Lu}\p{Ll}+"
    r"|\p{Lu}{2,}(?:['-]\p{Lu}+)*|\p{Lu}(?:\.(?=\W|$))?)(?![\p{L}\d])"
)
_PARTICLE = (
    r"(?:(?:de|van|von|der|la|del|da|bin|al|den|el|do|dos|di|du|le|ten|ter|te|Te|zu|af|ben|Ben|bint|ibn|Ó|Ní|De"
    r"|Van|Von) )*"
)
NAME = rf"{_PARTICLE}{_TOKEN}(?:(?: |\. |, (?=\p{{Lu}}{{2}})){_PARTICLE}{_TOKEN}){{0,3}}"
"""A capitalised name of one to four parts, initials and particles allowed (case-sensitive)."""
