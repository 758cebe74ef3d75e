"""Compare texts by their words: case, accents and punctuation do not count."""

import re
import unicodedata
from functools import lru_cache

_NOT_A_WORD = re.compile(r"[^0-9a-z]+")


@lru_cache(maxsize=65536)
def normalize(text: str) -> str:
    """Return words only: lower case, no accents, no punctuation, single spaces.

    >>> normalize("Most likely: Hépatitis-A.")
    'most likely hepatitis a'
    """
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return _NOT_A_WORD.sub(" ", plain).strip()


def says(reply: str, phrase: str) -> bool:
    """Return whether the reply contains the phrase as whole words."""
    return f" {normalize(phrase)} " in f" {normalize(reply)} "
