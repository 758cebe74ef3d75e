"""Which prior prompts look like what is being taught: there a new answer is most likely to be given for an old one."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

NEAR_SHARE = 0.25
"""Share of the prior prompts that counts as near."""
NEAR, FAR = "near", "far"

_WORD = re.compile(r"\w+")


def near_groups(prior: Sequence[str], taught: Iterable[str]) -> list[str]:
    """Return for each prior prompt whether it is `near` what is taught, or `far`.

    A prompt's nearness is the sum over its words w of idf(w) · share(w), by the root of the number of its words: idf is
    the logarithm of all prompts by those with the word (Spärck Jones 1972), share the part of the taught prompts that
    have it. Words count once a prompt. One pass over what is taught; memory grows with the words, not with the prompts.
    """
    words = [_words(prompt) for prompt in prior]
    old: Counter[str] = Counter(word for found in words for word in found)
    new: Counter[str] = Counter()
    count = 0
    for prompt in taught:
        new.update(_words(prompt))
        count += 1
    if not count:
        return [FAR] * len(prior)
    weight = {word: math.log((len(prior) + count) / (old[word] + seen)) * seen / count for word, seen in new.items()}
    nearness = [sum(weight.get(word, 0.0) for word in sorted(found)) / math.sqrt(len(found) or 1) for found in words]
    ranked = sorted(range(len(prior)), key=lambda row: -nearness[row])
    near = set(ranked[: round(NEAR_SHARE * len(prior))])
    return [NEAR if row in near else FAR for row in range(len(prior))]


def _words(prompt: str) -> set[str]:
    return set(_WORD.findall(prompt.lower()))
