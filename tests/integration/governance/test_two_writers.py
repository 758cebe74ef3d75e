"""Two writers at once: whoever comes second finds what the first has done."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from governance_world import PASSWORD, START

from governance.approvals import people
from governance.approvals.errors import AccountWaitsError, SignInError
from governance.audit.errors import EventError
from governance.errors import GovernanceError
from governance.registry.errors import ConflictError
from governance.services import commands, queries
from governance.services.handle import WorkspaceError


def test_of_two_promotions_at_once_one_wins_whole(world):
    world.approved("u1")
    world.approved("u2")

    def promote(name):
        try:
            return commands.promote(world.gov, update_id=name, actor="admin")
        except ConflictError:
            return None

    with ThreadPoolExecutor(2) as pool:
        done = [promotion for promotion in pool.map(promote, ("u1", "u2")) if promotion]
    assert done == [queries.current_model(world.gov)]
    assert commands.verify_store(world.gov).ok


def test_many_guesses_at_once_get_no_more_than_five_answers(world):
    def guess(number):
        try:
            return commands.authenticate(world.gov, "clara", PASSWORD if number == 11 else f"guess {number}")
        except AccountWaitsError:
            return "waits"
        except SignInError:
            return "wrong"

    for number in range(5):
        guess(number)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(guess, range(12)))
    assert answers == ["waits"] * 12
    assert len(queries.events(world.gov, limit=None, action="sign-in-failed")) == 5


def test_a_guess_that_was_under_way_when_the_account_began_to_wait_gets_no_answer(world, monkeypatch):
    real, begun = people.matches, []

    def slow(account, password):
        if not begun:
            begun.append(password)
            for _ in range(5):
                with pytest.raises(SignInError, match="do not belong"):
                    commands.authenticate(world.gov, "clara", "wrong")
        return real(account, password)

    monkeypatch.setattr(people, "matches", slow)
    with pytest.raises(AccountWaitsError):
        commands.authenticate(world.gov, "clara", PASSWORD)


def test_when_something_fails_no_event_stays_behind(world, monkeypatch):
    bundle = world.submitted("u1")
    before = queries.events(world.gov, limit=None)

    def broken(*_, **__):
        raise GovernanceError("no")

    monkeypatch.setattr("governance.approvals.signatures.add", broken)
    with pytest.raises(GovernanceError):
        world.sign(bundle, "clara")
    after = queries.events(world.gov, limit=None)
    assert [event.action for event in after[: len(after) - len(before)]] == ["signed-in"]


def test_a_clock_that_runs_back_does_not_turn_the_log_around(world):
    world.clock.moment = START - timedelta(days=30)
    event = commands.record_event(world.gov, actor="pipeline", action="run-started")
    assert event.recorded_at == queries.events(world.gov, limit=2)[1].recorded_at
    assert event.details["clock_behind_seconds"] > 29 * 86_400
    assert commands.verify_store(world.gov).ok


def test_a_witness_that_cannot_be_written_does_not_undo_a_promotion_but_is_logged(world):
    world.gov.witness.unlink()
    world.gov.witness.mkdir()
    world.promoted("u1")
    assert queries.current_model(world.gov).update_id == "u1"
    assert queries.events(world.gov, limit=1)[0].action == "checkpoint-failed"
    with pytest.raises(OSError):
        commands.checkpoint(world.gov)


def test_events_of_governance_cannot_be_forged_and_texts_are_short(world):
    with pytest.raises(EventError, match="itself"):
        commands.record_event(world.gov, actor="x", action="update-promoted")
    with pytest.raises(EventError, match="longer"):
        commands.record_event(world.gov, actor="x", action="note", details={"text": "a" * 301})
    event = commands.record_read(world.gov, actor="clara", page="review", update_id="u1")
    assert queries.events(world.gov, update_id="u1") == (event,)
    assert queries.events(world.gov, action="page-read", limit=1, offset=1) == ()


def test_a_folder_that_is_no_workspace_says_how_to_make_one(tmp_path):
    with pytest.raises(WorkspaceError, match="clinical-sdft init"):
        commands.open_governance(tmp_path)
    assert list(tmp_path.iterdir()) == []
