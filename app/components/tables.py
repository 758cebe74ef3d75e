"""Small tables in plain HTML; all cells are shown as they are."""

from collections.abc import Mapping, Sequence

import streamlit as st

from app.components.markup import plain


def rows(entries: Sequence[Mapping[str, str | int]]) -> None:
    """Show one line for each entry; the first entry's keys are the headings."""
    st.table([{name: plain(str(value)) for name, value in entry.items()} for entry in entries], hide_index=True)


def pairs(values: Mapping[str, object]) -> None:
    """Show names with their values."""
    lines = [{"name": plain(name), "value": plain(str(value))} for name, value in values.items()]
    st.table(lines, hide_index=True, hide_header=True)
