"""A hand-off to servers that speak vLLM's API over real HTTP, and everything that can go wrong on the way."""

import pytest
from governance_world import manifest
from serving_world import BASE, ask, digest, name_of, serving
from vllm_stand_in import Lora

from clinical_sdft.errors import BlockedError, BusyError, ServingError
from clinical_sdft.locks import held
from data_contracts import NO_ADAPTER, Decoding
from governance.registry.errors import ConflictError, NotFoundError
from governance.services import commands, queries
from governance.store.errors import IntegrityError, MissingObjectError


@pytest.fixture
def hospital(world):
    yield from serving(world)


def test_a_promoted_adapter_comes_to_answer_on_all_servers(hospital):
    bundle = hospital.promoted("u1")
    one, two = hospital.server(), hospital.server()
    done = hospital.hand_off(one, two)
    name = name_of(bundle)
    assert (done.name, done.loaded, done.switched, done.unloaded) == (name, 2, True, 0)
    assert done.prompts == done.recorded == done.equal == 10  # five items, two servers
    assert hospital.route() == {
        "name": name,
        "model": bundle.candidate,
        "adapter": bundle.adapter,
        "promotion": queries.current_model(hospital.world.gov).digest,
    }
    assert ask(two, name) == (200, "asthma")
    assert queries.serving_state(hospital.world.gov).in_step
    expected = {"name": name, "model": bundle.candidate, "adapter": bundle.adapter}
    assert hospital.events("serving-handed-off") == [expected | {"servers": 2, "prompts": 5, "equal": 10}]
    assert commands.verify_store(hospital.world.gov).problems == []


def test_the_canary_asks_first_what_the_update_changed(hospital):
    bundle = hospital.promoted("u1")
    model, decoding = bundle.candidate, queries.canary_questions
    asked = decoding(hospital.world.gov, model, 2, None)
    changed = {change.item_id for change in queries.item_changes(hospital.world.gov, "u1") if change.change == "fixed"}
    assert asked[0].item_id in changed and asked[1].item_id not in changed
    assert len(decoding(hospital.world.gov, model, 50, None)) == 5


def test_handing_off_again_changes_nothing(hospital):
    hospital.promoted("u1")
    server = hospital.server()
    hospital.hand_off(server)
    before = len(queries.events(hospital.world.gov, limit=None))
    again = hospital.hand_off(server)
    assert (again.switched, again.loaded, again.prompts) == (False, 0, 0)
    assert len(queries.events(hospital.world.gov, limit=None)) == before
    assert server.asked("/v1/load_lora_adapter") == [again.name]


def test_a_later_version_takes_over_and_the_earlier_one_is_unloaded(hospital):
    server = hospital.server()
    old = name_of(hospital.promoted("u1"))
    hospital.hand_off(server)
    new = name_of(hospital.promoted("u2"))
    assert hospital.route()["name"] == old  # promotion alone moves no server
    done = hospital.hand_off(server)
    assert (done.name, done.unloaded, done.drained) == (new, 1, True)
    assert list(server.loras) == [new] and ask(server, old)[0] == 404
    assert hospital.events("serving-drained") == [{"unloaded": 1, "drained": True}]


def test_a_rollback_hands_the_earlier_version_off_again(hospital):
    server = hospital.server()
    first = hospital.promoted("u1")
    hospital.hand_off(server)
    hospital.promoted("u2")
    hospital.hand_off(server)
    commands.rollback(hospital.world.gov, model=first.candidate, actor="admin", reason="complaints")
    done = hospital.hand_off(server)
    assert (done.name, done.unloaded, done.equal) == (name_of(first), 1, 5)
    assert list(server.loras) == [name_of(first)]


def test_other_adapters_on_the_server_are_left_alone(hospital):
    hospital.promoted("u1")
    server = hospital.server()
    server.loras["of-another-team"] = Lora("/elsewhere", "x")
    hospital.hand_off(server)
    hospital.promoted("u2")
    hospital.hand_off(server)
    assert "of-another-team" in server.loras and len(server.loras) == 2


