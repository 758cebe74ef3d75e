"""Label sets: which of the suite's labels does a reply name, and how well do they cover the right ones?"""

from collections.abc import Iterable

from clinical_sdft.phrases import normalize
from data_contracts import Suite, SuiteItem

Labels = tuple[tuple[str, ...], ...]


def label_set_score(suite: Suite, item: SuiteItem, reply: str) -> float:
    """Return the F1 of the labels named in the reply against the item's answers, 0 to 1."""
    wanted = named_labels(suite.labels, item.answers)
    named = named_labels(suite.labels, [reply])
    return 2 * len(wanted & named) / (len(wanted) + len(named)) if wanted else 0.0


def named_labels(labels: Labels, texts: Iterable[str]) -> frozenset[int]:
    """Return the positions of the labels that texts name; a label inside a longer one that is named does not count."""
    names = sorted(((normalize(name), row) for row, label in enumerate(labels) for name in label), key=_longest_first)
    found = set()
    for text in texts:
        rest = f" {normalize(text)} "
        for name, row in names:
            if name and f" {name} " in rest:
                found.add(row)
                rest = rest.replace(f" {name} ", " | ")
    return frozenset(found)


def _longest_first(entry: tuple[str, int]) -> tuple[int, str]:
    return -len(entry[0]), entry[0]
