"""One held record: its text with the places marked, and the form to release or discard it."""

import re
from collections.abc import Sequence
from typing import Literal

import streamlit as st

from app import auth, workspace
from app.components.markup import at_places, html, plain, tag
from app.components.notices import note
from app.components.proofs import code_field
from app.held import HeldError, Opened, check
from data_contracts import MarkedSpan, short
from governance.errors import GovernanceError
from governance.services import commands

OPEN = "held_open_record"
_ATTEMPT = "held_attempt"
_KEEP = "no identifier: keep the words"
_DECISIONS: dict[Literal["release", "discard"], str] = {
    "release": "✓ Release: the next update may learn from it",
    "discard": "✗ Discard: it never trains, for good",
}
_TEXT = "white-space:pre-wrap;border:1px solid #c7d0d9;padding:10px;margin:6px 0;line-height:1.7"
_LONGEST_REASON = 300


def close() -> None:
    """Forget the record that is open, and all that was typed about it."""
    for key in [key for key in st.session_state if str(key).startswith("held_")]:
        if key != _ATTEMPT:
            del st.session_state[key]


def record_card(opened: Opened) -> None:
    """Show an open record, and let the person decide."""
    st.subheader(f"Record {short(opened.record)}")
    where = f"{opened.file}, {opened.place}" if opened.file else "its file is not in the inbox any more"
    html(tag("p", f"{opened.why} · {where}", "margin:2px 0"))
    if opened.narrative is None:
        st.info("There is no text to show: mend the file, or discard the record.")
    else:
        places = [(span.start, span.end) for span in opened.spans]
        html(f'<div dir="auto" style="{_TEXT}">{at_places(opened.narrative, places)}</div>')
        html(tag("p", f"Diagnosis field: {opened.diagnosis}"))
    st.button("Close without deciding", key="held_close", on_click=close)
    _form(opened)


def _form(opened: Opened) -> None:
    with st.form("held_form"):
        marks = [_place(opened, number) for number in range(len(opened.spans))] if opened.narrative else []
        further, category, keep_diagnosis = "", None, False
        if opened.narrative is not None:
            further = st.text_area("Further identifiers you see, one a line, exactly as written", key="held_further")
            category = st.selectbox("What these are", opened.categories, index=None, key="held_further_category")
            keep_diagnosis = st.checkbox("The diagnosis field holds no identifier", key="held_keep_diagnosis")
        choices = [one for one in _DECISIONS if one == "discard" or opened.narrative is not None]
        decision = st.radio("Decision", choices, index=None, format_func=_DECISIONS.__getitem__, key="held_decision")
        reason = st.text_input(
            "Reason (required; kept for good, so write no name or number of the patient)",
            key="held_reason",
            max_chars=_LONGEST_REASON,
        )
        attempt = st.session_state.get(_ATTEMPT, 0)  # a new key empties the fields after each attempt
        username = auth.person_here().username
        words = f"Password of {plain(username)}, again"
        password = st.text_input(words, type="password", key=f"held_password_{attempt}", autocomplete="off")
        code = code_field(username, key=f"held_code_{attempt}")
        if not st.form_submit_button("Decide", type="primary", key="held_submit"):
            return
    st.session_state[_ATTEMPT] = attempt + 1
    try:
        if decision is None:
            raise HeldError("Choose a decision: release, or discard.")
        spans = [*_marks(opened, marks), *_further(opened, further, category)] if decision == "release" else []
        _decide(opened, decision, spans, keep_diagnosis and decision == "release", reason, password, code)
    except (HeldError, GovernanceError, OSError) as error:
        note(str(error), good=False)
    st.rerun()


def _decide(
    opened: Opened,
    decision: Literal["release", "discard"],
    spans: Sequence[MarkedSpan],
    keep_diagnosis: bool,
    reason: str,
    password: str,
    code: str | None,
) -> None:
    if not reason.strip():
        raise HeldError("Give a reason.")
    gov, username = workspace.current(), auth.person_here().username
    with st.spinner("The record is de-identified anew with your marks …"):
        check(gov, opened, decision, username=username, reason=reason, spans=spans, keep_diagnosis=keep_diagnosis)
    by = commands.prove_now(gov, username, password, code, purpose="quarantine")
    made = commands.decide_quarantine(
        gov,
        record=opened.record,
        decision=decision,
        by=by,
        reason=reason,
        spans=spans,
        keep_diagnosis=keep_diagnosis,
    )
    close()
    note(f"Record {short(made.record)}: {'released' if decision == 'release' else 'discarded'}.")


def _place(opened: Opened, number: int) -> str | None:
    """Ask what one marked place is, and return the answer."""
    span = opened.spans[number]
    words = " ".join((opened.narrative or "")[span.start : span.end].split())
    label = f"Place {number + 1} ({span.start}-{span.end}, {span.rule}): “{words}”"
    return st.selectbox(plain(label), [_KEEP, *opened.categories], index=None, key=f"held_place_{number}")


def _marks(opened: Opened, answers: Sequence[str | None]) -> list[MarkedSpan]:
    left = [str(number + 1) for number, answer in enumerate(answers) if answer is None]
    if left:
        raise HeldError(f"Say of each place what it is; open: {', '.join(left)}.")
    return [
        MarkedSpan(start=span.start, end=span.end, category=None if answer == _KEEP else answer)
        for span, answer in zip(opened.spans, answers, strict=True)
    ]


def _further(opened: Opened, typed: str, category: str | None) -> list[MarkedSpan]:
    """Mark every place where the typed words stand."""
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    if lines and category is None:
        raise HeldError("Say what the further identifiers are.")
    marks = []
    for number, words in enumerate(lines, start=1):
        found = list(re.finditer(re.escape(words), opened.narrative or ""))
        if not found:
            raise HeldError(f"Further identifiers, line {number}: does not stand so in the text.")
        marks += [MarkedSpan(start=one.start(), end=one.end(), category=category) for one in found]
    return marks
