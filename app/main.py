"""Navigation only: which pages there are for whom. Start with `streamlit run app/main.py -- --workspace DIR`."""

import streamlit as st

from app import auth, workspace
from data_contracts import Person

_STYLE = ".stMainBlockContainer {padding-top: 3.5rem} [data-testid=stCaptionContainer] {color: #51606e}"
"""Less empty room at the top, and captions dark enough to read (contrast above 4.5 to 1)."""


def main() -> None:
    """Show the sign-in page, or the pages that the person who signed in may open."""
    st.set_page_config(page_title="clinical-sdft review", layout="wide")
    st.set_option("client.showErrorDetails", "none")
    st.set_option("client.toolbarMode", "minimal")
    st.html(f"<style>{_STYLE}</style>")
    workspace.require()
    person = auth.signed_in()
    if person is None:
        page = st.navigation([st.Page("views/sign_in.py", title="Sign in")], position="hidden")
    else:
        page = st.navigation(_pages(person))
        auth.sidebar(person)
    page.run()


def _pages(person: Person) -> list[st.Page]:
    pages = [
        st.Page("views/queue.py", title="Updates", url_path="updates", default=True),
        st.Page("views/update.py", title="Update", url_path="update", visibility="hidden"),
        st.Page("views/model.py", title="Model in force", url_path="model"),
    ]
    if auth.may_read_audit(person):
        pages.append(st.Page("views/audit.py", title="Audit log", url_path="audit"))
    return pages


main()
