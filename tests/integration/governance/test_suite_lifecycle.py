"""Suites are retired, relabelled and refreshed by people who prove it; what was spent on them stays spent."""

import pytest
from governance_world import digest, suite

from data_contracts import ChoiceScorer, Decoding, SuiteItem, Turn
from governance.approvals.errors import PersonError, RoleError
from governance.registry.errors import NotFoundError, SuiteError
from governance.services import commands, queries


def version(number: str, answers=("asthma", "gout", "lupus"), name="known", **items):
    made = suite(name, answers)
    return made.model_copy(update={"version": number} | items)


def renewed(number: str):
    made = version(number)
    fresh = SuiteItem(id="fresh", question="What is fresh?", answers=("flu",), specialty="medicine")
    return made.model_copy(update={"items": (*made.items[1:], fresh)})


def replace(world, made, change, username="abel", reason="medicine moved on", purpose="suite"):
    by = world.proven(username, purpose)
    return commands.replace_suite(world.gov, made, change=change, by=by, reason=reason)


def test_a_relabelled_suite_takes_the_place_of_the_one_before(world) -> None:
    found = replace(world, version("2", ("asthma", "pseudogout", "lupus")), "relabel")
    assert (found.relabelled, found.dropped, found.renewed) == (("known-1",), (), ())
    (used,) = queries.prior_suites(world.gov)
    assert (used.version, used.items[1].answers) == ("2", ("pseudogout",))
    assert commands.verify_store(world.gov).ok


def test_a_refreshed_suite_keeps_its_id_and_tells_its_history(world) -> None:
    replace(world, renewed("2"), "refresh")
    replace(world, version("3", ("asthma", "gout")).model_copy(update={"items": renewed("2").items[:2]}), "relabel")
    commands.retire_suite(world.gov, queries.prior_suites(world.gov)[0].digest, by=world.proven(), reason="worn")
    history = queries.suite_history(world.gov, "known")
    told = [(event.action, event.version, event.actor, event.details.get("change")) for event in history.events]
    assert told == [
        ("suite-registered", "1", "admin", None),
        ("suite-retired", "1", "abel", "refresh"),
        ("suite-registered", "2", "abel", "refresh"),
        ("suite-retired", "2", "abel", "relabel"),
        ("suite-registered", "3", "abel", "relabel"),
        ("suite-retired", "3", "admin", None),
    ]
    assert [event.details.get("renewed") for event in history.events][2] == 1
    assert {event.details["proof"] for event in history.events[1:]} == {"password"}
    assert history.in_use is None
    with pytest.raises(NotFoundError, match="never sealed"):
        queries.suite_history(world.gov, "nobody")


@pytest.mark.parametrize(
    ("made", "change", "words"),
    [
        (version("1", ("asthma", "flu", "lupus")), "relabel", "give it another"),
        (version("2"), "relabel", "nothing to relabel"),
        (version("2"), "refresh", "nothing to refresh"),
        (renewed("2"), "relabel", "fresh are new"),
        (version("2", ("asthma", "flu", "lupus", "cough")), "refresh", "known-1 have another answer"),
        (version("2", name="other"), "relabel", "no prior one of this id"),
    ],
)
def test_an_act_does_only_what_it_is_called(world, made, change, words) -> None:
    with pytest.raises((SuiteError, NotFoundError), match=words):
        replace(world, made, change)
    assert [used.digest for used in queries.prior_suites(world.gov)] == [world.prior.digest]


def test_a_new_question_under_an_old_id_is_refused(world) -> None:
    made = version("2")
    other = made.items[0].model_copy(update={"question": "What else?"})
    with pytest.raises(SuiteError, match="known-0 ask something else"):
        replace(world, made.model_copy(update={"items": (other, *made.items[1:])}), "refresh")
    assert len(queries.prior_suites(world.gov)) == 1


def test_only_those_who_may_and_prove_it_for_this_change_a_suite(world) -> None:
    made = version("2", ("asthma", "flu", "lupus"))
    with pytest.raises(RoleError, match="clara may not retire a suite"):
        replace(world, made, "relabel", username="clara")
    with pytest.raises(PersonError, match="proved for rollback"):
        replace(world, made, "relabel", purpose="rollback")
    with pytest.raises(SuiteError, match="say why"):
        replace(world, made, "relabel", reason=" ")
    with pytest.raises(RoleError):
        commands.retire_suite(world.gov, world.prior.digest, by=world.proven("carl"), reason="x")
    assert [used.digest for used in queries.prior_suites(world.gov)] == [world.prior.digest]


def test_what_was_spent_stays_spent_through_retirement_and_a_new_version(world) -> None:
    assert [world.judge(name).attempt for name in ("u1", "u2")] == [1, 2]
    commands.retire_suite(world.gov, world.prior.digest, by=world.proven(), reason="to begin anew")
    second = version("2")
    commands.register_suite(world.gov, second, kind="prior", actor="admin")
    assert world.judge("u3", priors=(second,)).attempt == 3
    third = version("3", ("asthma", "flu", "lupus"))
    replace(world, third, "relabel")
    assert world.judge("u4", priors=(third,)).attempt == 4
    assert world.judge("u3", priors=(third,)).attempt == 4  # u3 itself was not another candidate
    (spent,) = queries.suite_history(world.gov, "known").spent.values()
    assert spent == 4
    assert commands.verify_store(world.gov).ok


def test_a_retired_suite_does_not_come_back_under_another_name(world) -> None:
    commands.retire_suite(world.gov, world.prior.digest, by=world.proven(), reason="to begin anew")
    renamed = world.prior.model_copy(update={"id": "innocent"})
    with pytest.raises(SuiteError, match="what the retired suite known asked"):
        commands.register_suite(world.gov, renamed, kind="prior", actor="admin")
    assert queries.prior_suites(world.gov) == ()


def mixed():
    turns = (Turn(role="user", content="Hi"), Turn(role="assistant", content="Yes?"))
    common = {"answers": ("gout",), "specialty": "medicine"}
    choice = ChoiceScorer(options=("gout", "flu"))
    items = (
        SuiteItem(id="spoken", question="Which one?", turns=turns, **common),
        SuiteItem(id="chosen", question="Which of these?", scorer=choice, **common),
        SuiteItem(id="plain", question="The toe is hot:", form="plain", **common),
    )
    return suite("mixed").model_copy(update={"items": items})


def test_the_canary_asks_what_a_chat_server_can_be_compared_on(world) -> None:
    made = mixed()
    commands.register_suite(world.gov, made, kind="prior", actor="admin")
    world.submitted("u1", priors=(world.prior, made))
    asked = queries.canary_questions(world.gov, digest("model-u1"), 50, Decoding())
    found = {question.item_id: question for question in asked}
    assert "spoken" in found and not {"chosen", "plain"} & set(found)
    assert [turn.content for turn in found["spoken"].turns] == ["Hi", "Yes?"] and found["spoken"].reply == "gout"
    never = queries.canary_questions(world.gov, digest("unknown"), 50, Decoding())
    assert {question.item_id: question.reply for question in never if question.suite_id == "mixed"} == {
        "spoken": None,
        "chosen": None,
    }


def test_a_reviewer_sees_turns_and_options(world) -> None:
    made = mixed()
    commands.register_suite(world.gov, made, kind="prior", actor="admin")
    world.submitted("u1", priors=(world.prior, made))
    changes = {change.item_id: change for change in queries.item_changes(world.gov, "u1")}
    assert changes["chosen"].options == ("gout", "flu") and changes["spoken"].options == ()
    assert [turn.role for turn in changes["spoken"].turns] == ["user", "assistant"]
