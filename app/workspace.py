"""Which workspace the app shows, opened once for all sessions."""

import argparse
import os
import sys
import tomllib
from pathlib import Path

import streamlit as st

from app.components.notices import one_line_errors
from governance.services import commands
from governance.services.handle import Governance

FOLDER = "CLINICAL_SDFT_WORKSPACE"
DATABASE = "CLINICAL_SDFT_DATABASE_URL"


def require() -> None:
    """Stop the page with one line when there is no workspace to show."""
    if _folder() is None:
        st.error(f"No workspace: start with `streamlit run app/main.py -- --workspace DIR`, or set {FOLDER}.")
        st.stop()
    with one_line_errors():
        current()


def current() -> Governance:
    """Return the open workspace.

    Raises:
        GovernanceError: the folder is not a workspace, or its database cannot be opened.
    """
    folder = _folder() or Path()
    return _open(folder.resolve(), os.environ.get(DATABASE) or _configured_database(folder))


@st.cache_resource(show_spinner=False)
def _open(folder: Path, database_url: str | None) -> Governance:
    return commands.open_governance(folder, database_url=database_url)


def _folder() -> Path | None:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--workspace", type=Path, default=os.environ.get(FOLDER) or None)
    found: Path | str | None = parser.parse_known_args(sys.argv[1:])[0].workspace
    return None if found is None else Path(found)


def _configured_database(folder: Path) -> str | None:
    """Return the database that the workspace's own settings name; None means the file in the folder."""
    settings = folder / "config.toml"
    if not settings.is_file():
        return None
    url = tomllib.loads(settings.read_text("utf-8")).get("database_url")
    return url if isinstance(url, str) else None
