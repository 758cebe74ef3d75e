"""Patients are the unit of the test, and subgroups decide where the policy says so."""

import numpy as np
import pytest
from gate_cases import INCUMBENT, policy, scored, suite

from data_contracts import GatePolicy, Role, SubgroupRule, SuiteJudgement, Verdict
from governance.gate import explain
from governance.gate.figures import measure
from governance.gate.pairing import Pair


def grouped(n: int, **fields):
    """A suite of cardiology whose items carry what `fields` say: a function of the item's number each."""
    of = suite("cardiology", n)
    items = tuple(
        item.model_copy(update={name: value(i) for name, value in fields.items()}) for i, item in enumerate(of.items)
    )
    return of.model_copy(update={"items": items})


def put(run, of, wrong=()) -> None:
    run.suites[0] = of
    run.incumbent[0] = scored(of, model=INCUMBENT)
    run.candidate[0] = scored(of, wrong)


def judged(decision, name) -> SuiteJudgement:
    return next(one for one in decision.judgements if one.suite_id == name)


def by_sex(i: int) -> dict[str, str]:
    return {"sex": "female" if i % 2 else "male"}


def test_a_subgroup_that_the_policy_lists_decides(run) -> None:
    put(run, grouped(400, subgroup=by_sex), wrong=range(1, 24, 2))  # twelve women, no man
    run.policy = policy(margin=0.05, subgroups=(SubgroupRule(field="sex"),))
    decision = run.decide()
    women, men = judged(decision, "subgroup.sex.female"), judged(decision, "subgroup.sex.male")
    assert (women.n, women.broken, women.subgroup, women.role) == (200, 12, "sex: female", Role.SUBGROUP)
    assert judged(decision, "cardiology").drop == pytest.approx(0.03) and women.verdict is Verdict.FAIL
    assert men.verdict is Verdict.PASS
    assert decision.verdict is Verdict.FAIL and "subgroup.sex.female" in decision.reason
    assert "subgroup of all prior items, must not get worse" in explain(decision)


def test_a_subgroup_that_the_policy_does_not_list_is_shown_only(run) -> None:
    put(run, grouped(400, subgroup=by_sex), wrong=(1,))
    decision = run.decide()
    assert judged(decision, "subgroup.sex.female").role is Role.SUBGROUP_DESCRIPTIVE
    assert decision.verdict is Verdict.PASS
    run.policy = policy(subgroups=(SubgroupRule(field="sex", role=Role.DESCRIPTIVE, reason="few"),))
    assert judged(run.decide(), "subgroup.sex.female").role is Role.SUBGROUP_DESCRIPTIVE


def test_a_subgroup_that_is_too_small_is_undecided_at_the_policys_margin_and_decided_at_its_own(run) -> None:
    put(run, grouped(400, subgroup=lambda i: {"age": "65+" if i < 40 else "18-64"}))
    run.policy = policy(subgroups=(SubgroupRule(field="age"),))
    decision = run.decide()
    (old,) = [one for one in decision.judgements if one.subgroup == "age: 65+"]
    assert old.suite_id.startswith("subgroup.age.65-") and old.verdict is Verdict.INCONCLUSIVE
    assert decision.verdict is Verdict.INCONCLUSIVE
    run.policy = policy(subgroups=(SubgroupRule(field="age", margin=0.15),))
    assert run.decide().verdict is Verdict.PASS


def test_what_the_policy_names_must_be_there(run) -> None:
    run.policy = policy(subgroups=(SubgroupRule(field="race"),))
    decision = run.decide()
    assert decision.verdict is Verdict.ERROR and "no prior item has a subgroup field" in decision.reason


def test_a_suite_may_not_pose_as_a_subgroup(run) -> None:
    of = suite("cardiology", 120).model_copy(update={"id": "subgroup.sex.female"})
    put(run, of)
    assert "which is kept for subgroups" in run.decide().reason


def test_items_of_one_patient_do_not_vouch_for_each_other(run) -> None:
    alone = grouped(400)
    put(run, alone)
    assert judged(run.decide(), "cardiology").verdict is Verdict.PASS
    put(run, grouped(400, patient=lambda i: f"p-{i % 10}"))
    found = judged(run.decide(), "cardiology")
    assert (found.verdict, found.clusters, found.n, found.power) == (Verdict.INCONCLUSIVE, 10, 400, None)
    assert "judged by 10 patients" in found.reason
    put(run, grouped(400, patient=lambda i: f"p-{i}"))
    single = judged(run.decide(), "cardiology")
    assert (single.verdict, single.clusters) == (Verdict.PASS, None)


def test_a_patient_counts_once_whatever_the_number_of_items() -> None:
    pairs = [Pair(f"a{i}", False, 1.0, 0.0, "a") for i in range(9)] + [Pair("b", False, 1.0, 1.0, "b")]
    pairs += [Pair("c", False, 1.0, 1.0)]
    figures = measure(pairs, 0.05, 0.05)
    assert (figures.clusters, figures.broken, figures.worse, figures.better) == (3, 9, 1, 0)
    assert figures.drop == pytest.approx(1 / 3)


def test_clustered_items_pass_falsely_at_most_as_often_as_alpha_allows() -> None:
    """Sixty patients of eight items that break or hold together; the true drop is the margin itself."""
    random, margin, alpha, rounds = np.random.default_rng(7), 0.1, 0.05, 200
    passed = {"patients": 0, "items": 0}
    for _ in range(rounds):
        broken = random.random(60) < margin
        pairs = [Pair(f"{p}-{i}", False, 1.0, float(not broken[p]), f"p{p}") for p in range(60) for i in range(8)]
        passed["patients"] += measure(pairs, margin, alpha).passes
        free = [Pair(pair.item, False, pair.incumbent, pair.candidate) for pair in pairs]
        passed["items"] += measure(free, margin, alpha).passes
    assert passed["patients"] <= rounds * alpha + 2 * (rounds * alpha * (1 - alpha)) ** 0.5
    assert passed["items"] > 3 * rounds * alpha


def test_policies_and_judgements_without_subgroups_keep_their_bytes() -> None:
    plain = GatePolicy(id="p", version="1")
    assert b"subgroups" not in plain.canonical_bytes()
    ruled = GatePolicy(id="p", version="1", subgroups=(SubgroupRule(field="sex"),))
    assert GatePolicy.from_bytes(ruled.canonical_bytes()) == ruled and ruled.digest != plain.digest