class TestBeforeTheSwitch:
    """A failure leaves the old version answering, the new one nowhere, and one line."""

    @pytest.fixture
    def rollout(self, hospital):
        self.one, self.two = hospital.server(), hospital.server()
        self.old = name_of(hospital.promoted("u1"))
        hospital.hand_off(self.one, self.two)
        self.new = name_of(hospital.promoted("u2"))
        return hospital

    def check(self, hospital, stage, error, servers=None):
        assert hospital.route()["name"] == self.old
        for server in servers or (self.one, self.two):
            assert list(server.loras) == [self.old] and ask(server, self.old) == (200, "asthma")
        assert hospital.events("serving-failed")[-1] == {"stage": stage, "servers": 2, "error": error}
        assert not queries.serving_state(hospital.world.gov).in_step
        assert commands.verify_store(hospital.world.gov).problems == []

    def fails(self, hospital, error, words, **settings):
        with pytest.raises(error, match=words) as caught:
            hospital.hand_off(self.one, self.two, **settings)
        assert f"{self.old} still answers" in str(caught.value) and "\n" not in str(caught.value)

    def test_altered_weights_are_not_loaded(self, rollout):
        weights = rollout.world.gov.serving / "adapters" / self.new / "adapter_model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-1] + b"x")
        asked = len(self.one.calls)
        self.fails(rollout, IntegrityError, "verify: adapter .* was altered; remove .* made anew")
        assert len(self.one.calls) == asked
        self.check(rollout, "verify", "IntegrityError")

    def test_an_altered_object_is_not_placed(self, rollout):
        gov = rollout.world.gov
        bundle = queries.update_detail(gov, "u2").bundle
        for path in (gov.serving / "adapters" / self.new).iterdir():
            path.unlink()
        (gov.serving / "adapters" / self.new).rmdir()
        path = gov.objects.path(bundle.adapter)
        path.write_bytes(path.read_bytes()[:-1] + b"x")
        with pytest.raises(IntegrityError, match="was altered; restore"):
            rollout.hand_off(self.one, self.two)
        path.unlink()
        with pytest.raises(MissingObjectError, match="is missing"):
            rollout.hand_off(self.one, self.two)
        assert not (gov.serving / "adapters" / self.new).exists()

    def test_a_server_that_refuses_undoes_the_roll_out_on_the_others(self, rollout):
        self.two.max_lora_rank = 1
        self.fails(rollout, ServingError, "rank 4 is greater than max_lora_rank 1.*start it with --max-lora-rank 8")
        self.check(rollout, "load", "ServingError")
        assert self.new in self.one.asked("/v1/unload_lora_adapter")

    def test_error_bodies_of_older_versions_are_read_too(self, rollout):
        self.two.max_lora_rank, self.two.flat_errors = 1, True
        self.fails(rollout, ServingError, "rank 4 is greater than max_lora_rank 1")
        assert self.new in self.one.asked("/v1/unload_lora_adapter")

    def test_a_server_without_run_time_updating_says_how_to_start_it(self, rollout):
        self.two.runtime_updating = False
        self.fails(rollout, ServingError, "VLLM_ALLOW_RUNTIME_LORA_UPDATING=True and --enable-lora")
        self.check(rollout, "load", "ServingError")

    def test_a_server_that_does_not_see_the_folder(self, rollout):
        self.fails(rollout, ServingError, "No adapter found for /mnt/x.*let it see", adapters_path="/mnt/x")
        self.check(rollout, "load", "ServingError")

    def test_a_server_that_is_down(self, rollout):
        self.two.stop()
        self.fails(rollout, ServingError, "no answer to /v1/models .*start it")
        self.two.start()
        self.check(rollout, "load", "ServingError", [self.one])

    def test_another_reply_than_evaluated_fails_the_canary(self, rollout):
        brain = dict(rollout.brains[queries.current_model(rollout.world.gov).adapter])
        brain["What is new-u2 1?"] = "a cold"
        self.two.brains = rollout.brains | {queries.current_model(rollout.world.gov).adapter: brain}
        self.fails(rollout, BlockedError, "canary: .* 6 of 7 replies are those of the evaluation.*new-u2/new-u2-1")
        self.check(rollout, "canary", "BlockedError")
        rollout.hand_off(self.one, self.two, canary_agreement=0.8)
        assert rollout.route()["name"] == self.new

    def test_an_empty_reply_fails_the_canary_whatever_share_may_differ(self, rollout):
        brain = dict(rollout.brains[queries.current_model(rollout.world.gov).adapter], **{"What is known 2?": ""})
        self.two.brains = rollout.brains | {queries.current_model(rollout.world.gov).adapter: brain}
        self.fails(rollout, BlockedError, "empty reply to known/known-2", canary_agreement=0.0)
        self.check(rollout, "canary", "BlockedError")

    def test_a_server_that_goes_down_during_the_canary(self, rollout):
        self.two.faults = [("/v1/chat/completions", 0)] * 3
        self.fails(rollout, ServingError, "no answer to /v1/chat/completions")
        self.check(rollout, "canary", "ServingError")

    def test_a_busy_server_is_asked_again_a_bounded_number_of_times(self, rollout):
        self.two.faults = [("/v1/chat/completions", 503)] * 2
        assert rollout.hand_off(self.one, self.two).switched
        self.two.faults = [("/v1/models", 503)] * 3
        with pytest.raises(ServingError, match="503, the engine is overloaded"):
            rollout.hand_off(self.one, self.two)

    def test_a_promotion_meanwhile_stops_the_switch(self, rollout, monkeypatch):
        gate = commands.record_hand_off

        def overtaken(gov, promotion, **details):
            commands.rollback(gov, model=digest("model-0"), actor="admin", reason="complaints")
            gate(gov, promotion, **details)

        monkeypatch.setattr("governance.services.commands.record_hand_off", overtaken)
        self.fails(rollout, ConflictError, "switch: .*put in force meanwhile")
        self.check(rollout, "switch", "ConflictError")

    def test_what_cannot_be_taken_back_is_named(self, rollout):
        self.one.faults = [("/v1/unload_lora_adapter", 500)]
        self.two.runtime_updating = False
        with pytest.raises(ServingError, match=f"{self.new} may be left on {self.one.url}"):
            rollout.hand_off(self.one, self.two)
        self.two.runtime_updating = True
        assert rollout.hand_off(self.one, self.two).loaded == 1


