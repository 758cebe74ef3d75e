"""People use the app: sign-in, queue, an update's page, signatures, promotion, the audit page."""

import io
import re
import sqlite3
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
import review_clinic
from review_clinic import PASSWORD, QUOTE, digest
from streamlit.testing.v1 import AppTest

from app import workspace
from app.components.signing import MEANINGS
from data_contracts import UpdateStatus
from governance.services import commands, queries

MAIN = str(Path(workspace.__file__).with_name("main.py"))


def opened() -> AppTest:
    return AppTest.from_file(MAIN, default_timeout=30).run()


def sign_in(username: str, password: str = PASSWORD) -> AppTest:
    app = opened()
    app.text_input(key="sign_in_username").input(username)
    app.text_input(key="sign_in_password").input(password)
    app.button[0].click().run()
    return whole(app)


def on_update(username: str, update_id: str = "good") -> AppTest:
    return whole(sign_in(username).button(key=f"open_{update_id}").click().run())


def on_page(username: str, name: str) -> AppTest:
    return whole(sign_in(username).switch_page(f"views/{name}.py").run())


def sign(app: AppTest, decision: str, reason: str, password: str = PASSWORD) -> AppTest:
    app.radio(key="sign_decision_good").set_value(decision)
    app.text_area(key="sign_reason_good").input(reason)
    field = next(field for field in app.text_input if field.label.startswith("Password of"))
    field.input(password)
    return whole(app.button(key="sign_submit_good").click().run())


def whole(app: AppTest) -> AppTest:
    """Return the app when nothing in it broke."""
    assert not app.exception
    return app


def text(app: AppTest) -> str:
    """Return all words on the page."""
    elements = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.html]
    elements += [*app.info, *app.success, *app.warning, *app.error, *app.text]
    return re.sub(r"\\(.)", r"\1", "\n".join(str(element.value) for element in elements))


def keys(app: AppTest) -> set[str]:
    widgets = [*app.button, *app.radio, *app.text_area, *app.text_input, *app.checkbox, *app.selectbox]
    return {widget.key for widget in widgets if widget.key}


def actions(gov, **filters) -> list[str]:
    return [event.action for event in queries.events(gov, limit=None, **filters)]


class TestSignIn:
    def test_nothing_is_visible_before(self, folder):
        app = whole(opened())
        assert "Wheezing" not in text(app)
        assert {key for key in keys(app) if "sign_in" not in key} == set()
        for name in ("queue", "update", "audit", "model"):
            app = opened().switch_page(f"views/{name}.py")
            app.query_params["id"] = "good"
            assert text(whole(app.run())) == text(opened())

    def test_it_opens_the_page_that_was_asked_for(self, folder):
        app = opened().switch_page("views/update.py")
        app.query_params["id"] = "good"
        app.run()
        app.text_input(key="sign_in_username").input("clara")
        app.text_input(key="sign_in_password").input(PASSWORD)
        app.button[0].click().run()
        assert whole(app).title[0].value == "Wheezing in adults"

    @pytest.mark.parametrize(("username", "password"), [("clara", "wrong"), ("nobody", PASSWORD), ("", "")])
    def test_a_wrong_password_gives_one_line(self, folder, username, password):
        app = sign_in(username, password)
        assert [error.value.replace("\\", "") for error in app.error] == [
            "sign-in: username and password do not belong together; type both again; after 5 failures an account "
            "waits 15 minutes or longer"
        ]
        assert "Wheezing" not in text(app)

    def test_after_fifteen_idle_minutes_the_session_is_over(self, folder):
        app = on_update("clara")
        app.session_state["auth_seen"] -= timedelta(minutes=14, seconds=50)
        assert "Wheezing" in text(whole(app.run()))
        app.session_state["auth_seen"] -= timedelta(minutes=15, seconds=1)
        assert "Wheezing" not in text(whole(app.run()))
        assert "15 minutes" in app.info[0].value
        assert "auth_person" not in app.session_state

    def test_signing_out_forgets_what_was_typed(self, folder):
        app = on_update("clara")
        app.text_area(key="sign_reason_good").input("half a thought")
        next(button for button in app.button if button.label == "Sign out").click().run()
        assert app.info[0].value == "You are signed out."
        assert "sign_reason_good" not in app.session_state and "Wheezing" not in text(app)

    def test_a_folder_that_is_no_workspace_gives_one_line(self, tmp_path, monkeypatch):
        monkeypatch.setenv("CLINICAL_SDFT_WORKSPACE", str(tmp_path))
        assert "not a workspace" in text(whole(opened()))
        monkeypatch.delenv("CLINICAL_SDFT_WORKSPACE")
        assert "No workspace" in text(whole(opened()))


