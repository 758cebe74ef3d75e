"""The audit log: read it, verify it, export it."""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from app import auth, workspace
from app.components.markup import plain
from app.components.notices import one_line_errors
from app.components.pager import controls, first_row
from app.components.reads import record_once
from app.components.words import moment
from data_contracts import AuditEvent
from governance.services import commands, queries
from governance.services.views import VerificationReport

PAGE_SIZE = 50
MOST_PROBLEMS = 50
ANY = ""

_REPORT, _EXPORT = "audit_report", "audit_export"


def main() -> None:
    """Show events, and the two buttons of an auditor."""
    person = auth.person_here()
    if not auth.may_read_audit(person):
        st.error("The audit log is for compliance officers and administrators.")
        return
    st.title("Audit log")
    with one_line_errors():
        record_once("audit")
    verification, export = st.columns(2, gap="large")
    with verification:
        _verification()
    with export:
        _export(person.username)
    _events()


def _verification() -> None:
    st.subheader("Does it hold?")
    st.caption("Recomputes every hash, checks signed heads against the witness, and all else against the log.")
    if st.button("Verify now", key="audit_verify"):
        with one_line_errors(), st.spinner("Verifying…"):
            st.session_state[_REPORT] = (commands.verify_store(workspace.current()), datetime.now(UTC))
    if _REPORT in st.session_state:
        _verdict(*st.session_state[_REPORT])


def _verdict(report: VerificationReport, at: datetime) -> None:
    if report.ok:
        st.success(
            f"✓ Everything holds: all {report.events} events are in place and unaltered, and every update, "
            f"signature, promotion and object is what the log says. Verified {moment(at)}."
        )
    else:
        first = report.first_bad_event
        where = "" if first is None else f" The log cannot be trusted from event {first} on."
        st.error(
            f"✗ {len(report.problems)} {'thing does' if len(report.problems) == 1 else 'things do'} not hold."
            f"{where} Promote nothing, keep the workspace as it is, and tell the administrator. "
            f"Verified {moment(at)}."
        )
        for problem in report.problems[:MOST_PROBLEMS]:
            st.markdown(f"- {plain(str(problem))}")
        if len(report.problems) > MOST_PROBLEMS:
            st.caption(f"and {len(report.problems) - MOST_PROBLEMS} more; the command line lists all.")
    for line in report.notes:
        st.caption(f"Note: {plain(line)}.")
    st.caption(f"Key of the log: {plain(report.key_fingerprint or 'unknown')}")


def _export(actor: str) -> None:
    st.subheader("Take it away")
    st.caption("A zip that proves itself without this system: unpack it and run the `verify.py` inside.")
    with one_line_errors():
        ids = _update_ids()
    only = st.selectbox("Of", [ANY, *ids], format_func=_all_or("every update"), key="audit_export_of")
    if st.button("Export", key="audit_export_now"):
        with one_line_errors(), st.spinner("Exporting…"):
            st.session_state[_EXPORT] = _zip(None if only == ANY else only, actor)
    if _EXPORT in st.session_state:
        name, content = st.session_state[_EXPORT]
        st.download_button(f"Download {name}", content, name, "application/zip", key="audit_download")


def _zip(update_id: str | None, actor: str) -> tuple[str, bytes]:
    """Return name and bytes of an export; nothing of it stays in the workspace."""
    gov = workspace.current()
    exports = gov.workspace / "exports"
    exports.mkdir(exist_ok=True)
    name = f"audit-{update_id or 'all'}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.zip"
    with tempfile.TemporaryDirectory(dir=exports) as folder:
        path = commands.export_audit(gov, Path(folder) / name, update_id=update_id, actor=actor)
        return name, path.read_bytes()


def _events() -> None:
    st.subheader("Events, newest first")
    gov = workspace.current()
    with one_line_errors():
        ids = _update_ids()
        first, second = st.columns(2)
        update = first.selectbox("Update", [ANY, *ids], format_func=_all_or("every update"), key="audit_update")
        action = second.selectbox(
            "Action",
            [ANY, *sorted(commands.OWN_ACTIONS)],
            format_func=_all_or("every action"),
            accept_new_options=True,
            key="audit_action",
            help="Actions of the engine are not in the list: type them.",
        )
        key = f"audit_rows_{update}_{action}"
        found = queries.events(
            gov,
            update_id=None if update == ANY else update,
            action=None if action == ANY else action,
            limit=PAGE_SIZE + 1,
            offset=first_row(key, PAGE_SIZE),
        )
    if not found:
        st.info("No event matches.")
        return
    rows = found[:PAGE_SIZE]
    st.dataframe([_row(event) for event in rows], hide_index=True, height="content")
    controls(key, size=PAGE_SIZE, shown=len(rows), more=len(found) > PAGE_SIZE, what="Events")


def _row(event: AuditEvent) -> dict[str, str | int]:
    return {
        "no.": event.seq,
        "when (UTC)": f"{event.recorded_at:%Y-%m-%d %H:%M:%S}",
        "who": event.actor,
        "action": event.action,
        "update": event.update_id or "",
        "details": ", ".join(f"{name}: {value}" for name, value in event.details.items()),
        "subject": event.subject or "",
    }


def _update_ids() -> list[str]:
    """Return the ids of all updates from the log alone, so that an altered object does not hide this page."""
    submitted = queries.events(workspace.current(), action="update-submitted", limit=None)
    return [event.update_id for event in submitted if event.update_id]


def _all_or(everything: str) -> Callable[[str], str]:
    return lambda value: everything if value == ANY else value


main()
