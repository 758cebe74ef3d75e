"""From documents to one score with bounds."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.quality.bounds import Rate
from clinical_sdft.deid.quality.detectors import Engines
from clinical_sdft.deid.quality.measure import Miss, Tally, measure
from data_contracts import GoldDocument


@dataclass(frozen=True)
class Score:
    """How an engine does on a gold set; every rate has its bounds."""

    documents: int
    spans: dict[Category, Rate]
    tokens: dict[Category, Rate]
    token_precision: Rate
    leaking: Rate
    anything_left: Rate
    leaking_released: Rate
    held_back: Rate
    clean_held_back: Rate
    hard_negatives_touched: Rate
    needless_tokens: Rate
    facts_touched: dict[str, Rate]
    known_left: int
    misses: tuple[Miss, ...]

    @property
    def span_full_recall(self) -> Rate:
        """The share of identifiers that are covered whole."""
        return sum(self.spans.values(), Rate(0, 0))

    @property
    def token_recall(self) -> Rate:
        """The share of the identifiers' tokens that are covered whole."""
        return sum(self.tokens.values(), Rate(0, 0))

    def as_json(self) -> dict[str, Any]:
        """Return the shares under the names that programs read, then the bounds and everything else."""
        rates = {
            "span_full_recall": self.span_full_recall,
            "token_recall": self.token_recall,
            "token_precision": self.token_precision,
            "documents_leaking_rate": self.leaking,
            "hard_negatives_touched_rate": self.hard_negatives_touched,
        }
        more = {
            "documents_with_anything_left_rate": self.anything_left,
            "released_documents_leaking_rate": self.leaking_released,
            "held_back_rate": self.held_back,
            "clean_held_back_rate": self.clean_held_back,
            "needless_tokens_rate": self.needless_tokens,
        }
        categories = {
            str(category): {
                "span_full_recall": rate.value,
                "token_recall": self.tokens.get(category, Rate(0, 0)).value,
                "spans": rate.as_json(),
                "tokens": self.tokens.get(category, Rate(0, 0)).as_json(),
            }
            for category, rate in sorted(self.spans.items())
        }
        return {
            **{name: rate.value for name, rate in rates.items()},
            "categories": categories,
            "bounds": {name: rate.as_json() for name, rate in (rates | more).items()},
            "facts_touched": {kind: rate.as_json() for kind, rate in sorted(self.facts_touched.items())},
            "known_values_left": self.known_left,
            "documents": self.documents,
        }


def score(
    documents: Sequence[GoldDocument],
    engines: Engines,
    *,
    strict: bool = False,
    heard: Callable[[int, int], None] = lambda done, total: None,
) -> Score:
    """Measure an engine on a gold set.

    Args:
        documents: texts with answer keys.
        engines: what is measured.
        strict: count titles, labels, states and years inside identifiers too.
        heard: called with how many documents are done, of how many.

    Raises:
        PatternTimeoutError: a rule took too long on a document.
    """
    tallies = []
    for number, document in enumerate(documents, start=1):
        tallies.append(measure(document, engines, strict=strict))
        heard(number, len(documents))
    return summed(tallies)


def summed(tallies: Sequence[Tally]) -> Score:
    """Return the score of measured documents."""
    marked = [tally for tally in tallies if tally.has_identifier]
    clean = [tally for tally in tallies if not tally.misses]
    negatives = [tally for tally in tallies if not tally.has_identifier]
    replaced = sum(tally.replaced_tokens for tally in tallies)
    needless = sum(tally.needless_tokens for tally in tallies)
    return Score(
        documents=len(tallies),
        spans=_rates(tally.spans for tally in tallies),
        tokens=_rates(tally.tokens for tally in tallies),
        token_precision=Rate(replaced - needless, replaced),
        leaking=_share(marked, lambda tally: tally.direct_left),
        anything_left=_share(marked, lambda tally: bool(tally.misses)),
        leaking_released=_share(marked, lambda tally: tally.direct_left and not tally.held_back),
        held_back=_share(tallies, lambda tally: tally.held_back),
        clean_held_back=_share(clean, lambda tally: tally.held_back),
        hard_negatives_touched=_share(negatives, lambda tally: tally.touched),
        needless_tokens=Rate(needless, sum(tally.plain_tokens for tally in tallies)),
        facts_touched=_rates(tally.kept for tally in tallies),
        known_left=sum(tally.known_left for tally in tallies),
        misses=tuple(miss for tally in tallies for miss in tally.misses),
    )


def _share(tallies: Sequence[Tally], holds: Callable[[Tally], bool]) -> Rate:
    return Rate(sum(holds(tally) for tally in tallies), len(tallies))


def _rates(parts: Any) -> dict[Any, Rate]:
    hit: Counter[Any] = Counter()
    total: Counter[Any] = Counter()
    for part in parts:
        for key, (some, all_of) in part.items():
            hit[key] += some
            total[key] += all_of
    return {key: Rate(hit[key], total[key]) for key in total}
