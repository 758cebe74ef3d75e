"""Fresh proofs of identity on a page: the code of a second factor, and the sign-in at the identity provider.

The provider opens in a second tab and comes back there, so that what was typed in the first one stays. The ID token
waits in this process until the first tab signs with it; it is good for that one signature only.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import streamlit as st

from app import workspace
from app.components.markup import plain
from app.components.notices import one_line_errors
from governance.services import commands, queries
from governance.services.views import Login, UpdateDetail

PATIENCE = timedelta(minutes=10)
_ASKED = "proofs_asked"


@dataclass
class UnderWay:
    """A sign-in at the provider: what was asked for, and the ID token once it is there."""

    login: Login
    about: tuple[str, str, str, str]
    """Who signs, which update, which bundle, which decision."""
    since: datetime
    token: str | None = None


def code_field(username: str, *, key: str) -> str | None:
    """Show the field for a code when this person has enrolled a second factor, and return what is typed."""
    if queries.proofs_of(workspace.current(), username)["totp"] != "enrolled":
        return None
    return st.text_input("Code of your authenticator app", key=key, autocomplete="one-time-code", max_chars=10)


def provider_step(
    username: str, detail: UpdateDetail, decision: Literal["approve", "reject"] | None, *, asked: bool
) -> str | None:
    """Send a person to the identity provider for one signature; return the ID token once it is there.

    Args:
        username: who signs.
        detail: the update as it is shown.
        decision: approve or reject; None while the form is not filled in.
        asked: whether the form was just sent.
    """
    gov = workspace.current()
    redirect_uri = gov.rules.oidc.redirect_uri if gov.rules.oidc else None
    if redirect_uri is None:
        st.info("You sign through the identity provider. Here it is not set up: use `clinical-sdft review approve`.")
        return None
    if decision is None:
        return None
    about = (username, detail.bundle.update_id, detail.bundle_digest, decision)
    if asked:
        with one_line_errors():
            login = commands.begin_login(
                gov,
                username=username,
                update_id=about[1],
                bundle=about[2],
                decision=decision,
                redirect_uri=redirect_uri,
            )
        _forget_old()
        _under_way()[login.state] = UnderWay(login, about, datetime.now(UTC))
        st.session_state[_ASKED] = login.state
    found = _under_way().get(st.session_state.get(_ASKED, ""))
    if found is None or found.about != about:
        return None
    st.link_button("1. Sign in at the identity provider (opens a new tab)", found.login.url)
    st.caption("To change the decision or the reason, change it above and press “Continue” again.")
    if not st.button(f"2. Sign now: {decision}", type="primary", key=f"sign_now_{about[1]}"):
        return None
    if found.token is None:
        st.error("The identity provider has not sent you back yet. Sign in there first, in the other tab.")
        return None
    del _under_way()[found.login.state]
    return found.token


def take_back() -> bool:
    """Take what the identity provider sent back to this tab, and say whether it sent something."""
    state, code = st.query_params.get("state"), st.query_params.get("code")
    refused = st.query_params.get("error")
    if state is None or (code is None and refused is None):
        return False
    found = _under_way().get(state)
    st.title("clinical-sdft review")
    if found is None or code is None:
        why = f"the identity provider refused: {refused}" if refused else "nobody here asked for this sign-in"
        st.error(f"Nothing is signed: {plain(why)}. Go back to the first tab and begin again.")
        return True
    if found.token is None:
        with one_line_errors():
            found.token = commands.redeem_login(workspace.current(), found.login, code)
    who, update_id, _, decision = found.about
    st.success(plain(f"You are signed in as {who}, to {decision} update {update_id}. Close this tab, and sign there."))
    return True


@st.cache_resource(show_spinner=False)
def _under_way() -> dict[str, UnderWay]:
    return {}


def _forget_old() -> None:
    now = datetime.now(UTC)
    for state in [state for state, one in _under_way().items() if now - one.since > PATIENCE]:
        _under_way().pop(state, None)
