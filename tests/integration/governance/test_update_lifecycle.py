"""An update from the gate to patients and back, and every way it must not take."""

import json
from datetime import timedelta

import pytest
from governance_world import PASSWORD, POLICY, START, digest, scores, suite

from data_contracts import UpdateStatus, Verdict
from governance.approvals.errors import AccountWaitsError, PersonError, SignatureError, SignInError
from governance.gate import decide as real_gate
from governance.registry.errors import ConflictError, NotFoundError, PromotionError, SubmissionError, SuiteError
from governance.services import commands, queries


def actions(world, **filters):
    return [event.action for event in reversed(queries.events(world.gov, limit=None, **filters))]


def test_an_update_goes_from_the_gate_into_service(world):
    bundle = world.submitted("u1")
    assert queries.update_detail(world.gov, "u1").status is UpdateStatus.WAITING
    world.sign(bundle, "clara")
    assert queries.update_detail(world.gov, "u1").missing == ("a signature by an approver",)
    world.sign(bundle, "abel")
    promotion = commands.promote(world.gov, update_id="u1", actor="admin")

    assert promotion.current == bundle.candidate
    assert queries.current_model(world.gov) == promotion
    assert queries.updates(world.gov)[0].status is UpdateStatus.PROMOTED
    pointer = json.loads((world.gov.serving / "current.json").read_bytes())
    assert pointer["model"] == bundle.candidate and pointer["adapter"] == bundle.adapter
    assert [s.id for s in queries.prior_suites(world.gov)] == ["known", "new-u1"]
    assert actions(world, update_id="u1") == [
        "gate-decided",
        "update-submitted",
        "update-signed",
        "update-signed",
        "update-promoted",
        "suite-joined-prior",
    ]
    assert queries.gate_explanation(world.gov, "u1").startswith("PASS: the update may go on")
    assert commands.verify_store(world.gov).problems == []


def test_every_command_can_be_repeated(world):
    bundle = world.promoted("u1")
    before = len(queries.events(world.gov, limit=None))
    assert (
        commands.create(world.gov.workspace, database_url=world.url, clock=world.clock).workspace == world.gov.workspace
    )
    assert commands.submit_update(world.gov, bundle) is UpdateStatus.PROMOTED
    assert commands.promote(world.gov, update_id="u1", actor="admin") == queries.current_model(world.gov)
    commands.register_suite(world.gov, world.prior, kind="prior", actor="admin")
    commands.register_suite(world.gov, suite("new-u1", ("asthma", "gout")), kind="new", actor="admin")
    world.judge("u1")
    assert len(queries.events(world.gov, limit=None)) == before


def test_item_changes_name_what_broke_and_on_which_words_the_new_answer_stands(world):
    world.submitted("u1")
    changes = {change.item_id: change for change in queries.item_changes(world.gov, "u1")}
    assert [changes[name].change for name in ("new-u1-0", "new-u1-1", "known-2")] == [
        "same-right",
        "fixed",
        "same-wrong",
    ]
    assert changes["new-u1-0"].new and changes["new-u1-0"].quote == "wheezing means asthma"
    assert changes["new-u1-1"].quote is None
    assert not changes["known-0"].new and changes["known-0"].quote is None
    assert changes["new-u1-1"].incumbent_reply == "a cold" and changes["new-u1-1"].candidate_reply == "gout"


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.ERROR])
def test_what_the_gate_does_not_pass_is_blocked(world, verdict):
    world.gate.verdict = verdict
    bundle = world.submitted("u1")
    assert queries.updates(world.gov)[0].status is UpdateStatus.BLOCKED
    with pytest.raises(SignatureError, match="blocked"):
        world.sign(bundle, "clara")
    with pytest.raises(PromotionError, match="blocked"):
        commands.promote(world.gov, update_id="u1", actor="admin")


def test_a_control_arm_is_judged_at_the_first_attempt_spends_nothing_and_is_never_promotable(world):
    world.judge("u1")
    world.bundle("control", spend=False)
    assert world.gate.calls[-1]["attempt"] == 1
    world.submitted("control", spend=False)
    assert queries.updates(world.gov)[0].status is UpdateStatus.BLOCKED
    world.judge("u2")
    assert world.gate.calls[-1]["attempt"] == 2