def test_a_name_that_holds_other_weights_is_not_taken_for_ours(hospital):
    name = name_of(hospital.promoted("u1"))
    server = hospital.server()
    server.loras[name] = Lora("/elsewhere", "x")
    with pytest.raises(ServingError, match=r"has sha256-\w+ from /elsewhere, not from"):
        hospital.hand_off(server)
    assert name in server.loras and not (hospital.world.gov.serving / "route.json").exists()


def test_a_server_with_a_key(hospital):
    hospital.promoted("u1")
    server = hospital.server(api_key="s3cret")
    with pytest.raises(ServingError, match="CLINICAL_SDFT_VLLM_API_KEY") as caught:
        hospital.hand_off(server, key="wrong")
    assert "wrong" not in str(caught.value)
    assert hospital.hand_off(server, key="s3cret").switched


def test_a_version_that_is_the_base_alone_needs_no_adapter(hospital, world):
    gov = world.gov
    hospital.promoted("u1")
    server, other = hospital.server(), hospital.server()
    hospital.hand_off(server, other)
    changes = {"adapter": NO_ADAPTER, "manifest": gov.objects.put_contract(manifest(NO_ADAPTER))}
    bundle = world.promoted("u2", priors=queries.prior_suites(gov), **changes)
    hospital.brains[BASE] = hospital.replies(bundle)
    done = hospital.hand_off(server, other)
    assert (done.name, done.loaded, done.unloaded) == (BASE, 0, 2)
    assert hospital.route()["name"] == BASE and server.loras == other.loras == {}


def test_a_version_never_evaluated_here_must_say_something_at_least(hospital, world):
    first = hospital.promoted("u1")
    hospital.promoted("u2")
    asked = queries.canary_questions(world.gov, digest("another"), 4, Decoding())
    assert [question.reply for question in asked] == [None] * 4
    assert {question.suite_id for question in asked} == {"known", "new-u1", "new-u2"}
    known = queries.canary_questions(world.gov, first.candidate, 50, Decoding())
    assert {question.suite_id for question in known} == {"known", "new-u1"}


def test_an_empty_workspace_has_nothing_to_hand_off(tmp_path):
    gov = commands.create(tmp_path / "empty")
    with pytest.raises(NotFoundError, match="no model is in force"):
        commands.place_in_force(gov)


def test_only_governance_writes_serving_events(world):
    for action in ("serving-handed-off", "serving-failed", "serving-drained"):
        with pytest.raises(ValueError, match="governance writes this one itself"):
            commands.record_event(world.gov, actor="rita", action=action)


def test_two_hand_offs_at_once_do_not_meet(hospital):
    hospital.promoted("u1")
    server = hospital.server()
    with held(hospital.world.gov.serving / ".lock", "serving", "a test"), pytest.raises(BusyError, match="in use by"):
        hospital.hand_off(server)
    assert server.calls == []


def test_an_altered_route_shows_and_comes_back_on_opening(hospital):
    hospital.promoted("u1")
    hospital.hand_off(hospital.server())
    route = hospital.world.gov.serving / "route.json"
    before = route.read_bytes()
    route.write_bytes(before.replace(b"sha256-", b"sha256-0"))
    assert [p.where for p in commands.verify_store(hospital.world.gov).problems] == ["serving/route.json"]
    commands.open_governance(hospital.world.gov.workspace, database_url=hospital.world.url)
    assert route.read_bytes() == before
