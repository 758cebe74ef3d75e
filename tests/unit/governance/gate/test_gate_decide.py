"""What the gate says of whole runs."""

import pytest
from gate_cases import CANDIDATE, INCUMBENT, NEW, graded, policy, scored, suite

from data_contracts import (
    Decoding,
    GateDecision,
    ItemScore,
    Role,
    SuiteRule,
    Verdict,
    canonical_json,
    sha256_digest,
)
from governance.errors import GovernanceError
from governance.gate import POOLED_ID, GateError, noninferiority_p_value


def judged(decision, name):
    return next(judgement for judgement in decision.judgements if judgement.suite_id == name)


def test_a_harmless_update_that_teaches_passes(run):
    decision = run.decide()
    assert decision.verdict is Verdict.PASS
    assert [j.suite_id for j in decision.judgements] == ["cardiology", "neurology", NEW]
    assert [j.role for j in decision.judgements] == [Role.GATED, Role.GATED, Role.NEW]
    assert (decision.incumbent, decision.candidate, decision.policy) == (INCUMBENT, CANDIDATE, run.policy.digest)
    assert GateDecision.from_bytes(decision.canonical_bytes()) == decision


def test_the_figures_of_a_judgement(run):
    run.candidate[0] = scored(run.suites[0], [3])
    found = judged(run.decide(), "cardiology")
    assert (found.n, found.broken, found.fixed, found.margin, found.alpha) == (120, 1, 0, 0.05, 0.025)
    assert found.incumbent_accuracy == 1 and found.candidate_accuracy == pytest.approx(119 / 120)
    assert found.drop == pytest.approx(1 / 120) and found.drop_upper < 0.05
    assert found.p_value == noninferiority_p_value(120, 1, 0, 0.05)
    assert 0.3 < found.power < 0.8 and found.required_n == 352 and not found.regressed


def test_the_new_suite_is_judged_by_its_proven_gain(run):
    found = judged(run.decide(), NEW)
    assert found.verdict is Verdict.PASS and found.margin == -0.10 and found.drop == -0.5
    assert found.drop_upper < -0.10 and found.power is None and found.required_n is None
    run.candidate[2] = scored(run.suites[2], range(20))
    undecided = judged(run.decide(), NEW)
    assert undecided.verdict is Verdict.INCONCLUSIVE and undecided.required_n > 60
    run.candidate[2] = scored(run.suites[2], range(25))
    missed = judged(run.decide(), NEW)
    assert missed.verdict is Verdict.FAIL and "the gain is only 8.3 points" in missed.reason
    run.candidate[2] = scored(run.suites[2], range(24))
    assert judged(run.decide(), NEW).required_n is None


def test_a_new_suite_that_got_worse_says_so(run):
    run.candidate[2] = scored(run.suites[2], range(33))
    assert "accuracy fell by 5 points" in judged(run.decide(), NEW).reason


def test_a_small_suite_without_any_change_decides_nothing(run):
    small = suite("dermatology", 30)
    run.suites.append(small)
    run.incumbent.append(scored(small, model=INCUMBENT))
    run.candidate.append(scored(small))
    decision = run.decide()
    found = judged(decision, "dermatology")
    assert decision.verdict is found.verdict is Verdict.INCONCLUSIVE
    assert found.required_n == 352 and "about 322 more items (352 in all) would most likely decide it" in found.reason
    assert decision.reason == "1 of 4 judgements undecided: dermatology"


def test_an_undecided_suite_of_planned_size_is_asked_again_at_its_own_discordance(run):
    heart = suite("cardiology", 400)
    run.suites[0] = heart
    run.incumbent[0] = scored(heart, range(60), INCUMBENT)
    run.candidate[0] = scored(heart, range(68, 128))
    found = judged(run.decide(), "cardiology")
    assert (found.broken, found.fixed, found.verdict) == (60, 60, Verdict.INCONCLUSIVE)
    assert found.required_n > 900


def test_a_suite_of_full_size_can_stay_open_because_of_what_was_seen(run):
    run.policy = policy(planned_discordance=0.05)
    heart = suite("cardiology", 300)
    run.suites[0] = heart
    run.incumbent[0] = scored(heart, range(5), INCUMBENT)
    run.candidate[0] = scored(heart, range(286, 300))
    found = judged(run.decide(), "cardiology")
    assert found.verdict is Verdict.INCONCLUSIVE and 208 < found.required_n <= 300
    assert "the suite has enough items" in found.reason and "a drop of 3 points was seen" in found.reason


def test_an_observed_drop_beyond_the_margin_fails(run):
    run.candidate[0] = scored(run.suites[0], range(7))
    found = judged(run.decide(), "cardiology")
    assert found.verdict is Verdict.FAIL and found.regressed
    assert found.reason == "accuracy fell by 5.8 points, more than the 5 points allowed"
    assert run.decide().verdict is Verdict.FAIL


