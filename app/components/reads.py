"""Who read what: one event a session and page."""

import streamlit as st

from app import auth, workspace
from governance.services import commands

_READ = "reads_recorded"


def record_once(page: str, update_id: str | None = None) -> None:
    """Write to the audit log that this person opened this page, once a session.

    Raises:
        GovernanceError: it cannot be written; then the page must not be shown.
    """
    recorded: set[tuple[str, str | None]] = st.session_state.setdefault(_READ, set())
    if (page, update_id) not in recorded:
        actor = auth.person_here().username
        commands.record_read(workspace.current(), actor=actor, page=page, update_id=update_id)
        recorded.add((page, update_id))
