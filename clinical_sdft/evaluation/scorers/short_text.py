"""Short free text: the whole reply is an accepted answer, by its words."""

from clinical_sdft.phrases import normalize
from data_contracts import Suite, SuiteItem

_ARTICLES = ("a ", "an ", "the ")


def short_text_score(suite: Suite, item: SuiteItem, reply: str) -> float:
    """Return 1.0 when the reply is an accepted answer and nothing more; case, accents, articles do not count."""
    return 1.0 if bare(reply) in {bare(answer) for answer in item.answers} else 0.0


def bare(text: str) -> str:
    """Return the words of a text without an article before them."""
    words = normalize(text)
    article = next((article for article in _ARTICLES if words.startswith(article)), "")
    return words.removeprefix(article)
