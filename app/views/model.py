"""Which model answers, since when and on whose authority, and what did before."""

import streamlit as st

from app import auth, workspace
from app.components.markup import plain
from app.components.notices import one_line_errors, show_note
from app.components.promotion import rollback
from app.components.tables import rows
from app.components.words import moment
from data_contracts import Promotion, short
from governance.services import queries

_KINDS = {"install": "first installed", "promote": "update put in force", "rollback": "rolled back"}


def main() -> None:
    """Show the model in force, the history, and the way back."""
    st.title("Model in force")
    show_note()
    with one_line_errors():
        history = queries.model_history(workspace.current())
    if not history:
        st.info("No model is in force yet. `clinical-sdft init` installs the first one.")
        return
    _current(history[-1])
    st.subheader("History, newest first")
    rows([_row(entry) for entry in reversed(history)])
    person = auth.person_here()
    if auth.may_put_in_force(person):
        st.subheader("Go back to an earlier model")
        rollback(person, history)


def _current(entry: Promotion) -> None:
    with st.container(border=True):
        st.markdown(f"**{short(entry.current)}** is in force since {moment(entry.valid_from)}.")
        st.caption(
            f"{_KINDS[entry.kind].capitalize()} by {plain(entry.actor)}: {plain(entry.reason)}. "
            f"Model {plain(entry.current)}, adapter {plain(entry.adapter)}."
        )
        if entry.update_id and st.button("Open its update", key="open_current"):
            st.switch_page("views/update.py", query_params={"id": entry.update_id})


def _row(entry: Promotion) -> dict[str, str]:
    return {
        "from": moment(entry.valid_from),
        "what": _KINDS[entry.kind],
        "model": short(entry.current),
        "instead of": short(entry.previous) if entry.previous else "–",
        "update": entry.update_id or "–",
        "by": entry.actor,
        "reason": entry.reason,
    }


main()
