"""An export of one update, one patient record or one period: the rest is counted, unread."""

import json
from datetime import datetime, timedelta

import pytest
from governance_world import START, digest, suite
from test_audit_export import members_of

from data_contracts import DeidentificationReport, Demonstration
from governance.export.errors import ExportError
from governance.export.selection import Selection
from governance.registry.errors import NotFoundError
from governance.services import commands, queries

LEARNED, HELD_BACK, STRANGER = digest("record-1"), digest("record-2"), digest("record-3")
NEXT_PRIOR = suite("new-u1", ("asthma", "gout"))
"""The suite of the first update, which a second one must face."""


def learn_from(world, name, *records, held_back=(), **more):
    """Do what the pipeline does with records: import, draft, submit; return the bundle."""
    gov = world.gov
    note = {"actor": "rita", "update_id": name}
    report = DeidentificationReport(
        policy="safe_harbor",
        ner_model="a model",
        ner_digest=digest("ner"),
        released=len(records),
        quarantined=len(held_back),
        replaced=({"category": "date", "count": 4},),
        smallest_group={"k": 2, "patients": 9, "groups": 3, "alone": 0, "under_five": 4,
                        "counted": ("sex", "diagnosis")},
        gold={
            "engine": digest("engine"), "documents": 40, "identifiers": 900, "found_whole": 891,
            "span_full_recall": 0.99, "lower": 0.981, "upper": 0.995, "token_precision": 0.97,
            "leaking": 2, "leaking_released": 1,
        },
    )  # fmt: skip
    stored = gov.objects.put_contract(report)
    commands.record_event(gov, action="records-deidentified", subject=stored, **note)
    for record in held_back:
        commands.record_event(gov, action="record-quarantined", subject=record, **note)
    lines = [
        Demonstration(
            id=f"d{i}",
            question="A narrative nobody may read in an export?",
            answer="asthma",
            label="asthma",
            quote="wheezing means asthma",
            guideline=digest("guideline"),
            recommendation="r1",
            record=record,
        ).canonical_bytes()
        for i, record in enumerate(records)
    ]
    demonstrations = gov.objects.put(b"".join(line + b"\n" for line in lines))
    commands.record_event(gov, action="demonstrations-drafted", subject=demonstrations, **note)
    return world.promoted(name, demonstrations=demonstrations, deidentification=stored, **more)


def exported(world, tmp_path, **selection):
    path = commands.export_audit(world.gov, tmp_path / "audit.zip", actor="cora", **selection)
    report = commands.verify_export(path, world.gov.keys / "log_key.pub.pem", world.gov.witness)
    assert report.problems == []
    members = members_of(path)
    lines = [json.loads(line) for line in members["events.jsonl"].splitlines()]
    assert len(lines) == report.events
    return members, [line for line in lines if "action" in line]


def predicate_of(members):
    import base64

    return json.loads(base64.b64decode(json.loads(members["manifest.json"])["payload"]))["predicate"]


class TestRecord:
    @pytest.fixture
    def hospital(self, world):
        learn_from(world, "u1", LEARNED, held_back=(HELD_BACK,))
        world.model = digest("model-u1")
        learn_from(world, "u2", digest("another"), priors=(world.prior, NEXT_PRIOR))
        return world

    def test_a_record_that_was_learned_from_shows_every_update_it_stands_in(self, hospital, tmp_path):
        members, shown = exported(hospital, tmp_path, record=LEARNED)
        actions = [event["action"] for event in shown if event["update_id"] == "u1"]
        assert actions == [event.action for event in reversed(queries.events(hospital.gov, update_id="u1", limit=None))]
        assert "updates/u1/bundle.json" in members and "updates/u2/bundle.json" not in members
        assert {event["update_id"] for event in shown} == {"u1", None}
        assert shown[-1]["action"] == "audit-exported" and shown[-1]["subject"] == LEARNED

    def test_a_record_that_was_held_back_shows_that_and_its_import_alone(self, hospital, tmp_path):
        members, shown = exported(hospital, tmp_path, record=HELD_BACK)
        actions = [event["action"] for event in shown]
        assert actions == ["records-deidentified", "record-quarantined", "audit-exported"]
        assert not any(name.startswith("updates/") for name in members)
        assert members["promotions.jsonl"] == b""

    def test_a_rollback_from_what_learned_from_it_is_shown(self, world, tmp_path):
        learn_from(world, "u1", LEARNED)
        commands.rollback(world.gov, model=world.model, actor="admin", reason="complaints")
        members, shown = exported(world, tmp_path, record=LEARNED)
        assert "model-rolled-back" in [event["action"] for event in shown]
        assert b'"kind":"rollback"' in members["promotions.jsonl"]

    def test_an_update_that_never_reached_review_is_shown_by_its_events(self, world, tmp_path):
        demonstration = b'{"record":"%s"}\n' % LEARNED.encode()
        stored = world.gov.objects.put(demonstration)
        note = {"actor": "rita", "update_id": "u9", "action": "demonstrations-drafted"}
        commands.record_event(world.gov, subject=stored, **note)
        _, shown = exported(world, tmp_path, record=LEARNED)
        assert [event["action"] for event in shown] == ["demonstrations-drafted", "audit-exported"]

    def test_no_text_of_the_demonstrations_is_in_it(self, hospital, tmp_path):
        members, _ = exported(hospital, tmp_path, record=LEARNED)
        assert b"narrative nobody may read" not in b"".join(members.values())

    def test_a_record_nobody_knows_is_one_line_and_no_event(self, hospital, tmp_path):
        before = len(queries.events(hospital.gov, limit=None))
        with pytest.raises(NotFoundError, match="no event and no stored demonstration names it"):
            commands.export_audit(hospital.gov, tmp_path / "x.zip", record=STRANGER, actor="cora")
        assert len(queries.events(hospital.gov, limit=None)) == before and not (tmp_path / "x.zip").exists()


