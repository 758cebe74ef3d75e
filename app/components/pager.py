"""Long lists, a page at a time; with its filters in the key, a filtered list starts on its first page."""

import streamlit as st


def first_row(key: str, size: int) -> int:
    """Return how many rows stand before the page that is shown."""
    return int(st.session_state.get(key, 0)) * size


def controls(key: str, *, size: int, shown: int, more: bool, what: str) -> None:
    """Show which rows are on the page, and buttons to the pages before and after.

    Args:
        key: names the list.
        size: rows a page has room for.
        shown: rows on this page.
        more: whether rows come after it.
        what: the rows' name, in the plural.
    """
    start = first_row(key, size)
    words, back, on = st.columns([6, 1, 1], vertical_alignment="center")
    words.caption(f"{what}: {start + 1} to {start + shown}" if shown else f"{what}: none")
    at = start // size
    back.button("Previous", key=f"{key}_back", disabled=at == 0, on_click=_turn, args=(key, at - 1), width="stretch")
    on.button("Next", key=f"{key}_on", disabled=not more, on_click=_turn, args=(key, at + 1), width="stretch")


def _turn(key: str, page: int) -> None:
    st.session_state[key] = page
