"""Records that de-identification held back: a person looks, marks every place, and releases or discards."""

import streamlit as st

from app import auth, workspace
from app.components.held_record import OPEN, close, record_card
from app.components.markup import html, plain, tag
from app.components.notices import note, one_line_errors, show_note
from app.components.pager import controls, first_row
from app.components.reads import record_once
from app.held import Held, HeldError, Opened, open_record, waiting
from data_contracts import short
from governance.services.views import may

PAGE_SIZE = 10


def main() -> None:
    """Show what waits, and the record that is open above it."""
    st.title("Quarantine")
    person = auth.person_here()
    if not may(person, "resolve quarantine"):
        st.info(plain(f"Clinicians and compliance officers decide on held records; your role is {auth.roles(person)}."))
        return
    st.caption(
        "Records in which an identifier may be left. None of them trains before a person has decided. Their text "
        "is read from its own file when you open one, and kept nowhere; that you looked is an event in the audit log."
    )
    try:
        with one_line_errors():
            record_once("quarantine")
            rows = waiting(workspace.current())
    except HeldError as error:
        st.error(plain(str(error)))
        return
    show_note()
    opened: Opened | None = st.session_state.get(OPEN)
    if opened is not None:
        record_card(opened)
        st.divider()
    if not rows:
        st.success("Nothing waits in quarantine.")
        return
    st.warning(f"{len(rows)} held records wait for a decision.")
    start = first_row("quarantine_list", PAGE_SIZE)
    page = rows[start : start + PAGE_SIZE]
    for row in page:
        _line(row)
    if len(rows) > PAGE_SIZE:
        more = start + PAGE_SIZE < len(rows)
        controls("quarantine_list", size=PAGE_SIZE, shown=len(page), more=more, what="Records")


def _line(row: Held) -> None:
    held = row.record
    with st.container(border=True):
        words, button = st.columns([6, 1], vertical_alignment="center")
        with words:
            html(tag("strong", short(held.record)), " ", tag("span", f"{held.reason}: {held.detail}"))
            places = ", ".join(f"{span.start}-{span.end} {span.rule}" for span in held.spans) or "none"
            html(tag("p", f"places: {places} · updates: {', '.join(row.updates)}", "margin:2px 0"))
        if button.button("Open", key=f"quarantine_open_{short(held.record)}"):
            _open(row)


def _open(row: Held) -> None:
    close()
    try:
        with st.spinner("Reading the record from its file …"):
            found = open_record(workspace.current(), row.record.record, auth.person_here().username)
    except HeldError as error:
        note(str(error), good=False)
    else:
        st.session_state[OPEN] = found
    st.rerun()


main()
