"""The top of an update's page: the verdict, why, the picture, and four numbers."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from app.components.margins import picture
from app.components.markup import html, plain, tag
from app.components.words import CONTROL, VERDICTS, percent, points
from data_contracts import Verdict
from governance.services.views import ItemChange, UpdateDetail

_SMALL = "color:#51606e;font-size:0.9rem"
_BIG = "font-size:1.7rem;margin:0"
_ABOVE = "margin:8px 0 0 0;font-size:0.95rem"
_BELOW = "margin:0;padding-left:14px;font-size:0.95rem"


def banner(detail: UpdateDetail, explanation: str) -> None:
    """Show the gate's verdict in one line, and whether this is a control arm."""
    shades = {Verdict.PASS: st.success, Verdict.FAIL: st.error}
    mark = VERDICTS[detail.decision.verdict].split()[0]
    shades.get(detail.decision.verdict, st.warning)(f"**{mark} {plain(explanation.splitlines()[0])}**")
    if detail.control:
        st.warning(f"**{CONTROL.capitalize()}**: shown to compare, whatever the gate says of it.")


def reasons(detail: UpdateDetail, explanation: str) -> None:
    """Show the gate's explanation suite by suite, and the picture beside it."""
    lines = explanation.splitlines()[1:]
    judged = [line for line in lines[1:] if line.startswith("  ") or "  " in line]
    words, drawn = st.columns([5, 6], gap="large")
    with words:
        st.markdown("**Why the gate says so**")
        html(*(_line(line) for line in judged))
        for line in lines:
            if line and line not in judged:
                st.caption(plain(line))
    with drawn:
        st.markdown("**What was seen, and what is allowed**")
        if detail.decision.judgements:
            picture(detail.decision.judgements)
        else:
            st.caption("There is no picture: the gate could not judge.")


def numbers(items: Sequence[ItemChange]) -> None:
    """Show accuracy before and after on the new suite and on the prior ones, and how many items changed."""
    new, prior = [item for item in items if item.new], [item for item in items if not item.new]
    cells = st.columns([5, 5, 4, 4])
    with cells[0]:
        _accuracy("New suite, right answers", new)
    with cells[1]:
        _accuracy("Prior suites, right answers", prior)
    for cell, change, name in ((cells[2], "broken", "✗ Broken items"), (cells[3], "fixed", "✓ Fixed items")):
        on_new = sum(item.change == change for item in new)
        on_prior = sum(item.change == change for item in prior)
        with cell:
            _number(name, str(on_new + on_prior), f"{on_prior} on prior suites, {on_new} on the new suite")


def _accuracy(name: str, items: Sequence[ItemChange]) -> None:
    if not items:
        _number(name, "not measured", "no item has both answers")
        return
    before = sum(item.incumbent_score for item in items) / len(items)
    after = sum(item.candidate_score for item in items) / len(items)
    number = f"{percent(before)} → {percent(after)}"
    _number(name, number, f"in force → proposed: {points(after - before)}, {len(items)} items")


def _number(name: str, number: str, below: str) -> None:
    with st.container(border=True, height="stretch"):
        html(tag("span", name), tag("p", number, _BIG), tag("span", below, _SMALL))


def _line(line: str) -> str:
    if line.startswith("  "):
        return tag("p", line.strip(), _BELOW)
    head, _, rest = line.partition("  ")
    return f'<p style="{_ABOVE}">{tag("strong", head)} {escape(rest)}</p>'
