"""Drafted demonstrations: a clinician accepts, edits or refuses them before anything is trained."""

import streamlit as st

from app import auth, workspace
from app.components.acceptance import draft_card, sample_form
from app.components.markup import plain
from app.components.notices import one_line_errors, show_note
from app.components.pager import controls, first_row
from app.components.reads import record_once
from governance.services import queries
from governance.services.acceptance import DraftsState, DraftState
from governance.services.views import may

PAGE_SIZE = 10
_SHOWN = ("Waiting", "In the sample", "To complete", "All")


def main() -> None:
    """Show the drafts of one update, those that wait first."""
    st.title("Demonstrations")
    gov = workspace.current()
    with one_line_errors():
        names = queries.updates_with_drafts(gov)
    if not names:
        st.info(
            "No update has drafts that a clinician must accept. They come from guidelines that were read from "
            "documents; `clinical-sdft run-once` drafts them."
        )
        return
    st.caption(
        "What a model is trained on: only what is accepted here. Each draft stands beside the words of its source."
    )
    update_id = st.selectbox("Update", names, key="demonstrations_update")
    with one_line_errors():
        record_once("demonstrations", update_id)
        state = queries.drafts(gov, update_id)
    show_note()
    _standing(state)
    sample_form(state)
    shown = st.radio("Show", _SHOWN, horizontal=True, key="demonstrations_shown")
    rows = _chosen(state, shown or _SHOWN[0])
    key = f"demonstrations_{update_id}_{shown}"
    start = first_row(key, PAGE_SIZE)
    page = rows[start : start + PAGE_SIZE]
    for entry in page:
        draft_card(state, entry)
    if len(rows) > PAGE_SIZE:
        more = start + PAGE_SIZE < len(rows)
        controls(key, size=PAGE_SIZE, shown=len(page), more=more, what="Drafts")


def _standing(state: DraftsState) -> None:
    if state.fixed:
        st.info(f"{len(state.accepted)} accepted demonstrations were taken over; nothing can be decided any more.")
    elif state.waiting:
        st.warning(f"{len(state.waiting)} of {len(state.drafts)} drafts wait for a clinician.")
    else:
        st.success("Every draft is decided on. `clinical-sdft run-once` goes on.")
    if not may(auth.person_here(), "accept demonstrations"):
        st.caption(plain(f"Clinicians decide on drafts; your role is {auth.roles(auth.person_here())}."))


def _chosen(state: DraftsState, shown: str) -> list[DraftState]:
    sample = set(state.sample)
    return [
        entry
        for entry in state.drafts
        if shown == "All"
        or (shown == "Waiting" and entry.decision is None)
        or (shown == "In the sample" and entry.digest in sample)
        or (shown == "To complete" and entry.decision is None and not entry.draft.complete)
    ]


main()
