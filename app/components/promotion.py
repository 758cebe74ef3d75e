"""What puts a model in force: promoting an approved update, or going back to an earlier model."""

from collections.abc import Sequence

import streamlit as st

from app import auth, workspace
from app.components.markup import plain
from app.components.notices import note, one_line_errors
from app.components.proofs import code_field
from app.components.words import moment
from data_contracts import Person, Promotion, UpdateStatus, short
from governance.services import commands, queries
from governance.services.views import UpdateDetail


def promotion(detail: UpdateDetail) -> None:
    """Offer to put an approved update in force, or say when it was."""
    if detail.promotion is not None:
        done = detail.promotion
        st.success(f"In force since {moment(done.valid_from)}, put there by {plain(done.actor)}.")
        return
    if detail.status is not UpdateStatus.APPROVED:
        return
    st.markdown("**Put in force**")
    person = auth.person_here()
    if not auth.may_put_in_force(person):
        st.info("This update is approved. An approver or administrator can now put it in force.")
        return
    bundle = detail.bundle
    with st.form(f"promote_{bundle.update_id}"):
        sure = st.checkbox(
            f"Yes: {short(bundle.candidate)} (proposed) shall answer from now on instead of "
            f"{short(bundle.incumbent)} (in force).",
            key=f"promote_sure_{bundle.update_id}",
        )
        asked = st.form_submit_button("Put in force", type="primary", key=f"promote_submit_{bundle.update_id}")
    if asked and not sure:
        st.error("Tick the box to confirm.")
    elif asked:
        with one_line_errors():
            commands.promote(workspace.current(), update_id=bundle.update_id, actor=person.username)
        note(f"Update {bundle.update_id} is in force. Its new suite is now one of the prior suites.")
        st.rerun()


def rollback(person: Person, history: Sequence[Promotion]) -> None:
    """Offer to put an earlier model in force again; no second person stands behind it, so it asks who acts."""
    retired = {one.model for one in queries.versions(workspace.current()) if one.retired_at is not None}
    models = {entry.current: entry for entry in history if entry.current not in {history[-1].current, *retired}}
    if not models:
        st.caption("There is no earlier model to go back to.")
        return
    with st.form("rollback", clear_on_submit=True):
        model = st.selectbox(
            "Model to put in force again",
            list(reversed(models)),
            format_func=lambda digest: f"{short(digest)}, in force from {moment(models[digest].valid_from)}",
            key="rollback_model",
        )
        reason = st.text_input("Reason (required)", key="rollback_reason", max_chars=300)
        password = st.text_input("Your password, again", type="password", key="rollback_password")
        code = code_field(person.username, key="rollback_code")
        asked = st.form_submit_button("Roll back", key="rollback_submit")
    if asked and not reason.strip():
        st.error("Give a reason; every rollback needs one.")
    elif asked:
        gov = workspace.current()
        with one_line_errors():
            commands.prove_now(gov, person.username, password, code, purpose="rollback")
            commands.rollback(gov, model=model, actor=person.username, reason=reason.strip())
        note(f"{short(model)} is in force again.")
        st.rerun()
