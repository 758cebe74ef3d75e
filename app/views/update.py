"""One update, for independent review: input, basis, old answer and new answer, then the signature."""

import streamlit as st

from app import workspace
from app.components.guideline import guideline_tab
from app.components.items import items_tab
from app.components.making import making_tab
from app.components.markup import html, plain, tag
from app.components.notices import one_line_errors, show_note
from app.components.promotion import promotion
from app.components.reads import record_once
from app.components.signing import signatures_tab
from app.components.summary import banner, numbers, reasons
from app.components.words import APPROVALS_NEEDED, TERMS, arm, moment, status
from data_contracts import UpdateStatus
from governance.services import queries
from governance.services.views import UpdateDetail

_CHOSEN = "update_chosen"


def main() -> None:
    """Show the update that the address names."""
    if st.button("← All updates", key="back_to_queue", type="tertiary"):
        st.switch_page("views/queue.py")
    update_id = st.query_params.get("id") or st.session_state.get(_CHOSEN)
    if update_id is None:
        st.info("Choose an update in the list of all updates.")
        return
    st.session_state[_CHOSEN] = update_id
    gov = workspace.current()
    with one_line_errors():
        detail = queries.update_detail(gov, update_id)
        record_once("update", update_id)
        explanation, items = queries.gate_explanation(gov, update_id), queries.item_changes(gov, update_id)
    _heading(detail)
    banner(detail, explanation)
    numbers(items)
    reasons(detail, explanation)
    changes, guideline, making, signatures = st.tabs(
        ["What changes", "Guideline", "How it was made", f"Signatures ({len(detail.signatures)})"]
    )
    with changes:
        items_tab(update_id, items)
    with guideline:
        guideline_tab(detail.guideline)
    with making:
        making_tab(detail)
    with signatures:
        show_note()
        promotion(detail)
        signatures_tab(detail)


def _heading(detail: UpdateDetail) -> None:
    bundle = detail.bundle
    st.title(plain(bundle.guideline_title))
    facts = (
        status(detail.status, control=detail.control),
        f"update {bundle.update_id}",
        arm(bundle.arm, control=detail.control),
        f"requested by {bundle.requester}",
        moment(bundle.created),
    )
    if detail.status is UpdateStatus.WAITING:
        approvals = sum(signature.decision == "approve" for signature in detail.signatures)
        facts = (f"{facts[0]}, {approvals} of {APPROVALS_NEEDED} approvals", *facts[1:])
    html(tag("strong", facts[0]), tag("span", "".join(f" · {fact}" for fact in facts[1:])))
    st.caption(TERMS)


main()
