"""No false alarm: stores on which honest people did what they do, in any order, verify."""

import random
import shutil

import pytest
from governance_world import PASSWORD, World, digest, suite

from data_contracts import Person, Verdict
from governance.approvals.errors import SignatureError, SignInError
from governance.audit.log import Draft
from governance.errors import GovernanceError
from governance.registry.errors import SuiteError
from governance.services import commands, queries

STORES = [12, pytest.param(1000, marks=pytest.mark.slow)]
ROUNDS = 6


def an_update_goes_through(world, dice, name):
    bundle = world.submitted(name, priors=queries.prior_suites(world.gov))
    for username in dice.sample(["clara", "carl", "abel", "dora"], 4):
        try:
            world.sign(bundle, username)
        except SignatureError:
            break
    commands.promote(world.gov, update_id=name, actor="admin")
    world.model = bundle.candidate


def an_update_is_blocked_or_rejected(world, dice, name):
    world.gate.verdict = dice.choice([Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE])
    bundle = world.submitted(name, priors=queries.prior_suites(world.gov), spend=dice.random() < 0.7)
    if queries.update_detail(world.gov, name).status.value == "waiting for review":
        world.sign(bundle, "clara", "reject")
    world.gate.verdict = Verdict.PASS


def the_gate_cannot_judge(world, _dice, name):
    world.gate.verdict = Verdict.ERROR
    world.judge(name)
    world.gate.verdict = Verdict.PASS


def things_happen(world, dice, name):
    drafts = [Draft("pipeline", "ran", details={"n": n, "share": dice.random()}) for n in range(dice.randrange(1, 40))]
    commands.record_events(world.gov, drafts)
    commands.record_read(world.gov, actor="cora", page="audit", update_id=name)


def somebody_signs_in(world, dice, _name):
    for password in dice.choices([PASSWORD, "wrong"], k=2):
        try:
            commands.authenticate(world.gov, dice.choice(["clara", "CLARA", "nobody"]), password)
        except SignInError:
            continue


def somebody_joins(world, dice, name):
    person = Person(username=f"P-{name}", printed_name="Zoë Ünal", roles=("clinician",))
    commands.add_person(world.gov, person, PASSWORD, actor="admin")


def a_suite_comes_and_goes(world, dice, name):
    sealed = commands.register_suite(world.gov, suite(f"s-{name}"), kind="prior", actor="admin")
    if dice.random() < 0.8:
        commands.retire_suite(world.gov, sealed, by=world.proven(), reason="superseded")
        with pytest.raises(SuiteError):
            commands.register_suite(world.gov, suite(f"s-{name}"), kind="prior", actor="admin")


def an_earlier_model_comes_back(world, _dice, _name):
    line = queries.model_history(world.gov)
    earlier = {promotion.current for promotion in line} - {world.model}
    if earlier:
        world.model = min(earlier)
        commands.rollback(world.gov, model=world.model, actor="admin", reason="side effects")


def the_clock_runs_back(world, dice, _name):
    world.clock.moment = world.clock.moment.replace(day=1 + dice.randrange(20))
    commands.record_event(world.gov, actor="pipeline", action="ran")


def a_head_is_signed(world, _dice, _name):
    commands.checkpoint(world.gov)


def an_export_is_written(world, dice, _name):
    updates = [update.update_id for update in queries.updates(world.gov)]
    chosen = dice.choice([None, *updates])
    path = commands.export_audit(world.gov, world.gov.workspace / "audit.zip", update_id=chosen, actor="cora")
    report = commands.verify_export(path, world.gov.keys / "log_key.pub.pem", world.gov.witness)
    assert report.problems == []


DEEDS = (
    an_update_goes_through,
    an_update_is_blocked_or_rejected,
    the_gate_cannot_judge,
    things_happen,
    somebody_signs_in,
    somebody_joins,
    a_suite_comes_and_goes,
    an_earlier_model_comes_back,
    the_clock_runs_back,
    a_head_is_signed,
    an_export_is_written,
)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("stores", STORES)
def test_honest_stores_raise_no_alarm(backend, finished, stores, tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda handle: None)
    source, _ = finished(backend)
    for seed in range(stores):
        dice, folder = random.Random(seed), tmp_path / f"store-{seed}"
        world = World.open(shutil.copytree(source, folder), monkeypatch)
        for number in range(ROUNDS):
            deed = dice.choice(DEEDS)
            try:
                deed(world, dice, f"u{number}")
            except GovernanceError as error:
                raise AssertionError(f"store {seed}, round {number}: {deed.__name__}: {error}") from error
        report = commands.verify_store(world.gov)
        assert report.problems == [], f"store {seed}"
        world.gov.engine.dispose()
        shutil.rmtree(folder)


@pytest.mark.parametrize("deed", DEEDS)
def test_each_deed_alone_raises_no_alarm(world, deed):
    for number in range(2):
        deed(world, random.Random(number), f"u{number}")
    assert commands.verify_store(world.gov).problems == []
    assert digest("model-0") in {promotion.current for promotion in queries.model_history(world.gov)}
