"""Errors in one line, and notes that outlive the next run."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from app.components.markup import plain
from governance.errors import GovernanceError

_NOTE = "notices_note"


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Show an error of governance, or of the disk, as its one line and stop the page; never a traceback."""
    try:
        yield
    except (GovernanceError, OSError) as error:
        st.error(plain(str(error)))
        st.stop()


def note(text: str, *, good: bool = True) -> None:
    """Keep a line for the next run, which shows it where `show_note` stands.

    Args:
        text: the line.
        good: whether it tells of something done, not of something refused.
    """
    st.session_state[_NOTE] = (text, good)


def show_note() -> None:
    """Show the line that the run before left, once."""
    text, good = st.session_state.pop(_NOTE, (None, True))
    if text:
        (st.success if good else st.error)(plain(text))
