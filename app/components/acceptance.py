"""One drafted demonstration: the source's words, what de-identification replaced, and the form to decide on it."""

from collections.abc import Callable

import streamlit as st
from pydantic import ValidationError

from app import auth, workspace
from app.components.markup import html, plain, quoted, tag
from app.components.notices import note
from app.components.proofs import code_field
from app.components.words import moment
from data_contracts import Demonstration
from governance.errors import GovernanceError
from governance.services import commands
from governance.services.acceptance import Choice, Decision, DraftsState, DraftState, edited
from governance.services.views import Proven, may

Decide = Callable[[Proven], DraftsState]

LABELS: dict[Decision, str] = {"accepted": "✓ Accept as it is", "edited": "✎ Accept as edited", "refused": "✗ Refuse"}
_SMALL = "color:#51606e;font-size:0.9rem"
_ATTEMPT = "acceptance_attempt"


def draft_card(state: DraftsState, entry: DraftState) -> None:
    """Show one draft beside its source, and let a clinician decide."""
    made = entry.draft
    with st.container(border=True):
        marks = [
            made.id,
            "in the sample" if entry.digest in state.sample else "",
            "" if made.complete else "to complete",
        ]
        html(tag("strong", " · ".join(mark for mark in marks if mark)))
        html(tag("p", f"Asked: {made.question or 'nothing yet'}", "white-space:pre-wrap;margin:2px 0"))
        html(tag("p", f"Answered: {made.answer or 'nothing yet'}", "white-space:pre-wrap;margin:2px 0"))
        html(quoted(made.quote), tag("span", _facts(entry), _SMALL))
        if entry.decision:
            when = moment(entry.at) if entry.at else ""
            html(tag("p", f"{entry.decision} by {entry.by}, {when}: {entry.reason}", "margin:4px 0"))
        if state.fixed or not may(auth.person_here(), "accept demonstrations"):
            return
        with st.expander("Decide" if entry.decision is None else "Decide again"):
            _form(state.update_id, entry)


def sample_form(state: DraftsState) -> None:
    """Show the sampling plan, and the form that accepts the rest once the sample was accepted."""
    plan = state.plan
    if plan is None or state.fixed or not state.waiting or not may(auth.person_here(), "accept demonstrations"):
        return
    with st.expander(f"Accept from a sample of {plan.sample} out of {plan.lot}"):
        st.caption(
            "Accept each draft of the sample as it is; then the rest can be accepted at once. A lot with "
            f"{plan.defective} wrong drafts passes so with a probability of {plan.achieved:.1%}. One draft of the "
            "sample edited or refused, and every draft must be decided on its own."
        )
        refusal = state.sample_refusal
        if refusal:
            st.info(plain(refusal[:1].upper() + refusal[1:] + "."))
            return
        with st.form(f"sample_{state.update_id}"):
            reason = st.text_input("Reason (required)", key="sample_reason", max_chars=300)
            password, code = _proof("sample")
            if st.form_submit_button("Accept the rest", type="primary", key="sample_submit"):
                _act(lambda by: commands.accept_by_sample(
                    workspace.current(), update_id=state.update_id, by=by, reason=reason), password, code)  # fmt: skip


def _facts(entry: DraftState) -> str:
    made = entry.draft
    facts = [f"in {made.place}", f"file {made.source_sha256}" if made.source_sha256 else ""]
    facts += [f"holds when: {made.condition}" if made.condition else ""]
    if made.made and (made.made.worked or made.made.reasoning):
        said = "said before the reply" if made.made.worked else "how it follows"
        facts.append(f"{said}: {made.made.worked or made.made.reasoning}")
    facts += [f"strength: {made.strength or 'not stated'}", f"evidence: {made.evidence or 'not stated'}"]
    if made.record:
        counts = ", ".join(f"{one.count} {one.category}" for one in made.replaced)
        facts.append(f"from a de-identified record, replaced: {counts or 'nothing found'}")
    return " · ".join(fact for fact in facts if fact)


def _form(update_id: str, entry: DraftState) -> None:
    made, key = entry.draft, entry.draft.id
    with st.form(f"draft_{key}"):
        decision = st.radio(
            "Decision", list(LABELS), index=None, format_func=lambda one: LABELS[one], key=f"draft_decision_{key}"
        )
        question = st.text_area("Question", made.question or "", key=f"draft_question_{key}")
        answer = st.text_area("Full reply", made.answer or "", key=f"draft_answer_{key}")
        label = st.text_input("What must be said to be right", made.label or "", key=f"draft_label_{key}")
        reason = st.text_input("Reason (required)", key=f"draft_reason_{key}", max_chars=300)
        password, code = _proof(f"draft_{key}")
        if not st.form_submit_button("Decide", type="primary", key=f"draft_submit_{key}"):
            return
    if decision is None:
        note("Choose a decision: accept, accept as edited, or refuse.", good=False)
        st.rerun()
    changed: Demonstration | None = None
    if decision == "edited":
        try:
            changed = edited(made, question, answer, label)
        except ValidationError:
            note("An edited draft needs a question, a reply, and what must be said.", good=False)
            st.rerun()
    choice = Choice(entry.digest, decision, reason, changed)
    _act(
        lambda by: commands.decide_drafts(workspace.current(), update_id=update_id, choices=[choice], by=by),
        password,
        code,
    )


def _proof(key: str) -> tuple[str, str | None]:
    attempt = st.session_state.get(_ATTEMPT, 0)  # a new key empties the fields after each attempt
    username = auth.person_here().username
    words = f"Password of {plain(username)}, again"
    password = st.text_input(words, type="password", key=f"{key}_password_{attempt}", autocomplete="off")
    return password, code_field(username, key=f"{key}_code_{attempt}")


def _act(decide: Decide, password: str, code: str | None) -> None:
    """Prove who acts, decide, and say in one line how it went."""
    st.session_state[_ATTEMPT] = st.session_state.get(_ATTEMPT, 0) + 1
    try:
        by = commands.prove_now(workspace.current(), auth.person_here().username, password, code, purpose="acceptance")
        state = decide(by)
    except (GovernanceError, OSError) as error:
        note(str(error), good=False)
    else:
        note(f"Decided. {len(state.waiting)} of {len(state.drafts)} drafts wait.")
    st.rerun()
