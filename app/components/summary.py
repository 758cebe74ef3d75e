"""The top of an update's page: the verdict, why, the picture, and four numbers."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from app.components.margins import picture
from app.components.markup import html
from app.components.words import CONTROL, VERDICTS, percent, points
from data_contracts import Verdict
from governance.services.views import ItemChange, UpdateDetail

_INDENTED = "margin:0 0 8px 0;padding-left:14px"


def verdict(detail: UpdateDetail, explanation: str) -> None:
    """Show the gate's verdict, its explanation in full, and the picture beside it."""
    headline, *rest = explanation.splitlines()
    banner = {Verdict.PASS: st.success, Verdict.FAIL: st.error}.get(detail.decision.verdict, st.warning)
    mark = VERDICTS[detail.decision.verdict].split()[0]
    banner(f"**{mark} {headline}**")
    if detail.control:
        st.warning(f"**This is a {CONTROL.replace(' – ', ' arm – ')}**: it shows what plain fine-tuning would do.")
    words, drawn = st.columns([1, 1], gap="large")
    with words:
        st.markdown("**Why the gate says so**")
        html(*(_line(line) for line in rest))
    with drawn:
        st.markdown("**What was seen, and what is allowed**")
        if detail.decision.judgements:
            picture(detail.decision.judgements)
        else:
            st.caption("There is no picture: the gate could not judge.")


def numbers(items: Sequence[ItemChange]) -> None:
    """Show accuracy before and after on the new suite and on the prior ones, and how many items changed."""
    new, prior = [item for item in items if item.new], [item for item in items if not item.new]
    cells = st.columns(4)
    with cells[0]:
        _accuracy("New suite, right answers", new)
    with cells[1]:
        _accuracy("Prior suites, right answers", prior)
    for cell, change, name in ((cells[2], "broken", "✗ Broken"), (cells[3], "fixed", "✓ Fixed")):
        on_new = sum(item.change == change for item in new)
        on_prior = sum(item.change == change for item in prior)
        with cell:
            st.metric(f"{name} (items)", on_new + on_prior, border=True, height="stretch")
            st.caption(f"{on_prior} on prior suites, {on_new} on the new suite")


def _accuracy(name: str, items: Sequence[ItemChange]) -> None:
    if not items:
        st.metric(name, "not measured", border=True)
        return
    before = sum(item.incumbent_score for item in items) / len(items)
    after = sum(item.candidate_score for item in items) / len(items)
    st.metric(name, f"{percent(before)} → {percent(after)}", border=True, height="stretch")
    st.caption(f"{points(after - before)}, in force → proposed, {len(items)} items")


def _line(line: str) -> str:
    if not line:
        return ""
    if line.startswith("  "):
        return f'<p style="{_INDENTED}">{escape(line.strip())}</p>'
    head, space, rest = line.partition("  ")
    if not space:
        return f'<p style="margin:0 0 8px 0">{escape(line)}</p>'
    return f'<p style="margin:0"><strong>{escape(head)}</strong> {escape(rest)}</p>'
