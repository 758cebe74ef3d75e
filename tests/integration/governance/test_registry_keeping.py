"""Versions after their promotion: who answered when, what each comes from, and how each ends."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from governance_world import PASSWORD, digest, manifest, scores, suite
from owner import unguarded
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from governance.approvals.errors import PersonError, RoleError
from governance.registry.errors import HoldError, NotFoundError, PromotionError, RetentionError
from governance.registry.retention import years_later
from governance.rules import Rules
from governance.services import commands, queries
from governance.store.database import writing

YEARS = timedelta(days=6 * 366)


def proven(world, username, purpose):
    return commands.prove_now(world.gov, username, PASSWORD, None, purpose=purpose)


def retire(world, model, username="abel", reason="superseded"):
    by = proven(world, username, "retirement")
    return commands.retire_model(world.gov, model=model, by=by, reason=reason)


def hold(world, hold_id, username="cora", reason="a lawsuit", **what):
    by = proven(world, username, "hold")
    return commands.set_hold(world.gov, hold_id=hold_id, by=by, reason=reason, **what)


def apply(world, username="cora", reason="the years are over", **more):
    by = proven(world, username, "retention")
    return commands.apply_retention(world.gov, by=by, reason=reason, **more)


def promoted(world, name, **changes):
    """Promote an update whose weights and demonstrations are really stored."""
    world.gov.objects.put(b"demonstrations of " + name.encode())
    adapter = world.gov.objects.put(f"adapter-{name}".encode())
    assert adapter == digest(f"adapter-{name}")
    demonstrations = digest(f"demonstrations of {name}")
    priors = queries.prior_suites(world.gov)
    return world.promoted(name, demonstrations=demonstrations, priors=priors, **changes)


@pytest.fixture
def line(world):
    """Three versions, of which each answered for thirty days and the last answers still."""
    world.gov.objects.put(b"adapter-0")
    bundles = []
    for name in ("u1", "u2"):
        world.clock.moment += timedelta(days=30)
        bundles.append(promoted(world, name))
        world.model = bundles[-1].candidate
    world.bundles = bundles
    return world


class TestWhoAnswered:
    def test_a_moment_has_one_version_and_a_day_may_have_two(self, line):
        first, second = line.bundles
        moves = [one.valid_from for one in queries.model_history(line.gov)]
        (at,) = queries.answered(line.gov, moves[1])
        assert (at.model, at.kind, at.put_there_by, at.update_id) == (first.candidate, "promote", "admin", "u1")
        assert at.approved_by == ("Dr. Clara Clinician", "Abel Approver") and at.verdict == "PASS"
        assert (at.valid_from, at.until) == (moves[1], moves[2])
        (before,) = queries.answered(line.gov, moves[1] - timedelta(microseconds=1))
        assert (before.model, before.kind, before.until) == (digest("model-0"), "install", moves[1])
        day = moves[2].replace(hour=0, minute=0, second=0, microsecond=0)
        both = queries.answered(line.gov, day, day + timedelta(days=1))
        assert [one.model for one in both] == [first.candidate, second.candidate]
        assert queries.answered(line.gov, moves[0] - timedelta(days=1)) == ()
        assert queries.versions(line.gov)[-1].until is None

    def test_what_was_known_then_is_told_as_it_was_known(self, line):
        first, second = line.bundles
        moves = [one.valid_from for one in queries.model_history(line.gov)]
        later = moves[2] + timedelta(days=1)
        (now_known,) = queries.answered(line.gov, later)
        (then_known,) = queries.answered(line.gov, later, known_at=moves[2] - timedelta(days=1))
        assert (now_known.model, then_known.model) == (second.candidate, first.candidate)
        assert then_known.until is None and then_known.recorded_at == moves[1]
        retire(line, first.candidate)
        hold(line, "h1", model=first.candidate)
        (today,) = queries.answered(line.gov, moves[1])
        (before,) = queries.answered(line.gov, moves[1], known_at=moves[2])
        assert today.retired_at is not None and today.holds == ("h1",)
        assert before.retired_at is None and before.holds == ()
        assert queries.answered(line.gov, moves[1], known_at=moves[0] - timedelta(days=1)) == ()

    def test_a_version_that_came_back_has_two_spans(self, line):
        commands.rollback(line.gov, model=digest("model-0"), actor="admin", reason="complaints")
        spans = [one for one in queries.versions(line.gov) if one.model == digest("model-0")]
        assert [one.kind for one in spans] == ["install", "rollback"]
        assert spans[0].until is not None and spans[1].until is None
        assert (spans[1].reason, spans[1].put_there_by) == ("complaints", "admin")


class TestLineage:
    def test_a_version_is_traced_to_the_base_model(self, line):
        steps = queries.model_lineage(line.gov, line.bundles[1].candidate)
        assert [(step.model, step.made_by, step.update_id, step.parent) for step in steps] == [
            (digest("model-u2"), "update", "u2", digest("model-u1")),
            (digest("model-u1"), "update", "u1", digest("model-0")),
            (digest("model-0"), "installation", None, digest("base")),
            (digest("base"), "publisher", None, None),
        ]
        assert steps[0].guideline_title == "Wheezing" and steps[0].verdict == "PASS" and steps[0].promoted

    def test_a_candidate_that_never_answered_has_one_too(self, line):
        world = line
        world.submitted("u3", priors=queries.prior_suites(world.gov))
        steps = queries.model_lineage(world.gov, digest("model-u3"))
        assert [step.update_id for step in steps] == ["u3", "u2", "u1", None, None]
        assert [step.promoted for step in steps] == [False, True, True, True, False]

    def test_a_stranger_has_none(self, line):
        with pytest.raises(NotFoundError, match="neither installed nor made"):
            queries.model_lineage(line.gov, digest("stranger"))


class TestRetirement:
    def test_a_retired_version_is_never_in_force_again(self, line):
        first = line.bundles[0].candidate
        made = retire(line, first)
        assert (made.actor, made.reason) == ("abel", "superseded")
        with pytest.raises(PromotionError, match="was retired on"):
            commands.rollback(line.gov, model=first, actor="admin", reason="please")
        with pytest.raises(PromotionError, match="was retired on"):
            retire(line, first)
        assert queries.current_model(line.gov).current == line.bundles[1].candidate
        assert commands.verify_store(line.gov).problems == []

    def test_a_retired_candidate_is_not_promoted_however_approved(self, world):
        bundle = world.approved("u1")
        retire(world, bundle.candidate, reason="its guideline was withdrawn")
        with pytest.raises(PromotionError, match="was retired on"):
            commands.promote(world.gov, update_id="u1", actor="admin")
        assert queries.current_model(world.gov).current == world.model

    def test_the_version_in_force_is_never_retired(self, line):
        with pytest.raises(PromotionError, match="is in force"):
            retire(line, line.bundles[1].candidate)

    def test_who_may_not_and_what_is_not_there(self, line):
        with pytest.raises(RoleError, match="retire a version"):
            retire(line, line.bundles[0].candidate, "clara")
        with pytest.raises(NotFoundError, match="no version here"):
            retire(line, digest("stranger"))
        with pytest.raises(PromotionError, match="say why"):
            retire(line, line.bundles[0].candidate, reason=" ")
        with pytest.raises(PersonError, match="proved for hold"):
            by = proven(line, "abel", "hold")
            commands.retire_model(line.gov, model=line.bundles[0].candidate, by=by, reason="x")

    def test_the_database_itself_refuses(self, line):
        retire(line, line.bundles[0].candidate)
        back = "INSERT INTO promotions SELECT position + 1, 'd', 'x', current, :model, NULL, 't', 't' FROM promotions "
        with pytest.raises(IntegrityError, match="retired"), writing(line.gov.engine) as connection:
            connection.execute(text(back + "ORDER BY position DESC LIMIT 1"), {"model": line.bundles[0].candidate})
        with pytest.raises(IntegrityError, match="in force"), writing(line.gov.engine) as connection:
            row = {"model": line.bundles[1].candidate}
            connection.execute(text("INSERT INTO retirements VALUES (:model, 'd', 'x', 't')"), row)


class TestHolds:
    def test_a_hold_is_set_and_released_and_its_id_is_never_used_again(self, line):
        held = hold(line, "case-17", update_id="u1")
        assert held.subject == line.bundles[0].digest
        by = proven(line, "cora", "hold")
        commands.release_hold(line.gov, hold_id="case-17", by=by, reason="settled")
        assert [(one.kind, one.reason) for one in queries.legal_holds(line.gov)] == [
            ("set", "a lawsuit"),
            ("release", "settled"),
        ]
        with pytest.raises(HoldError, match="used before"):
            hold(line, "case-17")
        for name, words in (("case-17", "was released"), ("case-18", "never set")):
            with pytest.raises(HoldError, match=words):
                commands.release_hold(line.gov, hold_id=name, by=by, reason="settled")
        assert commands.verify_store(line.gov).problems == []

    def test_only_compliance_and_only_on_what_is_there(self, line):
        for username in ("admin", "abel"):
            with pytest.raises(RoleError, match="compliance"):
                hold(line, "h", username)
        with pytest.raises(NotFoundError):
            hold(line, "h", model=digest("stranger"))
        with pytest.raises(NotFoundError):
            hold(line, "h", update_id="stranger")
        for bad in ({"reason": " "}, {"hold_id": "no id/at all"}, {"model": digest("model-0"), "update_id": "u1"}):
            with pytest.raises(HoldError):
                hold(line, **({"hold_id": "h"} | bad))
        assert queries.legal_holds(line.gov) == ()


class TestRetention:
    def why(self, world):
        return {(one.kind, one.owners): one.kept_because for one in queries.retention_list(world.gov)}

    def test_nothing_goes_before_its_years_are_over(self, line):
        retire(line, digest("model-0"))
        ended = queries.versions(line.gov)[0].until
        line.clock.moment = years_later(ended, 6) - timedelta(minutes=1)
        assert apply(line) == ()
        (entry,) = [one for one in queries.retention_list(line.gov) if one.object == digest("adapter-0")]
        assert entry.deletable_from == years_later(ended, 6) and "6 years end on" in entry.kept_because
        with pytest.raises(RetentionError, match="6 years end on"):
            apply(line, only=(digest("adapter-0"),))
        line.clock.moment += timedelta(minutes=2)
        (made,) = apply(line, only=(digest("adapter-0"),))
        assert (made.object, made.kind, made.last_in_effect) == (digest("adapter-0"), "adapter", ended)
        assert not line.gov.objects.has(digest("adapter-0"))
        assert queries.events(line.gov, action="object-deleted")[0].details["object"] == digest("adapter-0")
        assert commands.verify_store(line.gov).problems == []
        assert apply(line) == ()

    def test_the_years_are_a_setting(self, line):
        retire(line, digest("model-0"))
        object.__setattr__(line.gov, "rules", Rules(retention_years=10))
        line.clock.moment += YEARS
        assert apply(line) == ()
        line.clock.moment += timedelta(days=4 * 366)
        assert [one.object for one in apply(line)] == [digest("adapter-0")]

    def test_what_can_be_rolled_back_to_and_what_answers_stays_for_ever(self, line):
        line.clock.moment += 3 * YEARS
        assert apply(line) == ()
        why = self.why(line)
        assert "is not retired" in why["adapter", ("update u1",)]
        assert "is in force" in why["adapter", ("update u2",)]

    def test_an_object_of_two_owners_stays_until_both_are_past(self, line):
        """The replies of version 1 were judged in u1 as the candidate's, and in u2 as the incumbent's."""
        shared = scores(suite("known"), digest("model-u1"), 1).digest
        one = next(entry for entry in queries.retention_list(line.gov) if entry.object == shared)
        assert one.owners == ("update u2",)
        retire(line, line.bundles[0].candidate)
        retire(line, digest("model-0"))
        line.clock.moment += YEARS
        apply(line)
        assert line.gov.objects.has(shared) and not line.gov.objects.has(digest("adapter-u1"))

    def test_a_hold_outlasts_the_years(self, line):
        for model in (digest("model-0"), line.bundles[0].candidate):
            retire(line, model)
        hold(line, "one-version", model=line.bundles[0].candidate)
        line.clock.moment += YEARS
        assert [one.object for one in apply(line)] == [digest("adapter-0")]
        hold(line, "all")
        for only in (digest("adapter-u1"), line.bundles[0].demonstrations):
            with pytest.raises(RetentionError, match="legal hold one-version, all"):
                apply(line, only=(only,))
        for name in ("one-version", "all"):
            commands.release_hold(line.gov, hold_id=name, by=proven(line, "cora", "hold"), reason="settled")
        kinds = sorted(one.kind for one in apply(line))
        assert kinds.count("adapter") == kinds.count("demonstrations") == 1 and kinds.count("scores") >= 2
        assert commands.verify_store(line.gov).problems == []

    def test_the_proof_of_the_history_outlives_the_replies(self, line, tmp_path):
        retire(line, line.bundles[0].candidate)
        line.clock.moment += YEARS
        assert apply(line)
        detail = queries.update_detail(line.gov, "u1")
        assert detail.decision.verdict == "PASS" and len(detail.signatures) == 2
        with pytest.raises(RetentionError, match="its replies were deleted"):
            queries.item_changes(line.gov, "u1")
        assert queries.item_changes(line.gov, "u2")
        assert [one.update_id for one in queries.model_lineage(line.gov, line.bundles[1].candidate)][:2] == ["u2", "u1"]
        export = commands.export_audit(line.gov, tmp_path / "audit.zip", actor="cora")
        assert commands.verify_export(export).problems == []

    def test_an_update_that_never_answered_counts_from_its_end(self, line):
        priors = queries.prior_suites(line.gov)
        rejected, waiting = line.submitted("no", priors=priors), line.submitted("waits", priors=priors)
        line.sign(rejected, "clara", "reject")
        line.gov.objects.put(b"adapter-no")
        line.gov.objects.put(b"adapter-waits")
        line.clock.moment += YEARS
        done = {one.object for one in apply(line)}
        assert rejected.adapter in done and waiting.adapter not in done
        assert "is waiting for review" in self.why(line)["adapter", ("update waits",)]

    def test_only_compliance_with_a_reason_and_all_or_nothing(self, line):
        retire(line, digest("model-0"))
        line.clock.moment += YEARS
        with pytest.raises(RoleError):
            apply(line, "admin")
        with pytest.raises(RetentionError, match="on what grounds"):
            apply(line, reason=" ")
        with pytest.raises(RetentionError, match="is kept"):
            apply(line, only=(digest("adapter-0"), digest("adapter-u2")))
        for never in (digest("stranger"), line.bundles[0].digest, line.bundles[0].guideline):
            with pytest.raises(NotFoundError, match="ever deleted"):
                apply(line, only=(never,))
        assert line.gov.objects.has(digest("adapter-0"))
        assert queries.events(line.gov, action="object-deleted") == ()

    def test_a_run_that_died_before_the_files_went_is_finished_by_the_next(self, line, monkeypatch):
        retire(line, digest("model-0"))
        line.clock.moment += YEARS

        def dies(*_):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr("governance.store.objects.ObjectStore.delete", dies)
            apply(line)
        assert line.gov.objects.has(digest("adapter-0"))
        assert apply(line) == ()
        assert not line.gov.objects.has(digest("adapter-0"))
        assert len(queries.events(line.gov, action="object-deleted")) == 1

    def test_what_is_stored_again_and_in_effect_stays(self, line):
        retire(line, digest("model-0"))
        line.clock.moment += YEARS
        apply(line)
        line.gov.objects.put(b"adapter-0")
        same = {
            "adapter": digest("adapter-0"),
            "manifest": line.gov.objects.put_contract(manifest(digest("adapter-0"))),
        }
        line.submitted("again", priors=queries.prior_suites(line.gov), **same)
        assert apply(line) == () and line.gov.objects.has(digest("adapter-0"))

    def test_years_are_calendar_years(self):
        assert years_later(datetime(2026, 3, 1, tzinfo=UTC), 6) == datetime(2032, 3, 1, tzinfo=UTC)
        assert years_later(datetime(2028, 2, 29, tzinfo=UTC), 6) == datetime(2034, 3, 1, tzinfo=UTC)


def test_an_object_that_is_gone_without_a_deletion_shows(line):
    missing = line.bundles[0].incumbent_scores[0]
    line.gov.objects.path(missing).unlink()
    assert [str(problem) for problem in commands.verify_store(line.gov).problems] == [
        f"objects: {missing} of update u1 is missing"
    ]


@pytest.fixture
def ended(line):
    """A world with a row in every table that came with identity and keeping."""
    import pyotp

    fresh = commands.new_totp("clara")
    code = pyotp.TOTP(fresh.secret).at(line.clock.moment)
    commands.enroll_totp(line.gov, username="clara", password=PASSWORD, secret=fresh.secret, code=code)
    retire(line, digest("model-0"))
    hold(line, "h1", update_id="u2")
    line.clock.moment += YEARS
    assert apply(line)
    commands.checkpoint(line.gov)
    assert commands.verify_store(line.gov).problems == []
    return line


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE credentials SET value = CAST('mine' AS BLOB)", "credentials"),
        ("UPDATE credentials SET username = 'abel'", "credentials"),
        ("UPDATE credentials SET kind = 'oidc'", "credentials"),
        ("INSERT INTO credentials VALUES (2, 'clara', 'totp', CAST('' AS BLOB))", "credentials"),
        ("DELETE FROM credentials", "credentials"),
        ("DELETE FROM proofs_used", "proofs_used"),
        ("UPDATE proofs_used SET step = 0", "proofs_used"),
        ("UPDATE proofs_used SET proof = 'totp:7', step = 7", "proofs_used"),
        ("DELETE FROM retirements", "retirements"),
        ("UPDATE retirements SET model = (SELECT current FROM promotions WHERE position = 2)", "retirements"),
        ("UPDATE retirements SET retired_at = '2020-01-01T00:00:00.000000Z'", "retirements"),
        ("UPDATE retirements SET canonical = CAST(replace(canonical, 'abel', 'cora') AS BLOB)", "retirements"),
        ("DELETE FROM holds", "holds"),
        ("UPDATE holds SET hold_id = 'h2'", "holds"),
        ("UPDATE holds SET kind = 'release'", "holds"),
        ("UPDATE holds SET canonical = CAST('{}' AS BLOB)", "holds"),
        ("DELETE FROM deletions", "deletions"),
        ("UPDATE deletions SET object = digest", "deletions"),
        ("UPDATE deletions SET deleted_at = '2020-01-01T00:00:00.000000Z'", "deletions"),
        ("UPDATE promotions SET valid_from = '2020-01-01T00:00:00.000000Z' WHERE position = 2", "promotions"),
        ("UPDATE promotions SET recorded_at = '2020-01-01T00:00:00.000000Z' WHERE position = 2", "promotions"),
        ("UPDATE promotions SET update_id = NULL WHERE position = 2", "promotions"),
        ("UPDATE signatures SET username = 'carl' WHERE position = 1", "signatures"),
        ("UPDATE signatures SET decision = 'reject' WHERE position = 1", "signatures"),
        ("UPDATE people SET username_key = 'clara-the-first' WHERE username = 'clara'", "people"),
    ],
)
def test_every_table_must_say_what_the_log_says(ended, statement, where):
    with unguarded(ended.gov.engine) as connection:
        assert connection.exec_driver_sql(_in_dialect(statement, connection.dialect.name)).rowcount
    report = commands.verify_store(ended.gov)
    assert {problem.where for problem in report.problems} == {where}


def _in_dialect(statement, dialect):
    """PostgreSQL has no BLOB and keeps text and bytes apart."""
    if dialect == "sqlite":
        return statement
    statement = statement.replace("replace(canonical,", "replace(convert_from(canonical, 'UTF8'),")
    return re.sub(r"CAST\((.+) AS BLOB\)", r"convert_to(\1, 'UTF8')", statement)


def test_a_change_of_the_rules_is_an_event(world):
    (world.gov.workspace / "config.toml").write_text("[governance]\nrequire_totp = true\nretention_years = 8\n")
    for _ in range(2):
        gov = commands.open_governance(world.gov.workspace, database_url=world.url, clock=world.clock)
    changes = queries.events(gov, action="rules-changed")
    assert [(event.actor, event.details["require_totp"], event.details["retention_years"]) for event in changes] == [
        ("system", True, 8)
    ]
    (world.gov.workspace / "config.toml").unlink()
    commands.open_governance(world.gov.workspace, database_url=world.url, clock=world.clock)
    assert len(queries.events(gov, action="rules-changed")) == 2
