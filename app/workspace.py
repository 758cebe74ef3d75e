"""Which workspace the app shows, opened once for all sessions."""

import argparse
import os
import sys
import tomllib
from pathlib import Path

import streamlit as st

from app.components.notices import one_line_errors
from governance.services import commands
from governance.services.handle import Governance, time_stamp_authority

FOLDER = "CLINICAL_SDFT_WORKSPACE"
_PREFIX = "CLINICAL_SDFT_"


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
    names = ("database_url", "time_stamp_url", "time_stamp_roots")
    return _open(folder.resolve(), *(_setting(folder, name) for name in names))


@st.cache_resource(show_spinner=False)
def _open(folder: Path, database_url: str | None, stamp_url: str | None, stamp_roots: str | None) -> Governance:
    authority = time_stamp_authority(folder, stamp_url, Path(stamp_roots) if stamp_roots else None)
    return commands.open_governance(folder, database_url=database_url, authority=authority)


def _folder() -> Path | None:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--workspace", type=Path, default=os.environ.get(FOLDER) or None)
    found: Path | str | None = parser.parse_known_args(sys.argv[1:])[0].workspace
    return None if found is None else Path(found)


def _setting(folder: Path, name: str) -> str | None:
    """Return what the environment or the workspace's own settings say; None where they say nothing."""
    settings = folder / "config.toml"
    told = os.environ.get(_PREFIX + name.upper()) or None
    if told is None and settings.is_file():
        told = tomllib.loads(settings.read_text("utf-8")).get(name)
    return told if isinstance(told, str) and told else None
