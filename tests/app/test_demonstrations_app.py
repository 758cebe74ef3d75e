"""A clinician decides on drafted demonstrations in the app."""

import re

import pytest
from review_clinic import PASSWORD, digest
from test_review_app import sign_in, text, whole

from data_contracts import CategoryCount, DraftDemonstration
from governance.services import commands, queries

UPDATE = "toes-1234"


def draft(name: str, **changes: object) -> DraftDemonstration:
    fields: dict[str, object] = {
        "id": name,
        "guideline": digest("toes"),
        "recommendation": "R1",
        "question": f"{name}: a hot toe?",
        "answer": "Most likely: gout.",
        "label": "gout",
        "quote": "Suspect gout in a hot toe.",
        "place": "toes.pdf, page 3",
        "source_sha256": digest("toes.pdf"),
    }
    return DraftDemonstration.model_validate(fields | changes)


@pytest.fixture
def drafted(gov):
    rows = [
        draft("one", record=digest("record"), replaced=(CategoryCount(category="NAME", count=2),)),
        draft("two"),
        draft("three", question=None, answer=None, label=None),
    ]
    subject = gov.objects.put(b"".join(row.canonical_bytes() + b"\n" for row in rows))
    action = "demonstrations-await-acceptance"
    commands.record_event(gov, actor="rita", action=action, subject=subject, update_id=UPDATE)
    return gov


def page(username: str):
    return whole(sign_in(username).switch_page("views/demonstrations.py").run())


def decide(app, name: str, decision: str, reason: str = "as the source says", password: str = PASSWORD, **texts: str):
    app.radio(key=f"draft_decision_{name}").set_value(decision)
    app.text_input(key=f"draft_reason_{name}").input(reason)
    for field, value in texts.items():
        widget = app.text_input if field == "label" else app.text_area
        widget(key=f"draft_{field}_{name}").input(value)
    field = next(one for one in app.text_input if re.fullmatch(rf"draft_{name}_password_\d+", one.key or ""))
    field.input(password)
    return whole(app.button(key=f"draft_submit_{name}").click().run())


def test_drafts_stand_beside_their_source_and_what_was_replaced(drafted):
    shown = text(page("clara"))
    assert "3 of 3 drafts wait" in shown and "toes.pdf, page 3" in shown and "2 NAME" in shown
    assert "Suspect gout in a hot toe." in shown and "nothing yet" in shown
    reads = [event.details.get("page") for event in queries.events(drafted, action="page-read", limit=None)]
    assert "demonstrations" in reads


def test_others_read_and_do_not_decide(drafted):
    app = page("abel")
    assert "Clinicians decide on drafts" in text(app)
    assert not [button.key for button in app.button if (button.key or "").startswith("draft_submit")]


def test_accept_edit_and_refuse(drafted):
    app = decide(page("clara"), "one", "accepted", password="wrong wrong wrong")
    assert "do not belong together" in text(app) and len(queries.drafts(drafted, UPDATE).waiting) == 3
    app = decide(app, "one", "accepted")
    app = decide(app, "two", "refused")
    app = decide(app, "three", "edited", question="A hot toe?", answer="It is gout.", label="gout")
    assert "Every draft is decided on" in text(app)
    state = queries.drafts(drafted, UPDATE)
    assert [(row.id, row.question) for row in state.accepted] == [("one", "one: a hot toe?"), ("three", "A hot toe?")]
    by = {event.action: event.actor for event in queries.events(drafted, update_id=UPDATE, limit=None)}
    assert by["demonstration-edited"] == by["demonstration-refused"] == "clara"


def test_an_edit_without_its_words_is_refused_in_one_line(drafted):
    app = decide(page("clara"), "three", "edited", question="A hot toe?")
    assert "needs a question, a reply, and what must be said" in text(app)
    assert len(queries.drafts(drafted, UPDATE).waiting) == 3
