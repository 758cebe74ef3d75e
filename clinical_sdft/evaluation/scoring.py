"""Is an answer right? The item says by which scorer; each of them has a file of its own in `scorers/`."""

import re
from collections.abc import Callable

from clinical_sdft.evaluation.scorers.choice import choice_score
from clinical_sdft.evaluation.scorers.label_set import label_set_score
from clinical_sdft.evaluation.scorers.numeric import numeric_score
from clinical_sdft.evaluation.scorers.phrase import phrase_score
from clinical_sdft.evaluation.scorers.short_text import short_text_score
from clinical_sdft.sdft.thinking import CLOSE, OPEN
from data_contracts import Suite, SuiteItem

_SCORERS: dict[str, Callable[[Suite, SuiteItem, str], float]] = {
    "choice": choice_score,
    "label-set": label_set_score,
    "numeric": numeric_score,
    "phrase": phrase_score,
    "short-text": short_text_score,
}


_THOUGHT = re.compile(rf"{OPEN}.*?(?:{CLOSE}|\Z)", re.DOTALL)


def score_reply(suite: Suite, item: SuiteItem, reply: str) -> float:
    """Return the score of a reply, 0 to 1; of a choice, the reply is the option that was found likeliest.

    What a reasoning model thinks aloud is not its answer: a diagnosis that it weighed and dropped counts neither way.
    """
    return _SCORERS[item.scorer.kind](suite, item, answer_of(reply))


def answer_of(reply: str) -> str:
    """Return a reply without its `<think>` spans; one that is never closed reaches to the end, and leaves no answer."""
    return _THOUGHT.sub("", reply).strip()
