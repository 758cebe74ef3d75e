"""Compare rules for "may this update go on?" on the same item scores; prints the tables of docs/gate-comparison.md.

    python tests/benchmarks/gate_comparison.py [--margin 0.05] [--seed 20261124] [--draws 100000]

Run from the repository's root. An item is *broken* if the model in service has it right and the update wrong, *fixed*
the other way round. The true drop is Pr{broken} - Pr{fixed}; an update is unsafe if that is the margin or more. The
nuisance is Pr{fixed}: how much else changes. Every rule sees the same draws.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr
from scipy.stats import t as student

from data_contracts import Decoding, GatePolicy, ItemScore, Suite, SuiteItem, SuiteScores, sha256_digest
from governance.gate import decide, floor_n, noninferiority_p_value, power, required_n
from governance.gate.power import _rejection_region

Counts = NDArray[np.int64]
Passes = Callable[[int, Counts, Counts, float], NDArray[np.bool_]]

SIZES = (10, 30, 59, 100, 200, 400)
DISCORDANCE = (0.05, 0.10, 0.20)
NUISANCES = 25
CASES = (
    ("nothing changed", 10, 0, 0),
    ("nothing changed", 59, 0, 0),
    ("nothing changed", 100, 0, 0),
    ("one broken", 100, 1, 0),
    ("three broken", 60, 3, 0),
    ("five broken", 100, 5, 0),
    ("as many fixed as broken", 100, 10, 10),
    ("as many fixed as broken", 400, 20, 20),
    ("a drop of 4 points", 100, 12, 8),
    ("a drop of 4 points", 400, 36, 20),
    ("more fixed than broken", 100, 4, 9),
    ("demo, dermatology", 72, 11, 0),
)
"""What happened, items, broken, fixed."""


def point_drop(n: int, broken: Counts, fixed: Counts, margin: float) -> NDArray[np.bool_]:
    """Pass if the observed drop is at most the margin."""
    return np.asarray(broken - fixed <= n * margin + 1e-9)


def mcnemar(n: int, broken: Counts, fixed: Counts, margin: float) -> NDArray[np.bool_]:
    """Pass unless McNemar's exact two-sided test finds a change at 5%; knows no margin."""
    least = np.minimum(broken, fixed)
    return np.asarray(np.minimum(1, 2 * bdtr(least * 1.0, broken + fixed, 0.5)) > 0.05)


def t_interval(n: int, broken: Counts, fixed: Counts, margin: float) -> NDArray[np.bool_]:
    """Pass if the two-sided 95% t interval of the paired differences lies within the margin."""
    drop = (broken - fixed) / n
    variance = np.maximum(broken + fixed - n * drop**2, 0) / (n - 1)
    return np.asarray(drop + student.ppf(0.975, n - 1) * np.sqrt(variance / n) <= margin)


def gate(alpha: float) -> Passes:
    """Pass if this gate's exact test rejects "the true drop is the margin or more" at `alpha`."""

    def passes(n: int, broken: Counts, fixed: Counts, margin: float) -> NDArray[np.bool_]:
        return np.asarray(broken <= _rejection_region(n, margin, alpha)[broken + fixed])

    return passes


RULES: dict[str, Passes] = {
    "point drop": point_drop,
    "McNemar": mcnemar,
    "t interval": t_interval,
    "gate, 5%": gate(0.05),
    "gate, 2.5%": gate(0.025),
}
"""The gate at the policy's 5%, and at the 2.5% that the first attempt on sealed suites may spend."""


@dataclass(frozen=True)
class Study:
    """What all tables share."""

    margin: float
    seed: int
    draws: int

    def rates(
        self, n: int, broken: float, fixed: float, draws: int, key: int, rules: Sequence[str] = tuple(RULES)
    ) -> dict[str, float]:
        """Return how often each rule passes when items break and mend with these probabilities."""
        dice = np.random.default_rng((self.seed, n, key))
        outcomes = dice.multinomial(n, [broken, fixed, max(0.0, 1 - broken - fixed)], size=draws)
        b, c = outcomes[:, 0], outcomes[:, 1]
        return {name: float(RULES[name](n, b, c, self.margin).mean()) for name in rules}


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--margin", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--draws", type=int, default=100_000)
    study = Study(**vars(parser.parse_args()))
    print(f"margin {study.margin:g}, seed {study.seed}, {study.draws} draws\n")
    for table in (verdicts, false_passes, chances, needed_items, several_suites):
        table(study)


def verdicts(study: Study) -> None:
    """The same item scores under each rule; the gate's own words from `decide`, first attempt."""
    rows = []
    for words, n, b, c in CASES:
        counts = n, np.array([b]), np.array([c]), study.margin
        simple = ["pass" if bool(RULES[name](*counts)[0]) else "block" for name in list(RULES)[:3]]
        p_value = noninferiority_p_value(n, b, c, study.margin)
        rows.append([words, n, b, c, *simple, decided(n, b, c, study.margin), f"{p_value:.4f}"])
    names = list(RULES)[:3]
    show("Verdicts on the same item scores", ["scores", "items", "broken", "fixed", *names, "gate", "its p"], rows)


