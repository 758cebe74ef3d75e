"""Sign in; nothing else is shown to somebody unknown."""

import streamlit as st

from app import auth, workspace
from app.components.markup import plain
from governance.errors import GovernanceError
from governance.services import commands


def sign_in_form() -> None:
    """Ask for username and password; the page that was asked for opens once they are right."""
    _, middle, _ = st.columns([1, 2, 1])
    with middle:
        st.title("clinical-sdft review")
        if words := auth.farewell():
            st.info(words)
        with st.form("sign_in"):
            username = st.text_input("Username", key="sign_in_username", autocomplete="username")
            password = st.text_input(
                "Password", type="password", key="sign_in_password", autocomplete="current-password"
            )
            asked = st.form_submit_button("Sign in", type="primary")
        if asked:
            _enter(username.strip(), password)
        st.caption("Assists review; not a medical device. Sign-ins and what is read are written to the audit log.")


def _enter(username: str, password: str) -> None:
    try:
        person = commands.authenticate(workspace.current(), username, password)
    except GovernanceError as error:
        st.error(plain(str(error)))
        return
    auth.sign_in(person)
    st.rerun()
