"""The smallest part of a note: a text and what it is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """A run of text: an identifier (`category`), a fact to keep (`keep`), what may go or stay (`neutral`), or plain."""

    text: str
    category: str = ""
    keep: str = ""
    neutral: str = ""
