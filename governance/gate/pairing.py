"""Bring the scores of two models together item by item, or say why that cannot be done."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from data_contracts import Digest, Suite, SuiteScores
from governance.gate.wording import listed

ScoresById = Mapping[str, SuiteScores]


@dataclass(frozen=True)
class Pair:
    """What the two models scored on one item."""

    item: str
    must_pass: bool
    incumbent: float
    candidate: float
    patient: str | None = None
    subgroup: Mapping[str, str] = field(default_factory=dict)


def pair_scores(suite: Suite, incumbent: SuiteScores, candidate: SuiteScores) -> tuple[Pair, ...]:
    """Return one pair for each item of the suite; what the candidate left out or left empty is wrong."""
    before = {score.item: score.score for score in incumbent.scores}
    after = {score.item: score.score if score.reply.strip() else 0.0 for score in candidate.scores}
    return tuple(
        Pair(item.id, item.must_pass, before[item.id], after.get(item.id, 0.0), item.patient, item.subgroup)
        for item in suite.items
    )


def model_problems(
    who: str, scores: Sequence[SuiteScores], suites: Sequence[Suite], seals: Mapping[str, Digest]
) -> list[str]:
    """Return why one model's scores do not fit the suites: one line each, empty if they do.

    Args:
        who: incumbent or candidate.
        scores: the model's scores.
        suites: the suites of this run.
        seals: their digests by id; a digest costs time in proportion to its suite.
    """
    known = {suite.id: suite for suite in suites}
    problems = [f"the {who} scored suite {name} twice" for name in _repeated(s.suite_id for s in scores)]
    given = {s.suite_id for s in scores}
    problems += [f"the {who} scored {name}, which is no suite of this run" for name in sorted(given - set(known))]
    problems += [f"the {who} has no scores on suite {name}" for name in known if name not in given]
    if len({s.model for s in scores}) > 1:
        problems.append(f"the scores of the {who} come from different models")
    for one in scores:
        if one.suite_id in known:
            problems += _suite_problems(who, one, known[one.suite_id], seals[one.suite_id])
    return problems


def pair_problems(suites: Sequence[Suite], incumbent: ScoresById, candidate: ScoresById) -> list[str]:
    """Return why two models' scores do not compare: other decoding, or items the incumbent was not asked."""
    problems = []
    for suite in suites:
        before, after = incumbent.get(suite.id), candidate.get(suite.id)
        if before is None or after is None:
            continue
        if before.decoding != after.decoding:
            problems.append(f"suite {suite.id}: incumbent and candidate replied under different decoding settings")
        absent = {item.id for item in suite.items} - {score.item for score in before.scores}
        if absent:
            problems.append(f"suite {suite.id}: the incumbent has no score on {listed(sorted(absent))}")
    return problems


def by_suite(scores: Sequence[SuiteScores]) -> dict[str, SuiteScores]:
    """Return the scores under their suite's id."""
    return {one.suite_id: one for one in scores}


def _suite_problems(who: str, scores: SuiteScores, suite: Suite, seal: Digest) -> list[str]:
    problems = []
    if scores.suite != seal:
        problems.append(f"suite {suite.id}: its digest is not the one the {who} was scored on (the suite changed)")
    items = {item.id for item in suite.items}
    unknown = sorted({score.item for score in scores.scores} - items)
    if unknown:
        problems.append(f"suite {suite.id}: the {who} has scores on unknown items {listed(unknown)}")
    repeated = _repeated(score.item for score in scores.scores)
    if repeated:
        problems.append(f"suite {suite.id}: the {who} has several scores on {listed(repeated)}")
    return problems


def _repeated(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)