def test_attempts_count_other_candidates_on_the_same_suites(world):
    attempts = [world.judge(name).attempt for name in ("u1", "u2", "u2", "u1", "u3")]
    assert attempts == [1, 2, 2, 1, 3]
    assert len(world.gate.calls) == 3
    other = POLICY.model_copy(update={"version": "2"})
    assert world.judge("u3", policy=other).attempt == 3  # its own earlier look is not another candidate
    world.gate.verdict = Verdict.ERROR
    assert world.judge("u4").attempt == 4
    world.gate.verdict = Verdict.PASS
    assert world.judge("u5").attempt == 4  # an ERROR showed nothing of the suites


def test_one_more_suite_does_not_make_spent_ones_fresh(world):
    world.judge("u1")
    assert world.judge("u2", priors=(world.prior, suite("second"))).attempt == 2
    assert world.judge("u3", priors=(suite("third"),)).attempt == 1


def test_another_line_of_models_has_its_own_attempts(world):
    world.judge("u1")
    assert world.judge("u2", incumbent=digest("elsewhere")).attempt == 1


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"decision": digest("none")}, SubmissionError, "not made by this gate"),
        ({"candidate": digest("other")}, SubmissionError, "another candidate"),
        ({"candidate_scores": (digest("a"), digest("b"))}, SubmissionError, "another candidate_scores"),
        ({"adapter": digest("other")}, SubmissionError, "another adapter"),
        ({"incumbent": digest("other")}, SubmissionError, "another incumbent"),
    ],
)
def test_a_bundle_that_does_not_hang_together_is_refused_whole(world, changes, error, words):
    with pytest.raises(error, match=words):
        world.submitted("u1", **changes)
    assert queries.updates(world.gov) == ()
    assert "update-submitted" not in actions(world)


def test_a_left_out_or_unsealed_prior_suite_is_refused(world):
    commands.register_suite(world.gov, suite("second"), kind="prior", actor="admin")
    with pytest.raises(SubmissionError, match="left out: second"):
        world.submitted("u1")
    commands.retire_suite(world.gov, suite("second").digest, by=world.proven(), reason="outdated")
    with pytest.raises(SubmissionError, match="not sealed as prior suites: third"):
        world.submitted("u1", priors=(world.prior, suite("third")))
    world.submitted("u1")
    assert commands.verify_store(world.gov).ok


def test_an_update_id_names_one_bundle_for_ever(world):
    bundle = world.submitted("u1")
    with pytest.raises(SubmissionError, match="fresh id"):
        commands.submit_update(world.gov, bundle.model_copy(update={"guideline_title": "Other"}))


def test_an_update_of_a_model_that_is_not_in_force_is_refused(world):
    bundle = world.bundle("u2")
    world.promoted("u1")
    with pytest.raises(ConflictError, match="not the model in force"):
        commands.submit_update(world.gov, bundle)


def test_two_updates_of_one_incumbent_the_second_must_be_evaluated_anew(world):
    world.approved("u1")
    world.approved("u2")
    commands.promote(world.gov, update_id="u1", actor="admin")
    with pytest.raises(ConflictError, match="anew"):
        commands.promote(world.gov, update_id="u2", actor="admin")
    assert queries.current_model(world.gov).update_id == "u1"
    assert actions(world).count("update-promoted") == 1


def test_only_the_first_model_is_installed_without_a_gate(world):
    again = {"adapter": digest("adapter-0"), "actor": "admin", "reason": "again"}
    assert commands.install_model(world.gov, model=world.model, **again) == queries.current_model(world.gov)
    with pytest.raises(PromotionError, match="submit"):
        commands.install_model(world.gov, model=digest("other"), **again)


