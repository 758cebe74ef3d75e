"""The explanation reads as the decision stands."""

import pytest
from gate_cases import INCUMBENT, NEW, policy, scored, suite

from data_contracts import Role, SuiteRule
from governance.gate import explain
from governance.gate.wording import certainty, count, listed, percent, points


def test_a_pass_in_plain_words(run):
    text = explain(run.decide())
    assert text.startswith("PASS: the update may go on to clinical review. All 3 judgements passed.")
    assert "attempt 1 on these sealed suites, so each statement must be 97.5% sure." in text
    assert "PASS  cardiology (prior suite, must not get worse)" in text
    assert "120 items: 100% right before, 100% now; 0 broken, 0 fixed." in text
    assert "is ruled out (97.5% sure); up to 5 points are allowed." in text
    assert f"PASS  {NEW} (new suite, must get better)" in text
    assert "points is proven (97.5% sure); the policy asks for 10 points." in text
    assert "How to read this" in text


def test_a_fail_says_why(run):
    run.candidate[0] = scored(run.suites[0], range(10))
    text = explain(run.decide())
    assert text.startswith("FAIL: the update is blocked. 1 of 3 judgements failed: cardiology.")
    assert "Accuracy fell by 8.3 points, more than the 5 points allowed." in text


def test_an_open_verdict_says_what_would_decide_it(run):
    small = suite("dermatology", 30)
    run.suites.append(small)
    run.incumbent.append(scored(small, model=INCUMBENT))
    run.candidate.append(scored(small))
    text = explain(run.decide())
    assert text.startswith("INCONCLUSIVE: the update is blocked until more items decide. 1 of 4 judgements")
    assert "about 322 more items (352 in all) would most likely decide it." in text
    assert "A harmless update would have passed this suite with a chance of 4.6%." in text


def test_an_open_gain_says_what_is_proven_so_far(run):
    run.candidate[2] = scored(run.suites[2], range(20))
    text = explain(run.decide())
    assert (
        "The gain is 16.7 points, of which 8 points can be called proven so far" in text
        and "the policy asks for 10 points; about" in text
    )


def test_a_proven_gain_on_a_prior_suite_reads_as_one(run):
    run.incumbent[0] = scored(run.suites[0], range(30), INCUMBENT)
    assert "Any true drop is ruled out (97.5% sure)" in explain(run.decide())


def test_an_error_lists_the_problems_and_no_figures(run):
    del run.candidate[0]
    text = explain(run.decide())
    assert text.startswith("ERROR: the update is blocked, because it could not be judged. No judgement can be")
    assert "How to read this" not in text


@pytest.mark.parametrize("role", [Role.POOLED, Role.DESCRIPTIVE])
def test_every_role_is_explained(run, role):
    run.policy = policy(pooled=True, suites=(SuiteRule(suite_id="neurology", role=Role.DESCRIPTIVE),))
    text = explain(run.decide())
    words = {Role.POOLED: "all prior items together", Role.DESCRIPTIVE: "shown only; blocks nothing"}
    assert words[role] in text


def test_figures_in_words():
    assert [points(x) for x in (0.05, 0.025, 0.01, -0.0001, 0)] == [
        "5 points",
        "2.5 points",
        "1 point",
        "0 points",
        "0 points",
    ]
    assert [percent(x) for x in (1, 0.905, 0)] == ["100%", "90.5%", "0%"]
    assert [certainty(x) for x in (0.025, 0.05 / 12, 0.05 / 420)] == ["97.5%", "99.583%", "99.988%"]
    assert listed(list("abcdefg")) == "a, b, c, d, e and 2 more"
    assert [count(1, "item"), count(2, "item")] == ["1 item", "2 items"]
