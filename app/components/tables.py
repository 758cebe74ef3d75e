"""Small tables in plain HTML; all cells are shown as they are."""

from collections.abc import Mapping, Sequence

import streamlit as st

from app.components.markup import html, plain, tag

_CELL = "padding:3px 12px 3px 0;border-bottom:1px solid #d9dee3;vertical-align:top;overflow-wrap:anywhere"


def rows(entries: Sequence[Mapping[str, str | int]]) -> None:
    """Show one line for each entry; the first entry's keys are the headings."""
    st.table([{name: plain(str(value)) for name, value in entry.items()} for entry in entries], hide_index=True)


def pairs(values: Mapping[str, object]) -> None:
    """Show names with their values."""
    lines = (
        f"<tr>{tag('th', name, f'{_CELL};font-weight:600;text-align:left;white-space:nowrap')}"
        f"{tag('td', str(value), _CELL)}</tr>"
        for name, value in values.items()
    )
    html('<table style="border-collapse:collapse;font-size:0.9rem;width:100%">', *lines, "</table>")