def test_rollback_goes_only_to_what_was_in_force_and_history_remembers(world):
    bundle = world.promoted("u1")
    promoted_at = queries.current_model(world.gov).valid_from
    with pytest.raises(NotFoundError, match="never was in force"):
        commands.rollback(world.gov, model=digest("stranger"), actor="admin", reason="no")
    with pytest.raises(PromotionError, match="in force now"):
        commands.rollback(world.gov, model=bundle.candidate, actor="admin", reason="no")
    back = commands.rollback(world.gov, model=world.model, actor="admin", reason="complaints")
    assert (back.current, back.adapter, back.previous) == (world.model, digest("adapter-0"), bundle.candidate)
    assert json.loads((world.gov.serving / "current.json").read_bytes())["model"] == world.model
    assert queries.current_model(world.gov, promoted_at).current == bundle.candidate
    assert queries.current_model(world.gov, promoted_at - timedelta(microseconds=1)).current == world.model
    assert queries.current_model(world.gov, START - timedelta(days=1)) is None
    with pytest.raises(PromotionError, match="is promoted"):
        commands.promote(world.gov, update_id="u1", actor="admin")  # its signatures were for another day
    assert [p.kind for p in queries.model_history(world.gov)] == ["install", "promote", "rollback"]
    assert commands.verify_store(world.gov).ok


def test_a_lost_serving_pointer_comes_back_on_opening(world):
    pointer = world.gov.serving / "current.json"
    before = pointer.read_bytes()
    pointer.unlink()
    assert [p.where for p in commands.verify_store(world.gov).problems] == ["serving/current.json"]
    commands.open_governance(world.gov.workspace, database_url=world.url).engine.dispose()
    assert pointer.read_bytes() == before


class TestSignatures:
    def test_the_requester_may_not_sign(self, world):
        bundle = world.submitted("u1")
        with pytest.raises(SignatureError, match="requested"):
            world.sign(bundle, "rita")
        assert actions(world)[-1] == "signature-refused"

    def test_not_even_when_the_bundle_gives_the_printed_name(self, world):
        bundle = world.submitted("u1", requester="dr. clara clinician")
        with pytest.raises(SignatureError, match="requested"):
            world.sign(bundle, "CLARA")

    def test_without_a_signing_role_nobody_signs(self, world):
        with pytest.raises(SignatureError, match="neither"):
            world.sign(world.submitted("u1"), "cora")

    def test_one_person_with_both_roles_is_still_one(self, world):
        bundle = world.submitted("u1")
        world.sign(bundle, "dora")
        with pytest.raises(SignatureError, match="second person"):
            world.sign(bundle, "Dora")
        with pytest.raises(PromotionError):
            commands.promote(world.gov, update_id="u1", actor="admin")
        world.sign(bundle, "carl")
        assert queries.update_detail(world.gov, "u1").status is UpdateStatus.APPROVED

    def test_two_clinicians_are_not_enough(self, world):
        bundle = world.submitted("u1")
        world.sign(bundle, "clara")
        world.sign(bundle, "carl")
        detail = queries.update_detail(world.gov, "u1")
        assert (detail.status, detail.missing) == (UpdateStatus.WAITING, ("a signature by an approver",))

    def test_one_reject_ends_it_also_after_approval(self, world):
        bundle = world.approved("u1")
        world.sign(bundle, "carl", "reject")
        assert queries.updates(world.gov)[0].status is UpdateStatus.REJECTED
        with pytest.raises(PromotionError, match="rejected"):
            commands.promote(world.gov, update_id="u1", actor="admin")
        with pytest.raises(SignatureError, match="rejected"):
            world.sign(bundle, "dora")

    def test_a_signature_is_bound_to_what_was_shown(self, world):
        bundle = world.submitted("u1")
        with pytest.raises(SignatureError, match="another bundle"):
            world.sign(bundle, "clara", bundle=digest("what I saw"))
        signature = world.sign(bundle, "clara")
        assert (signature.bundle, signature.printed_name) == (bundle.digest, "Dr. Clara Clinician")
        assert "approve" in signature.meaning

    def test_without_a_reason_nobody_signs(self, world):
        with pytest.raises(SignatureError, match="reason"):
            world.sign(world.submitted("u1"), "clara", reason=" ")

    def test_every_signature_asks_for_the_password(self, world):
        commands.authenticate(world.gov, "clara", PASSWORD)
        with pytest.raises(SignInError):
            world.sign(world.submitted("u1"), "clara", password="guess")
        assert queries.update_detail(world.gov, "u1").signatures == ()


