"""How the review page shows conversations and choices."""

from streamlit.testing.v1 import AppTest


def page() -> None:
    from app.components.items import items_tab
    from data_contracts import Turn
    from governance.services.views import ItemChange

    common = {"suite_id": "s", "suite": "sha256:" + "0" * 64, "new": False, "specialty": "x", "must_pass": False}
    none = {"quote": None, "statement": None, "source": None, "incumbent_score": 1.0, "candidate_score": 0.0}
    turns = (
        Turn(role="system", content="Be <kind>."),
        Turn(role="user", content="Hi"),
        Turn(role="assistant", content="Yes?"),
    )
    spoken = {"question": "Which?", "expected": "gout", "incumbent_reply": "gout", "candidate_reply": "flu"}
    lettered = spoken | {"question": "Which?\nA. gout\nB. flu", "expected": "A", "incumbent_reply": "A"}
    items_tab(
        "u1",
        [
            ItemChange(item_id="chat", change="broken", turns=turns, **common, **none, **spoken),
            ItemChange(item_id="words", change="broken", options=("gout", "<flu>"), **common, **none, **spoken),
            ItemChange(item_id="letters", change="broken", options=("A", "B"), **common, **none, **lettered),
        ],
    )


def test_conversations_and_options_are_shown_and_escaped() -> None:
    app = AppTest.from_function(page, default_timeout=30).run()
    chat, words, letters = (html.value for html in app.html)
    assert chat.index("Instruction: Be &lt;kind&gt;.") < chat.index("User: Hi") < chat.index("Assistant: Yes?")
    assert chat.index("Assistant: Yes?") < chat.index("Which?") and "In force answers" in chat
    assert "&lt;flu&gt;</li>" in words and "In force chooses" in words and "Proposed chooses" in words
    assert "<li" not in letters and "A. gout" in letters


def test_the_search_finds_what_was_said_before_the_question() -> None:
    app = AppTest.from_function(page, default_timeout=30).run()
    app.text_input[0].input("be <kind>").run()
    assert len(app.html) == 1 and "chat" in app.html[0].value