def test_an_observed_drop_of_exactly_the_margin_is_undecided_when_chance_explains_it(run):
    run.incumbent[0] = scored(run.suites[0], range(20, 30), INCUMBENT)
    run.candidate[0] = scored(run.suites[0], range(16))
    found = judged(run.decide(), "cardiology")
    assert found.drop == pytest.approx(0.05) and found.verdict is Verdict.INCONCLUSIVE


def test_a_regression_within_the_margin_fails_unless_the_margin_is_proven(run):
    run.candidate[0] = scored(run.suites[0], range(6))
    found = judged(run.decide(), "cardiology")
    assert found.drop == pytest.approx(0.05) and found.regressed and found.verdict is Verdict.FAIL
    assert "6 broken against 0 fixed is more than chance explains" in found.reason
    run.policy = policy(margin=0.2)
    tolerated = judged(run.decide(), "cardiology")
    assert tolerated.verdict is Verdict.PASS and tolerated.regressed
    assert "more items broke than chance explains, but within that margin" in tolerated.reason


def test_holm_corrects_the_labels_over_the_gated_suites(run):
    run.candidate[0] = scored(run.suites[0], range(5))
    assert not judged(run.decide(), "cardiology").regressed
    run.policy = policy(suites=(SuiteRule(suite_id="neurology", role=Role.DESCRIPTIVE),))
    assert judged(run.decide(), "cardiology").regressed


def test_a_never_event_fails_whatever_the_figures_say(run):
    run.policy = policy(margin=0.1)
    run.candidate[1] = scored(run.suites[1], [1])
    found = judged(run.decide(), "neurology")
    assert found.drop_upper < 0.1 and found.p_value < 0.025 and found.verdict is Verdict.FAIL
    assert found.reason == "must-pass items answered wrongly: neurology-1"


def test_a_never_event_fails_even_if_the_incumbent_had_it_wrong_too(run):
    run.incumbent[1] = scored(run.suites[1], [1], INCUMBENT)
    run.candidate[1] = scored(run.suites[1], [1])
    assert judged(run.decide(), "neurology").verdict is Verdict.FAIL


def test_a_never_event_of_the_new_suite_fails(run):
    run.suites[2] = suite(NEW, 60, must_pass=(59,))
    run.incumbent[2] = scored(run.suites[2], range(30), INCUMBENT)
    run.candidate[2] = scored(run.suites[2], [59])
    assert "must-pass" in judged(run.decide(), NEW).reason
    assert run.decide().verdict is Verdict.FAIL


def test_the_bound_of_never_events_is_reported(run):
    assert (
        "2 must-pass items answered rightly: their true failure rate is below 84.2%"
        in run.decide().judgements[1].reason
    )


def test_a_descriptive_suite_is_shown_but_does_not_block(run):
    run.policy = policy(suites=(SuiteRule(suite_id="neurology", role=Role.DESCRIPTIVE, reason="small"),))
    run.candidate[1] = scored(run.suites[1], range(50, 70))
    decision = run.decide()
    assert judged(decision, "neurology").verdict is Verdict.FAIL
    assert decision.verdict is Verdict.PASS and decision.reason == "all 2 judgements passed"
    run.candidate[1] = scored(run.suites[1], [0])
    assert run.decide().verdict is Verdict.FAIL


def test_a_rule_overrides_the_margin(run):
    run.policy = policy(suites=(SuiteRule(suite_id="cardiology", role=Role.GATED, margin=0.02),))
    decision = run.decide()
    assert judged(decision, "cardiology").margin == 0.02
    assert judged(decision, "cardiology").verdict is Verdict.INCONCLUSIVE


def test_pooling_judges_all_prior_items_together(run):
    run.policy = policy(pooled=True)
    run.candidate[0] = scored(run.suites[0], [5])
    pooled = run.decide().judgements[0]
    assert (pooled.suite_id, pooled.role, pooled.n, pooled.broken) == (POOLED_ID, Role.POOLED, 230, 1)
    assert pooled.suite == sha256_digest(canonical_json(sorted(s.digest for s in run.suites[:2])))
    assert pooled.verdict is Verdict.PASS and "must-pass" not in pooled.reason


def test_many_small_drops_fail_together(run):
    """No suite alone shows the regression that all of them show together."""
    run.policy = policy(pooled=True)
    run.candidate[0], run.candidate[1] = scored(run.suites[0], range(5)), scored(run.suites[1], range(50, 55))
    found = {j.suite_id: j for j in run.decide().judgements}
    assert found[POOLED_ID].regressed


def test_what_the_candidate_left_out_or_left_empty_is_wrong(run):
    full = run.candidate[0]
    blank = ItemScore(item="cardiology-1", reply=" ", score=1.0)
    run.candidate[0] = scored(run.suites[0], scores=(*full.scores[2:], blank))
    found = judged(run.decide(), "cardiology")
    assert (found.broken, found.n) == (2, 120)


def test_later_attempts_spend_less(run):
    run.attempt = 3
    decision = run.decide()
    assert {j.alpha for j in decision.judgements} == {0.05 / 12}
    assert decision.attempt == 3 and decision.verdict is Verdict.INCONCLUSIVE