class TestSignIn:
    def fail(self, world, times):
        for _ in range(times):
            with pytest.raises(SignInError, match="do not belong"):
                commands.authenticate(world.gov, "clara", "wrong")

    def test_after_five_failures_the_account_waits_also_for_the_right_password(self, world):
        self.fail(world, 5)
        with pytest.raises(AccountWaitsError):
            commands.authenticate(world.gov, "clara", PASSWORD)
        with pytest.raises(AccountWaitsError):
            world.sign(world.submitted("u1"), "Clara")
        assert commands.authenticate(world.gov, "abel", PASSWORD).username == "abel"
        world.clock.moment += timedelta(minutes=15)
        assert commands.authenticate(world.gov, "clara", PASSWORD).username == "clara"
        assert actions(world).count("sign-in-failed") == 5
        assert actions(world).count("sign-in-refused") == 2

    def test_a_success_starts_the_count_anew(self, world):
        for _ in range(2):
            self.fail(world, 4)
            assert commands.authenticate(world.gov, "clara", PASSWORD).username == "clara"

    def test_what_an_unknown_person_types_is_not_written_down(self, world):
        with pytest.raises(SignInError):
            commands.authenticate(world.gov, "hunter2-typed-in-the-wrong-field", "x")
        event = queries.events(world.gov, limit=1)[0]
        assert (event.actor, event.action) == ("unknown", "sign-in-failed")
        assert b"hunter2" not in event.canonical_bytes()

    def test_usernames_are_given_once(self, world):
        person = queries.people(world.gov)[0]
        with pytest.raises(PersonError, match="taken"):
            commands.add_person(world.gov, person.model_copy(update={"username": "ABEL"}), PASSWORD, actor="admin")
        with pytest.raises(PersonError, match="12"):
            commands.add_person(world.gov, person.model_copy(update={"username": "new"}), "short", actor="admin")


def test_a_new_suite_becomes_prior_only_by_promotion(world):
    new = suite("new-u1", ("asthma", "gout"))
    commands.register_suite(world.gov, new, kind="new", actor="admin")
    with pytest.raises(SuiteError, match="joins"):
        commands.register_suite(world.gov, new, kind="prior", actor="admin")
    with pytest.raises(SuiteError, match="other content"):
        commands.register_suite(world.gov, suite("known", ("gout",)), kind="prior", actor="admin")
    world.promoted("u1")
    assert new.digest in {s.digest for s in queries.prior_suites(world.gov)}


def test_two_judgements_at_once_do_not_share_an_attempt(world, monkeypatch):
    gate, nested = world.gate, []

    def interrupted(**asked):
        if not nested:
            nested.append("u2")
            nested.append(world.judge("u2").attempt)  # while the first is being decided
        return gate(**asked)

    monkeypatch.setattr("governance.gate.decide", interrupted)
    assert (world.judge("u1").attempt, nested[1]) == (2, 1)


def test_the_real_gate_says_pass_and_why(world, monkeypatch):
    monkeypatch.setattr("governance.gate.decide", real_gate)
    many = suite("many", ("asthma",) * 150)
    commands.retire_suite(world.gov, world.prior.digest, by=world.proven(), reason="too small for the real gate")
    commands.register_suite(world.gov, many, kind="prior", actor="admin")
    new = suite("asks", ("gout",) * 40)
    decision = commands.judge(
        world.gov,
        policy=POLICY,
        arm="sdft",
        incumbent=[scores(new, world.model, 2), scores(many, world.model, 120)],
        candidate=[scores(new, digest("better"), 36), scores(many, digest("better"), 120)],
        suites=(new, many),
        new_suite_id="asks",
        update_id="u1",
        actor="pipeline",
    )
    assert (decision.verdict, decision.attempt) == (Verdict.PASS, 1)
    again = commands.judge(
        world.gov,
        policy=POLICY,
        arm="sdft",
        incumbent=[scores(new, world.model, 2), scores(many, world.model, 120)],
        candidate=[scores(new, digest("worse"), 36), scores(many, digest("worse"), 90)],
        suites=(new, many),
        new_suite_id="asks",
        update_id="u2",
        actor="pipeline",
    )
    assert (again.verdict, again.attempt) == (Verdict.FAIL, 2)