def false_passes(study: Study) -> None:
    """How often an update passes whose true drop is the margin, at the nuisance that is worst for each rule."""
    rows = []
    for n in SIZES:
        grid = np.linspace(0, (1 - study.margin) / 2, NUISANCES)
        first = [study.rates(n, q + study.margin, q, study.draws // 5, at) for at, q in enumerate(grid)]
        cells = []
        for name in RULES:
            worst = grid[int(np.argmax([rates[name] for rates in first]))]
            # drawn anew, so that the worst of many is not the luckiest of many
            rate = study.rates(n, worst + study.margin, worst, study.draws, 1_000, [name])[name]
            cells.append(f"{100 * rate:.2f} ({worst:.2f})")
        rows.append([n, *cells])
    show("False passes, % (at the nuisance in brackets)", ["items", *RULES], rows)


def chances(study: Study) -> None:
    """How often a harmless update passes: no true drop."""
    rows = []
    for discordance in DISCORDANCE:
        for n in SIZES:
            rates = study.rates(n, discordance / 2, discordance / 2, study.draws // 5, 2_000)
            rows.append([f"{discordance:.0%}", n, *(f"{100 * rates[name]:.1f}" for name in RULES)])
    show("A harmless update passes, %", ["items that change", "items", *RULES], rows)


def needed_items(study: Study) -> None:
    """How many items a harmless update needs to pass in four of five cases."""
    rows = []
    for discordance in DISCORDANCE:
        interval = first_size(study, discordance)
        exact = [required_n(study.margin, discordance, alpha, 0.8) for alpha in (0.05, 0.025)]
        more = [f"{n} ({100 * (n / interval - 1):+.0f}%)" for n in exact]
        rows.append([f"{discordance:.0%}", interval, *more])
    names = ["items that change", "t interval", "gate, 5%", "gate, 2.5%"]
    show("Items for a chance of 80%", names, rows)
    floors = [floor_n(study.margin, alpha) for alpha in (0.05, 0.025)]
    print(f"Below {floors[0]} items (first attempt: {floors[1]}) the gate passes nothing, not even the same model.\n")


def first_size(study: Study, discordance: float) -> int:
    """Return the fewest items, in steps of five, with which the t interval passes four of five harmless updates."""
    n, rule = 20, "t interval"
    while study.rates(n, discordance / 2, discordance / 2, study.draws // 5, 3_000, [rule])[rule] < 0.8:
        n += 5
    return n


def several_suites(study: Study) -> None:
    """All prior suites must pass: what that leaves of the chance of a harmless update, each suite of equal size."""
    rows = []
    for n in (352, 500, 800):
        one = power(n, study.margin, 0.10, 0.025)
        rows.append([n, *(f"{100 * one**suites:.0f}" for suites in (1, 2, 4, 8))])
    names = ["items in each", "1 suite", "2 suites", "4 suites", "8 suites"]
    show("A harmless update passes all suites, % (first attempt, 10% of items change)", names, rows)


def decided(n: int, broken: int, fixed: int, margin: float) -> str:
    """Return what `decide` says of a prior suite with these counts, beside a new suite that clearly gains."""
    prior, new = make_suite("prior-suite", n), make_suite("new-suite", 60)
    before = [1.0] * (n - fixed) + [0.0] * fixed
    after = [0.0] * broken + [1.0] * (n - broken)
    decision = decide(
        policy=GatePolicy(id="comparison", version="1", margin=margin, pooled=False),
        arm="update",
        incumbent=[scored(prior, before, "incumbent"), scored(new, [0.0] * 30 + [1.0] * 30, "incumbent")],
        candidate=[scored(prior, after, "candidate"), scored(new, [1.0] * 60, "candidate")],
        suites=[prior, new],
        new_suite_id=new.id,
    )
    return str(decision.verdict.value)


def make_suite(name: str, n: int) -> Suite:
    """Return a suite of n items."""
    items = tuple(SuiteItem(id=f"{name}-{i}", question=f"{i}?", answers=("a",), specialty="s") for i in range(n))
    return Suite(id=name, version="1", specialty="s", licence="CC0-1.0", source="made here", items=items)


def scored(suite: Suite, values: Sequence[float], model: str) -> SuiteScores:
    """Return scores of a model, item by item."""
    scores = tuple(ItemScore(item=i.id, reply="a", score=v) for i, v in zip(suite.items, values, strict=True))
    return SuiteScores(
        suite_id=suite.id,
        suite=suite.digest,
        model=sha256_digest(model.encode()),
        decoding=Decoding(),
        scores=scores,
    )


def show(title: str, names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table in Markdown."""
    print(f"{title}:\n")
    for row in (names, ["---"] * len(names), *rows):
        print(f"| {' | '.join(str(cell) for cell in row)} |")
    print(flush=True)


if __name__ == "__main__":
    main()