def test_graded_scores_are_judged_by_betting(run):
    heart = suite("cardiology", 400)
    run.suites[0] = heart
    run.incumbent[0], run.candidate[0] = graded(heart, 0.75, INCUMBENT), graded(heart, 0.8)
    found = judged(run.decide(), "cardiology")
    assert (found.fixed, found.broken, found.power, found.required_n) == (400, 0, None, None)
    assert found.verdict is Verdict.PASS
    run.candidate[0] = graded(heart, 0.71)
    worse = judged(run.decide(), "cardiology")
    assert worse.drop == pytest.approx(0.04) and worse.regressed and worse.verdict is Verdict.FAIL


def test_undecided_graded_scores_name_no_number(run):
    run.incumbent[0], run.candidate[0] = graded(run.suites[0], 0.75, INCUMBENT), graded(run.suites[0], 0.75)
    run.policy = policy(margin=0.02)
    found = judged(run.decide(), "cardiology")
    assert found.verdict is Verdict.INCONCLUSIVE and "cannot be told for graded scores" in found.reason


def lose_suite(run):
    del run.candidate[1]


def change_seal(run):
    run.candidate[1] = scored(run.suites[1], suite=sha256_digest(b"other"))


def change_incumbent_seal(run):
    run.incumbent[1] = scored(run.suites[1], model=INCUMBENT, suite=sha256_digest(b"other"))


def change_decoding(run):
    run.candidate[0] = scored(run.suites[0], decoding=Decoding(max_new_tokens=64))


def add_unknown_item(run):
    extra = ItemScore(item="nowhere-1", reply="a", score=1.0)
    run.candidate[0] = scored(run.suites[0], scores=(*run.candidate[0].scores, extra))


def repeat_item(run):
    scores = run.candidate[0].scores
    run.candidate[0] = scored(run.suites[0], scores=(*scores, scores[0]))


def lose_incumbent_item(run):
    run.incumbent[0] = scored(run.suites[0], model=INCUMBENT, scores=run.incumbent[0].scores[1:])


def score_twice(run):
    run.candidate.append(run.candidate[0])


def score_unknown_suite(run):
    run.candidate.append(scored(suite("urology", 3)))


def mix_models(run):
    run.candidate[0] = scored(run.suites[0], model=INCUMBENT)


def misname_new_suite(run):
    run.new_suite_id = "sepsis-2025"


def forget_prior_suites(run):
    run.suites, run.incumbent, run.candidate = run.suites[2:], run.incumbent[2:], run.candidate[2:]


def repeat_suite(run):
    run.suites.append(run.suites[0])


def take_reserved_name(run):
    taken = suite(POOLED_ID, 5)
    run.suites.append(taken)
    run.incumbent.append(scored(taken, model=INCUMBENT))
    run.candidate.append(scored(taken))


def name_absent_suite(run):
    run.policy = policy(suites=(SuiteRule(suite_id="retired", role=Role.GATED),))


def rule_twice(run):
    run.policy = policy(suites=(SuiteRule(suite_id="cardiology", role=Role.GATED),) * 2)


def overspend(run):
    run.attempt = 21


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lose_suite, "the candidate has no scores on suite neurology"),
        (change_seal, "suite neurology: its digest is not the one the candidate was scored on"),
        (change_incumbent_seal, "suite neurology: its digest is not the one the incumbent was scored on"),
        (change_decoding, "suite cardiology: incumbent and candidate replied under different decoding settings"),
        (add_unknown_item, "suite cardiology: the candidate has scores on unknown items nowhere-1"),
        (repeat_item, "suite cardiology: the candidate has several scores on cardiology-0"),
        (lose_incumbent_item, "suite cardiology: the incumbent has no score on cardiology-0"),
        (score_twice, "the candidate scored suite cardiology twice"),
        (score_unknown_suite, "the candidate scored urology, which is no suite of this run"),
        (mix_models, "the scores of the candidate come from different models"),
        (misname_new_suite, "the new suite sepsis-2025 is missing"),
        (forget_prior_suites, "there is no prior suite"),
        (repeat_suite, "two suites share an id"),
        (take_reserved_name, "a suite is called prior"),
        (name_absent_suite, "suites that the policy names are missing: retired"),
        (rule_twice, "the policy has two rules for one suite"),
        (overspend, "attempt 21 is beyond the 20 these sealed suites may serve"),
    ],
)
def test_what_cannot_be_compared_is_an_error_that_blocks(run, spoil, says):
    spoil(run)
    decision = run.decide()
    assert decision.verdict is Verdict.ERROR and decision.judgements == ()
    assert says in decision.reason and "\n" not in decision.reason


def test_all_problems_are_named_at_once(run):
    lose_suite(run)
    change_decoding(run)
    assert "neurology" in run.decide().reason and "decoding" in run.decide().reason


def test_without_any_scores_there_is_no_decision(run):
    run.candidate = []
    with pytest.raises(GateError, match="the candidate has no scores") as caught:
        run.decide()
    assert isinstance(caught.value, GovernanceError)
    run.candidate, run.attempt = run.incumbent, 0
    with pytest.raises(GateError, match="first attempt"):
        run.decide()
