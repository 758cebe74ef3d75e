"""The queue: every update, the most urgent first."""

from html import escape

import streamlit as st

from app import workspace
from app.components.markup import html, tag
from app.components.notices import one_line_errors
from app.components.pager import controls, first_row
from app.components.words import APPROVALS_NEEDED, CONTROL, STATUSES, TERMS, VERDICTS, arm, moment, status
from data_contracts import UpdateStatus
from governance.services import queries
from governance.services.views import UpdateSummary

PAGE_SIZE = 20
_WIDTHS = [5, 2, 3, 3, 1.3]
_SMALL = "color:#51606e;font-size:0.9rem"
_CONTROL = "border:1px dashed #51606e;padding:0 6px;font-size:0.9rem"


def main() -> None:
    """List the updates in groups, by what has to happen with them."""
    st.title("Updates")
    with one_line_errors():
        found = queries.updates(workspace.current())
    if not found:
        st.info(
            "There are no updates yet. Put a guideline into the workspace's inbox and start `clinical-sdft "
            "update run`; what the gate has judged then appears here."
        )
        return
    st.caption(TERMS)
    reviewed = [summary for summary in found if not summary.control]
    for place, title in STATUSES.items():
        _group(place.name, title, [summary for summary in reviewed if summary.status is place])
    _group("CONTROL", "Control arms, for comparison", [summary for summary in found if summary.control])


def _group(name: str, title: str, group: list[UpdateSummary]) -> None:
    """Show one group: who has waited longest comes first, of what is settled the newest."""
    if not group:
        return
    st.subheader(f"{title} ({len(group)})")
    if group[0].status in (UpdateStatus.WAITING, UpdateStatus.APPROVED):
        group = sorted(group, key=lambda summary: summary.submitted_at)
    key = f"queue_{name}"
    start = first_row(key, PAGE_SIZE)
    rows = group[start : start + PAGE_SIZE]
    for summary in rows:
        _row(summary)
    if len(group) > PAGE_SIZE:
        more = start + PAGE_SIZE < len(group)
        controls(key, size=PAGE_SIZE, shown=len(rows), more=more, what="Updates")


def _row(summary: UpdateSummary) -> None:
    with st.container(border=True):
        title, verdict, review, origin, button = st.columns(_WIDTHS, vertical_alignment="center")
        with title:
            mark = " " + tag("span", CONTROL, _CONTROL) if summary.control else ""
            name = f"{summary.update_id} · {summary.arm.upper()}"
            html(tag("strong", summary.guideline_title), f'<br><span style="{_SMALL}">{escape(name)}</span>', mark)
        with verdict:
            html(tag("span", "Gate", _SMALL), "<br>", tag("strong", VERDICTS[summary.verdict]))
        with review:
            html(tag("span", status(summary.status, control=summary.control), _SMALL), "<br>", _approvals(summary))
        with origin:
            html(
                tag("span", f"Requested by {summary.requester}", _SMALL),
                "<br>",
                tag("span", moment(summary.created)),
            )
        label = "Review" if summary.status is UpdateStatus.WAITING else "Open"
        name = f"{arm(summary.arm, control=summary.control)} update {summary.update_id}"
        if button.button(label, key=f"open_{summary.update_id}", help=f"Open {name}", width="stretch"):
            st.switch_page("views/update.py", query_params={"id": summary.update_id})


def _approvals(summary: UpdateSummary) -> str:
    if summary.status is UpdateStatus.BLOCKED:
        return "not open for signatures"
    return f"{summary.approvals} of {APPROVALS_NEEDED} approvals"


main()
