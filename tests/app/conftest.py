import shutil

import pytest
import review_clinic
import streamlit as st

from app import workspace


@pytest.fixture(scope="session")
def review_workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("review") / "workspace"
    review_clinic.build(folder).engine.dispose()
    return folder


@pytest.fixture
def folder(review_workspace, tmp_path, monkeypatch):
    copy = shutil.copytree(review_workspace, tmp_path / "workspace")
    monkeypatch.setenv("CLINICAL_SDFT_WORKSPACE", str(copy))
    monkeypatch.delenv("CLINICAL_SDFT_DATABASE_URL", raising=False)
    yield copy
    st.cache_resource.clear()


@pytest.fixture
def gov(folder):
    """The workspace as the app has it open."""
    gov = workspace.current()
    yield gov
    gov.engine.dispose()
