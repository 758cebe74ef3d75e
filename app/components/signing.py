"""Signatures on an update: who signed, who is missing, and the form to sign.

The form only spares people a refusal: governance checks every one of these rules again when it signs.
"""

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from app import auth, workspace
from app.components.markup import html, plain, tag
from app.components.notices import note
from app.components.proofs import code_field, provider_step
from app.components.words import APPROVALS_NEEDED, STATUSES, moment
from data_contracts import Person, PersonRole, Signature, UpdateStatus
from governance.errors import GovernanceError
from governance.services import commands, queries
from governance.services.views import UpdateDetail

Decision = Literal["approve", "reject"]
MEANINGS: dict[Decision, str] = {
    "approve": "I reviewed the changed answers and their source, and approve that this model answers patients.",
    "reject": "I reviewed the changed answers and their source, and refuse that this model answers patients.",
}
"""What each decision means: shown before signing, in the words that the signature will carry."""

LABELS: dict[Decision, str] = {"approve": "✓ Approve", "reject": "✗ Reject"}

_ONLY_REJECT = "Nothing is left to approve for you. Until the update is in force, you can still reject it."
_SMALL = "color:#51606e;font-size:0.9rem"
_ATTEMPT = "signing_attempt"


def signatures_tab(detail: UpdateDetail) -> None:
    """Show the signatures there are and those that are missing, and let this person sign."""
    st.markdown(f"**Signatures ({len(detail.signatures)})**")
    if not detail.signatures:
        st.caption("Nobody has signed yet.")
    for signature in detail.signatures:
        _signature(signature)
    if detail.status is UpdateStatus.WAITING:
        _missing(detail, queries.people(workspace.current()))
    st.markdown("**Your signature**")
    person = auth.person_here()
    open_decisions = [decision for decision in LABELS if why_not(person, detail, decision) is None]
    if open_decisions:
        if "approve" not in open_decisions:
            st.caption(_ONLY_REJECT)
        _form(person, detail, open_decisions)
    else:
        st.info(plain(why_not(person, detail, "approve") or ""))


def why_not(person: Person, detail: UpdateDetail, decision: Decision) -> str | None:
    """Return why this person cannot take this decision now, in words; None when nothing stands against it."""
    requester = detail.bundle.requester.casefold()
    mine = {one.decision for one in detail.signatures if one.username == person.username}
    if requester in (person.username.casefold(), person.printed_name.casefold()):
        return "You requested this update, so other people must sign it."
    if not auth.may_sign(person):
        return f"Clinicians and approvers sign updates; your role is {auth.roles(person)}."
    if detail.control:
        return "This is a control arm: it is shown for comparison, and never signed or promoted."
    if decision in mine:
        return "You have signed this update. A second person must sign as well."
    if detail.status is UpdateStatus.APPROVED and decision == "reject":
        return None
    if detail.status is not UpdateStatus.WAITING:
        return f"This update is not open for signatures. It stands at: {STATUSES[detail.status]}."
    return None


def _signature(signature: Signature) -> None:
    with st.container(border=True):
        html(
            tag("strong", f"{LABELS[signature.decision]}: {signature.printed_name}"),
            tag("span", f" ({signature.username}), {moment(signature.signed_at)}", _SMALL),
            tag("p", signature.reason, "white-space:pre-wrap;margin:4px 0"),
            tag("p", f"Meaning: {signature.meaning}", f"{_SMALL};margin:0"),
            tag("p", f"Signed: {signature.bundle}", f"{_SMALL};margin:0;word-break:break-all"),
        )


def _missing(detail: UpdateDetail, people: Sequence[Person]) -> None:
    st.warning(f"Still missing: {plain(' and '.join(detail.missing))}.")
    able = [one.printed_name for one in people if why_not(one, detail, "approve") is None]
    roles = (PersonRole.CLINICIAN.value, PersonRole.APPROVER.value)
    st.caption(
        f"An approval takes {APPROVALS_NEEDED} people, one {roles[0]} and one {roles[1]}, none of them the "
        f"requester. Can sign now: {plain(', '.join(able)) or 'nobody'}."
    )


def _form(person: Person, detail: UpdateDetail, decisions: Sequence[Decision]) -> None:
    attempt = st.session_state.get(_ATTEMPT, 0)  # a new key empties the password field after each attempt
    update_id = detail.bundle.update_id
    by_provider = queries.proofs_of(workspace.current(), person.username)["oidc"] == "enrolled"
    password, code = "", None
    with st.form(f"sign_{update_id}"):
        decision = st.radio(
            "Decision",
            decisions,
            index=None,
            format_func=lambda one: LABELS[one],
            captions=[f"Means: “{MEANINGS[one]}”" for one in decisions],
            key=f"sign_decision_{update_id}",
        )
        reason = st.text_area("Reason (required)", key=f"sign_reason_{update_id}", max_chars=2000)
        html(
            tag("span", "You sign exactly this bundle: ", _SMALL),
            tag("code", detail.bundle_digest, "word-break:break-all"),
        )
        if not by_provider:
            password = st.text_input(
                f"Password of {plain(person.username)}, again",
                type="password",
                key=f"sign_password_{update_id}_{attempt}",
                autocomplete="off",
            )
            code = code_field(person.username, key=f"sign_code_{update_id}_{attempt}")
        label = "Continue" if by_provider else "Sign"
        asked = st.form_submit_button(label, type="primary", key=f"sign_submit_{update_id}")
    token = None
    if by_provider:
        token = provider_step(person.username, detail, decision if reason.strip() else None, asked=asked)
        asked = token is not None or (asked and not (decision and reason.strip()))
    if asked:
        st.session_state[_ATTEMPT] = attempt + 1
        refusal = _sign(person, detail, decision, reason.strip(), password, code, token)
        note(refusal or f"Your signature is recorded: {decision}. {_outlook(update_id)}", good=refusal is None)
        st.rerun()


def _sign(
    person: Person,
    detail: UpdateDetail,
    decision: Decision | None,
    reason: str,
    password: str,
    code: str | None,
    id_token: str | None,
) -> str | None:
    """Sign, or return in one line why not."""
    if decision is None:
        return "Choose a decision: approve or reject."
    if not reason:
        return "Give a reason; every signature needs one."
    update_id = detail.bundle.update_id
    try:
        commands.sign(
            workspace.current(),
            update_id=update_id,
            username=person.username,
            password=password,
            code=code,
            id_token=id_token,
            decision=decision,
            reason=reason,
            bundle=detail.bundle_digest,
        )
    except GovernanceError as error:
        return str(error)
    for field in ("reason", "decision"):
        del st.session_state[f"sign_{field}_{update_id}"]
    return None


def _outlook(update_id: str) -> str:
    """Return what an update needs after a signature."""
    detail = queries.update_detail(workspace.current(), update_id)
    if detail.status is UpdateStatus.WAITING:
        return f"Still missing: {' and '.join(detail.missing)}."
    return f"The update now stands at: {STATUSES[detail.status]}."