class TestPeriod:
    @pytest.fixture
    def two_days(self, world):
        world.promoted("u1")
        world.model = digest("model-u1")
        world.clock.moment = START + timedelta(days=10)
        bundle = world.submitted("u2", priors=(world.prior, NEXT_PRIOR))
        world.clock.moment = START + timedelta(days=20)
        commands.record_read(world.gov, actor="clara", page="update", update_id="u1")
        world.sign(bundle, "clara")
        world.clock.moment = START + timedelta(days=30)
        commands.record_event(world.gov, actor="x", action="later")
        return world

    def of(self, world, tmp_path, first, last):
        period = {"since": START + timedelta(days=first), "until": START + timedelta(days=last)}
        return exported(world, tmp_path, **period)

    def test_an_update_that_a_period_touched_is_whole_and_others_are_hashes(self, two_days, tmp_path):
        members, shown = self.of(two_days, tmp_path, 15, 25)
        assert [event["action"] for event in shown if event["update_id"] == "u2"] == [
            "gate-decided",
            "update-submitted",
            "update-signed",
        ]
        assert "updates/u2/signatures.jsonl" in members
        assert "later" not in [event["action"] for event in shown]

    def test_a_page_that_was_read_is_shown_but_does_not_open_the_update_it_was_about(self, two_days, tmp_path):
        members, shown = self.of(two_days, tmp_path, 15, 25)
        actions = [e["action"] for e in shown if e["update_id"] == "u1"]
        assert actions == ["update-promoted", "suite-joined-prior", "page-read"]  # u2 had to face that suite
        assert "updates/u1/bundle.json" not in members

    def test_what_was_in_force_when_it_began_is_shown(self, two_days, tmp_path):
        members, _ = self.of(two_days, tmp_path, 15, 25)
        (line,) = members["promotions.jsonl"].splitlines()
        assert json.loads(line)["current"] == digest("model-u1")

    def test_an_empty_period_shows_nothing_but_what_was_in_force(self, two_days, tmp_path):
        _, shown = self.of(two_days, tmp_path, 26, 27)
        assert [event["action"] for event in shown] == ["update-promoted"]

    def test_a_period_may_be_open_on_either_side(self, two_days, tmp_path):
        _, late = exported(two_days, tmp_path, since=START + timedelta(days=26))
        assert [event["action"] for event in late] == ["update-promoted", "later", "audit-exported"]
        _, early = exported(two_days, tmp_path, until=START + timedelta(days=1))
        assert "later" not in [event["action"] for event in early] and len(early) > 10

    def test_the_manifest_and_the_report_say_what_was_chosen(self, two_days, tmp_path):
        members, shown = self.of(two_days, tmp_path, 15, 25)
        predicate = predicate_of(members)
        assert predicate["selection"]["from"] == "2026-03-16T08:00:00.000000Z"
        assert predicate["shownEvents"] == len(shown)
        assert b"from 2026-03-16 08:00:00 UTC before 2026-03-26 08:00:00 UTC" in members["report.html"]
        event = queries.events(two_days.gov, limit=None)[0]
        assert predicate["exportEvent"] == event.seq and event.details["from"] == "2026-03-16T08:00:00.000000Z"


def test_one_selection_at_a_time_and_no_period_that_ends_before_it_begins(world, tmp_path):
    for wrong in (
        {"update_id": "u1", "record": LEARNED},
        {"record": LEARNED, "since": START},
        {"since": START, "until": START},
    ):
        with pytest.raises(ExportError, match="export: "):
            commands.export_audit(world.gov, tmp_path / "x.zip", actor="cora", **wrong)
    assert Selection().everything and not Selection(since=START).everything


def test_the_second_of_a_boundary_belongs_to_the_later_period():
    noon = datetime.fromisoformat("2026-03-31T12:00:00+00:00")
    assert Selection(since=noon).covers(noon) and not Selection(until=noon).covers(noon)


def test_an_update_shows_its_suites_and_no_others(world, tmp_path):
    world.promoted("u1")
    commands.register_suite(world.gov, suite("unrelated"), kind="prior", actor="admin")
    members, _ = exported(world, tmp_path, update_id="u1")
    assert b"unrelated" not in members["suites.csv"] and b"new-u1" in members["suites.csv"]
