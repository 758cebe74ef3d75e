"""Who is signed in, for how long, and what the person's roles allow."""

from datetime import UTC, datetime, timedelta

import streamlit as st

from data_contracts import Person, PersonRole
from governance.services.views import may

IDLE = timedelta(minutes=15)

_PERSON, _SEEN, _FAREWELL = "auth_person", "auth_seen", "auth_farewell"
_LOOK_EVERY = timedelta(seconds=30)


def signed_in() -> Person | None:
    """Return who is signed in, and count this run as activity; after 15 idle minutes nobody is."""
    person: Person | None = st.session_state.get(_PERSON)
    if person is None:
        return None
    if _idle():
        sign_out("You were signed out after 15 minutes without activity.")
        return None
    st.session_state[_SEEN] = datetime.now(UTC)
    return person


def person_here() -> Person:
    """Return who is signed in, on a page that only signed-in people see."""
    person: Person = st.session_state[_PERSON]
    return person


def sign_in(person: Person) -> None:
    """Start a session."""
    st.session_state[_PERSON] = person
    st.session_state[_SEEN] = datetime.now(UTC)
    st.session_state.pop(_FAREWELL, None)


def sign_out(farewell: str) -> None:
    """End the session and forget all that was typed in it."""
    st.session_state.clear()
    st.session_state[_FAREWELL] = farewell


def farewell() -> str | None:
    """Return why the session ended, for the sign-in page."""
    words: str | None = st.session_state.get(_FAREWELL)
    return words


def may_sign(person: Person) -> bool:
    """Whether the person has a role that signs updates."""
    return may(person, "sign")


def may_put_in_force(person: Person) -> bool:
    """Whether the person may put an approved update in force, or roll back."""
    return may(person, "promote")


def may_read_audit(person: Person) -> bool:
    """Whether the person may read, verify and export the audit log."""
    return _has(person, PersonRole.COMPLIANCE, PersonRole.ADMINISTRATOR)


def roles(person: Person) -> str:
    """Return the person's roles in words."""
    return ", ".join(role.value for role in person.roles)


def sidebar(person: Person) -> None:
    """Show who is signed in, the way out, and what this app is not."""
    with st.sidebar:
        st.text(f"{person.printed_name}\n{roles(person)}")
        st.button("Sign out", on_click=sign_out, args=("You are signed out.",))
        st.caption("Assists review; not a medical device.")
        _watch()


@st.fragment(run_every=_LOOK_EVERY)
def _watch() -> None:
    """Clear an abandoned screen: a run of this fragment is no activity."""
    if _idle():
        st.rerun()


def _idle() -> bool:
    seen: datetime | None = st.session_state.get(_SEEN)
    return seen is not None and datetime.now(UTC) - seen > IDLE


def _has(person: Person, *wanted: PersonRole) -> bool:
    return bool(set(person.roles) & set(wanted))