class TestQueue:
    def test_it_lists_updates_the_most_urgent_first(self, folder):
        app = sign_in("clara")
        assert [heading.value for heading in app.subheader] == [
            "Waiting for review (1)",
            "Blocked by the gate (1)",
            "Control arms, for comparison (1)",
        ]
        assert [b.key for b in app.button if (b.key or "").startswith("open_")] == [
            "open_good",
            "open_bad",
            "open_plain",
        ]
        words = text(app)
        for expected in ("✓ PASS", "✗ FAIL", "0 of 2 approvals", "control – never promoted", "Requested by rita"):
            assert expected in words

    def test_an_empty_one_says_what_to_do(self, tmp_path, monkeypatch):
        review_clinic.build(tmp_path / "empty", empty=True).engine.dispose()
        monkeypatch.setenv("CLINICAL_SDFT_WORKSPACE", str(tmp_path / "empty"))
        assert "clinical-sdft update run" in text(sign_in("clara"))


class TestUpdatePage:
    def test_it_shows_verdict_reasons_and_four_numbers(self, folder):
        words = text(on_update("clara"))
        assert "✓ PASS: the update may go on to clinical review" in words
        assert "A true drop above" in words and "How to read this" in words
        assert "22.5% → 87.5%" in words and "89.1% → 85.9%" in words
        assert "2 on prior suites, 1 on the new suite" in words
        assert "0 on prior suites, 27 on the new suite" in words

    def test_it_shows_old_and_new_answers_with_the_guidelines_words_broken_items_first(self, folder):
        cards = [html.value for html in on_update("clara").html if "Proposed answers" in html.value]
        assert len(cards) == 10
        assert ["✗ broken" in card for card in cards] == [True] * 3 + [False] * 7
        assert QUOTE in cards[0] and 'href="https://example.org/wheezing"' in cards[0]
        assert "It is asthma." in cards[0] and "It is a common cold." in cards[0]
        assert QUOTE not in cards[1] and "prior suite" in cards[1]

    def test_what_others_wrote_is_escaped(self, folder):
        raw = "".join(html.value for html in on_update("clara").html)
        assert "&lt;b&gt;BP 120/80&lt;/b&gt;" in raw and "<b>" not in raw
        assert "Ask about &lt;triggers&gt; &amp; nights." in raw

    def test_filters_search_and_pages(self, folder):
        app = on_update("clara")
        whole(app.radio(key="items_where_good").set_value("prior suites").run())
        app.button_group(key="items_change_good").set_value(["broken"]).run()
        cards = [html.value for html in whole(app).html if "Proposed answers" in html.value]
        assert len(cards) == 2 and all("prior suite" in card for card in cards)
        app.text_input(key="items_search_good").input("cardiology").run()
        assert "1 of 104 items match." in text(whole(app))
        app = on_update("clara")
        next(button for button in app.button if button.label == "Next").click().run()
        assert "Items: 11 to 20" in text(whole(app))

    def test_it_shows_how_the_update_was_made(self, folder):
        words = text(on_update("clara"))
        for expected in ("✓ go", "6 of 32", digest("adapter good"), "0123abc", "strength: strong"):
            assert expected in words

    def test_an_unknown_update_gives_one_line(self, folder):
        app = sign_in("clara").switch_page("views/update.py")
        app.query_params["id"] = "none"
        assert len(whole(app.run()).error) == 1 and "none" in text(app)

    def test_an_altered_object_gives_one_line(self, folder, gov):
        app = sign_in("clara")
        alter(folder, queries.update_detail(gov, "good").bundle.guideline)
        app.button(key="open_good").click().run()
        assert len(whole(app).error) == 1 and "Wheezing" not in text(app)


