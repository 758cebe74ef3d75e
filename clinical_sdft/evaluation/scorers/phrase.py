"""Is a generated reply right? By accepted phrases and, where a suite has them, by its closed labels."""

from clinical_sdft.phrases import normalize, says
from data_contracts import Suite, SuiteItem


def phrase_score(suite: Suite, item: SuiteItem, reply: str) -> float:
    """Return 1.0 for a right reply, else 0.0.

    A reply is right when it says an accepted answer and, in a suite with a closed label set, no other label:
    a reply that names every diagnosis is not a diagnosis. A label inside the accepted one does not count as another.
    """
    said = [answer for answer in item.answers if says(reply, answer)]
    if not said:
        return 0.0
    longest = normalize(max(said, key=len))
    rest = f" {normalize(reply)} ".replace(f" {longest} ", " ")
    own = {normalize(answer) for answer in item.answers}
    others = {normalize(name) for label in suite.labels for name in label} - own
    return 0.0 if any(f" {name} " in rest for name in others) else 1.0
