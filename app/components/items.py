"""What changes: every item with both answers side by side, the broken ones first."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from app.components.markup import html, link, quoted, tag
from app.components.pager import controls, first_row
from app.components.words import CHANGES
from data_contracts import Turn
from governance.services.views import Change, ItemChange

PAGE_SIZE = 10
EVERYWHERE, NEW, PRIOR = "all suites", "new suite", "prior suites"

SPEAKERS = {"system": "Instruction", "user": "User", "assistant": "Assistant"}

_ORDER = list(CHANGES)
_SMALL = "color:#51606e;font-size:0.9rem"
_ROW = "display:flex;flex-wrap:wrap;gap:6px 24px"
_ANSWER = "white-space:pre-wrap;margin:2px 0 0 0"


def items_tab(update_id: str, items: Sequence[ItemChange]) -> None:
    """Show filters and one page of items."""
    shown, where, words = _filters(update_id, items)
    found = sorted(
        (item for item in items if _matches(item, shown, where, words)),
        key=lambda item: (_ORDER.index(item.change), not item.new),
    )
    key = f"items_{update_id}_{'-'.join(sorted(shown))}_{where}_{words}"
    start = first_row(key, PAGE_SIZE)
    page = found[start : start + PAGE_SIZE]
    st.caption(f"{len(found)} of {len(items)} items match.")
    for item in page:
        _card(item)
    if len(found) > PAGE_SIZE:
        more = start + PAGE_SIZE < len(found)
        controls(key, size=PAGE_SIZE, shown=len(page), more=more, what="Items")


def _filters(update_id: str, items: Sequence[ItemChange]) -> tuple[set[Change], str, str]:
    counts = {change: sum(item.change == change for item in items) for change in _ORDER}
    shown = st.pills(
        "Show",
        _ORDER,
        selection_mode="multi",
        default=[change for change in _ORDER if change != "same-right"],
        format_func=lambda change: f"{CHANGES[change]} ({counts[change]})",
        key=f"items_change_{update_id}",
    )
    first, second = st.columns(2, vertical_alignment="bottom")
    where = first.radio("In", (EVERYWHERE, NEW, PRIOR), horizontal=True, key=f"items_where_{update_id}")
    words = second.text_input(
        "Search questions and answers", key=f"items_search_{update_id}", placeholder="a word, or an item's id"
    )
    return set(shown), where, words.strip().casefold()


def _matches(item: ItemChange, shown: set[Change], where: str, words: str) -> bool:
    if item.change not in shown or (where != EVERYWHERE and item.new != (where == NEW)):
        return False
    said = (turn.content for turn in item.turns)
    answers = (item.expected, item.incumbent_reply, item.candidate_reply)
    fields = (item.item_id, *said, item.question, *item.options, *answers)
    return not words or any(words in field.casefold() for field in fields)


def _card(item: ItemChange) -> None:
    origin = f"{'new' if item.new else 'prior'} suite {item.suite_id}, item {item.item_id}, {item.specialty}"
    must = " · must-pass item" if item.must_pass else ""
    verb = "chooses" if item.options else "answers"
    with st.container(border=True):
        html(
            tag("strong", CHANGES[item.change]),
            tag("span", f" · {origin}{must}", _SMALL),
            *(_turn(turn) for turn in item.turns),
            tag("p", item.question, "white-space:pre-wrap;margin:6px 0"),
            _options(item),
            f'<div style="{_ROW}">',
            _answer("Expected", "", item.expected),
            _answer(f"In force {verb}", _mark(item.incumbent_score), item.incumbent_reply),
            _answer(f"Proposed {verb}", _mark(item.candidate_score), item.candidate_reply),
            "</div>",
            _basis(item) if item.new else "",
        )


def _turn(turn: Turn) -> str:
    return tag("p", f"{SPEAKERS[turn.role]}: {turn.content}", f"{_SMALL};white-space:pre-wrap;margin:4px 0")


def _options(item: ItemChange) -> str:
    """Return what was chosen among; letters whose words stand in the question need no list of their own."""
    if not item.options or all(len(option) == 1 for option in item.options):
        return ""
    rows = "".join(tag("li", option) for option in item.options)
    return f'<ul style="margin:0 0 6px 0">{rows}</ul>'


def _mark(score: float) -> str:
    return ": ✓ right" if score == 1.0 else ": ✗ wrong" if score == 0.0 else f": scored {score:.2f}"


def _answer(name: str, mark: str, reply: str) -> str:
    heading = f'<span style="{_SMALL}">{escape(name)}{tag("strong", mark)}</span>'
    return f'<div style="flex:1 1 220px">{heading}{tag("p", reply or "(no answer)", _ANSWER)}</div>'


def _basis(item: ItemChange) -> str:
    if item.quote is None or item.source is None:
        words = "The guideline holds no recommendation with exactly this answer; see the Guideline tab."
        return tag("p", words, f"{_SMALL};margin:8px 0 0 0")
    heading = f"On these words of the guideline ({link(item.source)}):"
    return f'<p style="{_SMALL};margin:8px 0 0 0">{heading}</p>{quoted(item.quote)}'