class TestSignatures:
    def test_the_requester_cannot_sign(self, folder):
        app = on_update("rita")
        assert "You requested this update" in text(app)
        assert "sign_submit_good" not in keys(app)

    def test_without_a_signing_role_nobody_signs(self, folder):
        app = on_update("cora")
        assert "your role is compliance" in text(app) and "sign_submit_good" not in keys(app)

    @pytest.mark.parametrize(("update_id", "words"), [("bad", "Blocked by the gate"), ("plain", "control arm")])
    def test_what_does_not_wait_cannot_be_signed(self, folder, update_id, words):
        app = on_update("clara", update_id)
        assert words in text(app) and f"sign_submit_{update_id}" not in keys(app)

    def test_the_meaning_and_the_digest_are_shown_before_signing(self, folder, gov):
        app = on_update("clara")
        captions = app.radio(key="sign_decision_good").proto.captions
        assert [MEANINGS[one] in caption for one, caption in zip(MEANINGS, captions, strict=True)] == [True, True]
        assert queries.update_detail(gov, "good").bundle_digest in text(app)

    @pytest.mark.parametrize("decision", ["approve", "reject"])
    def test_what_is_shown_is_what_the_signature_says(self, folder, gov, decision):
        sign(on_update("clara"), decision, "as shown")
        (signature,) = queries.update_detail(gov, "good").signatures
        assert (signature.decision, signature.meaning) == (decision, MEANINGS[decision])

    @pytest.mark.parametrize("reason", ["", "   "])
    def test_a_rejection_needs_a_reason(self, folder, gov, reason):
        app = sign(on_update("clara"), "reject", reason)
        assert "Give a reason" in text(app)
        assert queries.update_detail(gov, "good").signatures == ()
        assert "Rejected in review" in text(sign(app, "reject", "item 31 is dangerous"))
        assert queries.update_detail(gov, "good").status is UpdateStatus.REJECTED

    def test_a_wrong_password_signs_nothing_and_keeps_the_reason(self, folder, gov):
        app = sign(on_update("clara"), "approve", "looked at it", password="guess")
        assert "do not belong together" in text(app)
        assert app.text_area(key="sign_reason_good").value == "looked at it"
        assert not any(field.value for field in app.text_input if field.label.startswith("Password of"))
        assert queries.update_detail(gov, "good").signatures == ()

    def test_two_people_approve_and_one_puts_it_in_force(self, folder, gov):
        app = sign(on_update("clara"), "approve", "all broken items are harmless")
        assert "Still missing: a signature by an approver" in text(app)
        assert "Can sign now: Abel Approver." in text(app)
        app = sign(on_update("abel"), "approve", "agreed")
        assert "Approved, not yet in force" in text(app)
        app.button(key="promote_submit_good").click().run()
        assert "Tick the box" in text(app)
        assert queries.update_detail(gov, "good").status is UpdateStatus.APPROVED
        app.checkbox(key="promote_sure_good").check()
        whole(app.button(key="promote_submit_good").click().run())
        assert "In force since" in text(app)
        assert queries.current_model(gov).update_id == "good"
        assert commands.verify_store(gov).ok

    def test_only_some_roles_put_an_update_in_force(self, folder, gov):
        sign(on_update("abel"), "approve", "agreed")
        app = sign(on_update("clara"), "approve", "agreed")
        assert "An approver or administrator can now" in text(app)
        assert "promote_submit_good" not in keys(app)
        assert "promote_submit_good" in keys(on_update("ada"))

    def test_who_approved_may_still_reject(self, folder, gov):
        app = sign(on_update("clara"), "approve", "fine")
        assert app.radio(key="sign_decision_good").options == ["✗ Reject"]
        sign(app, "reject", "on second thought, not")
        assert queries.update_detail(gov, "good").status is UpdateStatus.REJECTED


