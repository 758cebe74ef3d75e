"""Navigation only: which pages there are for whom. Start with `streamlit run app/main.py -- --workspace DIR`."""

from typing import Literal

import streamlit as st

from app import auth, workspace
from app.components.proofs import take_back
from app.components.sign_in import sign_in_form
from app.logs import keep_wordless
from data_contracts import Person
from governance.services.views import may

# Less empty room at the top, and captions dark enough to read (contrast above 4.5 to 1). A comment, because
# Streamlit would print a docstring here on the page.
_STYLE = (
    ".stMainBlockContainer {padding-top: 3.5rem}"
    "[data-testid=stCaptionContainer], [data-testid=stCaptionContainer] * {color: #51606e; opacity: 1}"
)


def main() -> None:
    """Show the page that the address names to somebody who signed in, and to nobody else anything of it."""
    keep_wordless()
    st.set_page_config(page_title="clinical-sdft review", layout="wide")
    st.set_option("client.showErrorDetails", "none")
    st.set_option("logger.enableRich", False)  # rich prints past the log, message and all
    st.html(f"<style>{_STYLE}</style>")
    workspace.require()
    if take_back():
        return
    person = auth.signed_in()
    page = st.navigation(_pages(person), position="hidden" if person is None else "sidebar")
    if person is None:
        sign_in_form()
    else:
        auth.sidebar(person)
        page.run()


def _pages(person: Person | None) -> list[st.Page]:
    audit: Literal["visible", "hidden"] = "visible" if person is not None and auth.may_read_audit(person) else "hidden"
    held: Literal["visible", "hidden"] = (
        "visible" if person is not None and may(person, "resolve quarantine") else "hidden"
    )
    return [
        st.Page("views/queue.py", title="Updates", url_path="updates", default=True),
        st.Page("views/update.py", title="Update", url_path="update", visibility="hidden"),
        st.Page("views/demonstrations.py", title="Demonstrations", url_path="demonstrations"),
        st.Page("views/quarantine.py", title="Quarantine", url_path="quarantine", visibility=held),
        st.Page("views/model.py", title="Model in force", url_path="model"),
        st.Page("views/audit.py", title="Audit log", url_path="audit", visibility=audit),
    ]


main()
