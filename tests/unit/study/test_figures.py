"""The study's figures, on results small enough to check by hand."""

import pytest

from clinical_sdft.study.contracts import StageResult, SuiteResult
from clinical_sdft.study.figures import backward_transfer, chain_figures, difference
from data_contracts import NO_ADAPTER


def result(stage: int, arm: str = "sft", seed: int = 1, **suites: str) -> StageResult:
    return StageResult(
        data="toy",
        arm=arm,
        seed=seed,
        stage=stage,
        name="x",
        adapter=NO_ADAPTER,
        suites=tuple(
            SuiteResult(suite=name, kind="prior" if name == "old" else "taught", right=right)
            for name, right in suites.items()
        ),
        reply_words=2.0,
        habit_rate=0.0,
        kl_nats=None if stage == 0 else 0.5,
        code_revision="r",
    )


CHAIN = [
    result(0, old="1111", a="0000", b="0000"),
    result(1, old="1110", a="1111"),
    result(2, old="1100", a="1101", b="1110"),
]


def test_backward_transfer_compares_each_suite_with_its_own_stage():
    assert backward_transfer(CHAIN) == pytest.approx(-0.25)


def test_the_last_suite_alone_has_no_backward_transfer():
    assert backward_transfer(CHAIN[:2]) is None


def test_accuracies_and_drop_of_a_chain():
    figures = chain_figures(CHAIN)
    assert figures.new == pytest.approx(6 / 8)
    assert (figures.prior_before, figures.prior_after, figures.drop) == (1.0, 0.5, 0.5)


def test_the_bound_of_the_drop_lies_above_the_drop():
    figures = chain_figures(CHAIN)
    assert figures.drop < figures.drop_upper <= 1.0


def test_equal_arms_differ_by_nothing_with_an_empty_interval():
    assert difference([CHAIN[2]], [CHAIN[2]], "prior") == (0.0, 0.0, 0.0)


def test_the_interval_holds_the_difference_and_widens_with_scatter():
    better, worse = result(2, old="11111000"), result(2, old="10101010")
    middle, low, high = difference([better], [worse], "prior")
    assert low < middle < high
    assert middle == pytest.approx(1 / 8)


def test_arms_of_different_seeds_are_not_compared():
    with pytest.raises(ValueError, match="seed by seed"):
        difference([result(2, seed=1, old="1")], [result(2, seed=2, old="1")], "prior")