class TestModelPage:
    def test_it_shows_what_is_in_force_and_takes_it_back(self, folder, gov):
        sign(on_update("clara"), "approve", "fine")
        sign(on_update("abel"), "approve", "fine")
        commands.promote(gov, update_id="good", actor="abel")
        assert "rollback_submit" not in keys(on_page("clara", "model"))
        app = on_page("ada", "model")
        app.text_input(key="rollback_password").input(PASSWORD)
        assert "Give a reason" in text(whole(app.button(key="rollback_submit").click().run()))
        app.text_input(key="rollback_reason").input("complaints from the ward")
        app.text_input(key="rollback_password").input("guess")
        assert "do not belong together" in text(whole(app.button(key="rollback_submit").click().run()))
        assert queries.current_model(gov).update_id == "good"
        app = on_page("ada", "model")
        app.text_input(key="rollback_reason").input("complaints from the ward")
        app.text_input(key="rollback_password").input(PASSWORD)
        whole(app.button(key="rollback_submit").click().run())
        assert queries.current_model(gov).current == review_clinic.MODEL
        assert "is in force again" in text(app)


class TestAudit:
    def test_only_compliance_and_administrators_read_it(self, folder):
        for username in ("clara", "abel", "rita"):
            app = on_page(username, "audit")
            assert "for compliance officers and administrators" in text(app)
            assert not app.dataframe and "audit_export_now" not in keys(app)
        assert on_page("cora", "audit").title[0].value == "Audit log"
        assert on_page("ada", "audit").title[0].value == "Audit log"

    def test_reads_are_recorded_once_a_session_and_page(self, folder, gov):
        app = on_update("clara")
        app.run()
        app.run()
        reads = [event for event in queries.events(gov, action="page-read")]
        assert [(r.actor, r.update_id, r.details["page"]) for r in reads] == [("clara", "good", "update")]
        on_update("clara")
        on_page("cora", "audit")
        assert [event.actor for event in queries.events(gov, action="page-read")] == ["cora", "clara", "clara"]

    def test_events_are_filtered_and_paged(self, folder, gov):
        for number in range(60):
            commands.record_event(gov, actor="engine", action="made-up", details={"number": number})
        app = on_page("cora", "audit")
        assert len(app.dataframe[0].value) == 50 and "Events: 1 to 50" in text(app)
        next(button for button in app.button if button.label == "Next").click().run()
        assert "Events: 51 to" in text(whole(app))
        app.selectbox(key="audit_update").set_value("bad").run()
        assert list(whole(app).dataframe[0].value["action"]) == ["update-submitted", "gate-decided"]
        app.selectbox(key="audit_action").set_value("gate-decided").run()
        assert list(whole(app).dataframe[0].value["action"]) == ["gate-decided"]

    def test_verification_says_that_everything_holds(self, folder):
        app = on_page("cora", "audit")
        assert "Everything holds" in text(whole(app.button(key="audit_verify").click().run()))

    def test_verification_shows_an_altered_object(self, folder, gov):
        guideline = queries.update_detail(gov, "good").bundle.guideline
        alter(folder, guideline)
        app = on_page("cora", "audit")
        words = text(whole(app.button(key="audit_verify").click().run()))
        assert "✗ 1 thing does not hold" in words and f"{guideline} was altered" in words

    def test_verification_shows_an_altered_event(self, folder):
        with sqlite3.connect(folder / "store.db") as database:
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                database.execute(f"DROP TRIGGER {name}")
            database.execute("UPDATE events SET actor = 'nobody' WHERE seq = 4")
        app = on_page("cora", "audit")
        words = text(whole(app.button(key="audit_verify").click().run()))
        assert "cannot be trusted from event 4 on" in words

    def test_an_export_verifies_offline_and_leaves_nothing_behind(self, folder, gov, tmp_path):
        app = on_page("cora", "audit")
        whole(app.button(key="audit_export_now").click().run())
        name, content = app.session_state["audit_export"]
        assert name.startswith("audit-all-") and list((folder / "exports").iterdir()) == []
        assert "verify.py" in {Path(member).name for member in zipfile.ZipFile(io.BytesIO(content)).namelist()}
        (tmp_path / name).write_bytes(content)
        assert commands.verify_export(tmp_path / name).ok
        assert actions(gov)[0] == "audit-exported"


def alter(folder: Path, object_digest: str) -> None:
    """Change one byte of a stored object."""
    name = object_digest.removeprefix("sha256:")
    (path,) = [path for path in (folder / "objects").rglob("*") if name.endswith(path.name) and path.is_file()]
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
