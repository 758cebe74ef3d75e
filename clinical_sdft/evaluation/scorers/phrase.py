"""Is a generated reply right? By accepted phrases and, where a suite has them, by its closed labels."""

from clinical_sdft.phrases import normalize, says
from data_contracts import Suite, SuiteItem


def phrase_score(suite: Suite, item: SuiteItem, reply: str) -> float:
    """Return 1.0 for a right reply, else 0.0.

    A reply is right when it says an accepted answer and, in a suite with a closed label set, no other label:
    a reply that names every diagnosis is not a diagnosis. A label inside the accepted one does not count as another,
    one around it does.
    """
    said = [answer for answer in item.answers if says(reply, answer)]
    if not said:
        return 0.0
    longest = f" {normalize(max(said, key=len))} "
    spoken = f" {normalize(reply)} "
    rest = spoken.replace(longest, " ")
    own = {normalize(answer) for answer in item.answers}
    others = {f" {normalize(name)} " for label in suite.labels for name in label if normalize(name) not in own}
    # "no hypertension" says "hypertension", and is another label all the same.
    wider = {name for name in others if longest in name}
    return 0.0 if any(name in rest for name in others) or any(name in spoken for name in wider) else 1.0
